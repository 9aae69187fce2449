"""The kept records of an audit that looked for near-duplicates, written shard by shard."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem

from engine import catalog
from engine.audit import audit, is_finished, survey
from engine.backend import Backend
from engine.errors import AuditorError, PlanError
from engine.feature import Resources
from engine.job import Job, column_file
from engine.plan import Plan
from engine.provenance import Provenance
from engine.report.model import Report
from engine.schema import Side
from engine.source.manifest import Manifest
from engine.source.rewrite import FORMATS, Mask, rewrite
from engine.stages import Progress, Run, quiet

METRICS = ("corpus.near_duplicates", "corpus.near_overlap")
RELATION = "relations.near_groups"


@dataclass(frozen=True)
class Written:
    """Where the records of a shard, or of all of them, went."""

    read: int = 0
    kept: int = 0
    removed: int = 0
    quarantined: int = 0

    def __add__(self, other: "Written") -> "Written":
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Written(*(mine + theirs for mine, theirs in pairs))

    def checked(self, where: str) -> "Written":
        """Itself.

        Raises:
            AuditorError: when a record went nowhere.
        """
        if self.read != self.kept + self.removed + self.quarantined:
            raise AuditorError(f"{where}: {self.read:,} records were read, and not all kept, removed or quarantined: {self}")
        return self


def deduplicate(
    plan: Plan, backend: Backend, out: str, dest: str | None, progress: Progress = quiet
) -> tuple[Report, Written | None]:
    """Find near-duplicates into OUT, unless a finished audit of this plan is there that did, and write what is kept.

    Args:
        plan: with its parameters under ``[relations.near_groups]``.
        backend: where to run.
        out: a folder for the audit.
        dest: a folder for the kept records, or None to write none. The same call after a kill goes on where it stopped.
        progress: see `engine.stages.Progress`.

    Raises:
        PlanError: for a format that cannot be written, or a destination that must not be.
    """
    if not is_finished(plan, out) or (plan.metrics is not None and METRICS[0] not in plan.metrics):
        chosen = METRICS if plan.reference is not None else METRICS[:1]
        plan = plan.model_copy(update={"metrics": {name: (plan.metrics or {}).get(name, {}) for name in chosen}})
    if dest is not None:
        _refuse(plan, dest)
    report = audit(plan, backend, out, progress=progress)
    if dest is None:
        return report, None
    plan, graph, _ = survey(plan)
    job = Job(plan, graph, out)
    manifest = job.manifest(Side.SUBJECT)
    _refuse_formats(manifest)
    _claim(job, dest)
    run = Run(job, backend, progress, Provenance(backend.name))
    run.exchange(WriteKept(job, dest), range(len(manifest.shards)), written_file)
    shards = (job.store.read_json(written_file(shard)) for shard in range(len(manifest.shards)))
    return report, sum((Written(**shard) for shard in shards), Written()).checked(dest)


def written_file(shard: int) -> str:
    """The commit record of a shard that is written: where its records went."""
    return f"written/{shard:08d}.json"


@dataclass(frozen=True)
class WriteKept:
    """The work of writing the kept records, shard by shard."""

    job: Job
    dest: str
    resources: Resources = Resources()

    @property
    def name(self) -> str:
        """The stage, as progress shows it."""
        return "write kept records"

    def open(self) -> Callable[[int], None]:
        """Return what writes a shard."""
        manifest = self.job.manifest(Side.SUBJECT)
        return lambda item: self._write(item, manifest)

    def give_up(self, item: int, cause: str) -> None:
        """A shard cannot be left out: its records would be lost."""
        raise AuditorError(f"shard {item} cannot be written: {cause}")

    def _write(self, item: int, manifest: Manifest) -> None:
        shard, units = manifest.shards[item], [unit for unit in manifest.units if unit.shard == item]
        columns = {unit.ordinal: self._keep(unit.ordinal) for unit in units}
        total = Written()
        for unit in units:
            keep = columns[unit.ordinal]
            rows = len(keep) or unit.rows or 0
            kept, bad = int(keep.fill_null(False).to_numpy(zero_copy_only=False).sum()), keep.null_count if len(keep) else rows
            total = total + Written(rows, kept, rows - kept - bad, bad)

        def mask(ordinal: int) -> Mask | None:
            keep = columns[ordinal]
            return keep.fill_null(False).to_numpy(zero_copy_only=False).astype(np.bool_) if len(keep) else None

        dataset = self.job.dataset(Side.SUBJECT)
        try:
            if shard.fault is None:
                write_whole(
                    f"{self.dest.rstrip('/')}/{_inner(manifest, item)}", lambda sink: rewrite(dataset, shard, units, mask, sink)
                )
        except ValueError as error:
            raise AuditorError(f"{shard.path}: {error}") from error
        self.job.store.write_json(written_file(item), vars(total.checked(shard.path)))

    def _keep(self, unit: int) -> pa.Array:
        """Which records of a unit are kept, null where they could not be read."""
        table = pa.ipc.open_file(self.job.store.map(column_file(RELATION, unit))).read_all()
        return table["keep"].combine_chunks()


def write_whole(url: str, write: Callable[[Any], None]) -> None:
    """A file that is there entirely or not at all."""
    fs, path = fsspec.core.url_to_fs(url)
    fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
    if not isinstance(fs, LocalFileSystem):
        with fs.open(path, "wb") as sink:
            write(sink)
        return
    folder, name = path.rsplit("/", 1)
    temporary = f"{folder}/.{name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        with open(temporary, "wb") as sink:
            write(sink)
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _inner(manifest: Manifest, item: int) -> str:
    """A shard's path below the folder that all shards share.

    >>> from engine.source.manifest import Shard
    >>> shards = tuple(Shard(f"s3://b/x/{name}", 1, "v", "text") for name in ("a/1.txt", "b/1.txt"))
    >>> _inner(Manifest(shards, ()), 1)
    'b/1.txt'
    """
    folders = [shard.path.split("/")[:-1] for shard in manifest.shards]
    shared = 0
    while all(len(folder) > shared and folder[shared] == folders[0][shared] for folder in folders):
        shared += 1
    return "/".join(manifest.shards[item].path.split("/")[shared:])


def _refuse(plan: Plan, dest: str) -> None:
    """Raise for a destination in, at or above the source."""
    fs, target = fsspec.core.url_to_fs(dest)
    for side in plan.sides:
        dataset = plan.dataset(side)
        for path in dataset.paths if dataset is not None else ():
            other, source = fsspec.core.url_to_fs(path)
            folder = source.split("*", 1)[0].rstrip("/")
            one, two = f"{target.rstrip('/')}/", f"{folder}/"
            if type(fs) is type(other) and (one.startswith(two) or two.startswith(one)):
                raise PlanError(f"--write {dest} lies in or above the {side}, {path}; give another folder")


def _refuse_formats(manifest: Manifest) -> None:
    for shard in manifest.shards:
        if shard.format not in FORMATS:
            known = ", ".join(FORMATS)
            raise PlanError(f"{shard.path} is {shard.format}, which cannot be written again; --write knows {known}")


def _claim(job: Job, dest: str) -> None:
    """Make the destination this audit's, or raise because something is there already."""
    marker = "written.json"
    if job.store.exists(marker):
        if job.store.read_json(marker)["dest"] != dest:
            raise PlanError(f"{job.out} was written to {job.store.read_json(marker)['dest']}; give that, or another --out")
        return
    fs, path = fsspec.core.url_to_fs(dest)
    if fs.exists(path) and fs.ls(path):
        raise PlanError(f"--write {dest} is not empty; give another folder")
    job.store.write_json(marker, {"dest": dest, "version": catalog.relations()[RELATION].version})
