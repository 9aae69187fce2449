"""The kept records of an audit that looked for near-duplicates, written shard by shard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from engine import catalog
from engine.audit import audit, is_finished, survey
from engine.backend import Backend
from engine.destination import is_empty, names_below, opened, replaced, touches
from engine.errors import AuditorError, PlanError
from engine.feature import Resources
from engine.job import Job, column_file
from engine.journal import Journal
from engine.plan import Plan
from engine.provenance import Provenance
from engine.report.model import Report, Status
from engine.schema import Side
from engine.source.detect import found
from engine.source.manifest import Shard, Unit
from engine.source.rewrite import FORMATS, Mask, rewrite
from engine.stages import Progress, Run, quiet
from engine.storage.failures import cause_of
from engine.storage.names import redact
from engine.store import Store

METRICS = ("corpus.near_duplicates", "corpus.near_overlap")
RELATION = "relations.near_groups"
MARKER = "written.json"


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
        PlanError: for a format that cannot be written, or a destination that must not be; before any work starts.
    """
    if dest is not None:
        dest = dest if "://" in dest else opened(dest)[1]  # workers elsewhere have other folders to start from
        _refuse(plan, dest, out)
        _refuse_shards(plan)
        _refuse_claimed(Store(out), dest)
    if not is_finished(plan, out) or (plan.metrics is not None and METRICS[0] not in plan.metrics):
        chosen = METRICS if plan.reference is not None else METRICS[:1]
        plan = plan.model_copy(update={"metrics": {name: (plan.metrics or {}).get(name, {}) for name in chosen}})
    missing = survey(plan)[1].missing.get(METRICS[0])
    if missing is not None:
        raise PlanError(f"near-duplicates cannot be told on {plan.subject.path}: {missing}")
    report = audit(plan, backend, out, progress=progress)
    result = report.result(METRICS[0])
    if result is None or result.status is Status.FAILED:
        raise AuditorError(f"near-duplicates could not be told: {result.reason if result else 'they were not measured'}")
    if dest is None:
        return report, None
    plan, graph, _ = survey(plan)
    job = Job(plan, graph, out)
    manifest = job.manifest(Side.SUBJECT)
    job.store.write_json(MARKER, {"dest": redact(dest), "version": catalog.relations()[RELATION].version})
    with Journal(job.store, backend.told) as journal:
        run = Run(job, backend, progress, Provenance(backend.name), journal)
        run.exchange(WriteKept(job, dest), range(len(manifest.shards)), written_file)
    shards = (job.store.read_json(written_file(shard)) for shard in range(len(manifest.shards)))
    written = sum((Written(**shard) for shard in shards), Written()).checked(dest)
    audited = report.sides[str(Side.SUBJECT)].records.read
    if written.read != audited:
        raise AuditorError(f"{audited:,} records were audited, and {written.read:,} kept, removed or quarantined in {dest}")
    return report, written


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
        units: dict[int, list[Unit]] = {}
        for unit in manifest.units:
            units.setdefault(unit.shard, []).append(unit)
        names = names_below([shard.path for shard in manifest.shards])
        return lambda item: self._write(item, manifest.shards[item], units.get(item, []), names[item])

    def give_up(self, item: int, cause: str) -> None:
        """A shard cannot be left out: its records would be lost."""
        raise AuditorError(f"shard {item} cannot be written: {cause}")

    def _write(self, item: int, shard: Shard, units: list[Unit], name: str) -> None:
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
                write_whole(f"{self.dest.rstrip('/')}/{name}", lambda sink: rewrite(dataset, shard, units, mask, sink))
        except (OSError, EOFError, ValueError, MemoryError, pa.ArrowException) as error:
            raise AuditorError(f"{shard.path} cannot be written again: {cause_of(error, shard.path)}") from error
        self.job.store.write_json(written_file(item), vars(total.checked(shard.path)))

    def _keep(self, unit: int) -> pa.Array:
        """Which records of a unit are kept, null where they could not be read."""
        with self.job.store.open(column_file(RELATION, unit)) as file:
            at = pa.ipc.open_file(file).schema.get_field_index("keep")
            options = pa.ipc.IpcReadOptions(included_fields=[at])
            return pa.ipc.open_file(file, options=options).read_all()["keep"].combine_chunks()


def write_whole(url: str, write: Callable[[Any], None]) -> None:
    """A file that is there entirely or not at all."""
    with replaced(url) as sink:
        write(sink)


def _refuse(plan: Plan, dest: str, out: str) -> None:
    """Raise for a destination in, at or above what is read, or OUT."""
    places = [(side, path) for side in plan.sides if (data := plan.dataset(side)) is not None for path in data.paths]
    for what, path in [*places, ("--out", out)]:
        if touches(dest, path):
            raise PlanError(f"--write {redact(dest)} lies in or above the {what}, {redact(path)}; give another folder")


def _refuse_shards(plan: Plan) -> None:
    """Raise for a shard that cannot be written in its own format, or under a name of its own."""
    shards: Sequence[Shard] = found(plan.subject)
    for shard in shards:
        fmt = plan.subject.format if plan.subject.format == "hf" else shard.format
        if fmt not in FORMATS:
            raise PlanError(f"{shard.path} is {fmt}, which cannot be written again; --write knows {', '.join(FORMATS)}")
    names_below([shard.path for shard in shards])


def _refuse_claimed(store: Store, dest: str) -> None:
    """Raise where OUT was written elsewhere, or something is in the destination that this OUT did not write."""
    if store.exists(MARKER):
        held = store.read_json(MARKER)["dest"]
        if held != redact(dest):
            raise PlanError(f"{redact(store.url)} was written to {held}; give that, or another --out")
    elif not is_empty(dest):
        raise PlanError(f"--write {redact(dest)} is not empty; give another folder")
