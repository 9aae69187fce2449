"""Columns that cost much, kept beside each unit: computed once, read by every metric and every later audit of the same data.

A file of columns is named after all that decides them: the feature and its parameters, the model's weights, how the data is
read, and the shard's path, size and version. So it can lie in a folder that many audits share.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from engine import catalog
from engine.feature import Columns, Feature
from engine.graph import Pass, sources
from engine.job import Job
from engine.plan import canonical
from engine.schema import ID, PAYLOAD, record_id
from engine.source.manifest import Manifest, Unit
from engine.storage.names import redacted
from engine.store import Store

Step = Callable[[pa.RecordBatch], Columns]


@dataclass(frozen=True)
class Shelf:
    """Where the columns of one feature are kept, for the data of one side.

    Args:
        store: OUT, or the plan's ``cache``.
        folder: named after the feature, its parameters and its model, and how the data is read.
        manifest: of the side.
        schema: of the columns.
    """

    store: Store
    folder: str
    manifest: Manifest
    schema: pa.Schema

    @classmethod
    def of(cls, job: Job, step: Pass, name: str) -> "Shelf":
        """The shelf of a feature of a pass: the same one whatever else the pass reads."""
        chain = {part: _identity(job, part) for part in (*sources(step, name), name)}
        dataset = job.dataset(step.side).model_dump(mode="json", exclude={"path"})
        classes = [catalog.features()[part] for part in chain]
        reads = {column for cls in classes for column in (*cls.reads, *cls.may_read)}
        payload = [*step.payload] if PAYLOAD in reads else []
        columns = [column for column in step.columns if column in {*reads, *payload}]
        identity = {"features": chain, "data": dataset, "columns": columns, "payload": payload}
        key = hashlib.sha256(canonical(identity).encode()).hexdigest()[:16]
        schema = pa.schema(dict(catalog.features()[name].writes))
        store = job.store if job.plan.cache is None else Store(job.plan.cache)
        return cls(store, f"features/{name.removeprefix('features.')}-{key}", job.manifest(step.side), schema)

    def file(self, unit: int) -> str:
        """The file of a unit's columns."""
        found = self.manifest.units[unit]
        shard = self.manifest.shards[found.shard]
        identity = [shard.path, shard.size_bytes, shard.version, found.start, found.stop]
        return f"{self.folder}/{hashlib.sha256(canonical(identity).encode()).hexdigest()[:32]}.arrow"

    def has(self, unit: int) -> bool:
        """Whether the columns of a unit are there."""
        return self.store.exists(self.file(unit))

    def table(self, unit: int) -> pa.Table:
        """The columns of a unit, row by row."""
        return pa.ipc.open_file(self.store.map(self.file(unit))).read_all()


def _identity(job: Job, name: str) -> dict[str, Any]:
    feature = job.plan.feature(name)
    return {"version": feature.version, "parameters": redacted(asdict(feature)), **feature.identity()}  # type: ignore[call-overload]


@dataclass
class Opened:
    """A feature that is opened at its first batch, once a worker; what goes wrong then is said of every batch."""

    feature: Feature
    _step: Step | None = None
    _error: Exception | None = None
    _lock: Any = field(default_factory=Lock)

    def __call__(self, batch: pa.RecordBatch) -> Columns:
        """The feature's columns of a batch."""
        with self._lock:
            if self._step is None and self._error is None:
                try:
                    self._step = self.feature.open()
                except Exception as error:  # told to every unit: the metrics that read the feature fail, not the audit
                    self._error = error
        if self._step is None:
            raise self._error or RuntimeError("the feature was not opened")
        return self._step(batch)


@dataclass(frozen=True)
class Bench:
    """The features of a pass, ready for units: those whose columns are kept are computed only where no one did before."""

    opened: Mapping[str, Opened]
    shelves: Mapping[str, Shelf]

    @classmethod
    def of(cls, job: Job, step: Pass) -> "Bench":
        """The features of a pass; models are not loaded yet."""
        opened = {name: Opened(job.plan.feature(name)) for name in step.features}
        stored = [name for name, one in opened.items() if one.feature.stores]
        return cls(opened, {name: Shelf.of(job, step, name) for name in stored})

    @contextmanager
    def unit(self, unit: Unit) -> Iterator[Mapping[str, Step]]:
        """The features for the batches of a whole unit. What is computed is kept when the block ends without an error."""
        with ExitStack() as stack:
            yield {name: self._step(name, unit.ordinal, stack) for name in self.opened}

    def some(self, unit: Unit) -> Mapping[str, Step]:
        """The features for some rows of a unit; nothing is kept."""
        return {name: self._kept(name, unit.ordinal) or one for name, one in self.opened.items()}

    def _kept(self, name: str, unit: int) -> "Kept | None":
        shelf = self.shelves.get(name)
        return Kept(shelf.table(unit), record_id(unit, 0)) if shelf is not None and shelf.has(unit) else None

    def _step(self, name: str, unit: int, stack: ExitStack) -> Step:
        if name not in self.shelves:
            return self.opened[name]
        return self._kept(name, unit) or stack.enter_context(_keeping(self.shelves[name], unit, self.opened[name]))


@dataclass(frozen=True)
class Kept:
    """A feature whose columns of a unit are kept."""

    table: pa.Table
    first: int

    def __call__(self, batch: pa.RecordBatch) -> Columns:
        """The columns of the batch's records."""
        rows = self.table.take(pc.subtract(batch[ID], self.first)).combine_chunks()
        return {name: _one(rows[name]) for name in rows.column_names}


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


@contextmanager
def _keeping(shelf: Shelf, unit: int, step: Step) -> Iterator[Step]:
    """The feature for a unit, whose columns are written as they come; kept only if none of them failed."""
    broken: list[Exception] = []

    def keep(batch: pa.RecordBatch) -> Columns:
        if broken:
            raise broken[0]
        try:
            columns = step(batch)
            writer.write_batch(pa.RecordBatch.from_arrays([columns[name] for name in shelf.schema.names], schema=shelf.schema))
        except Exception as error:
            broken.append(error)
            raise
        return columns

    with shelf.store.created(shelf.file(unit)) as new, pa.ipc.new_file(new.file, shelf.schema) as writer:
        yield keep
        new.wanted = not broken
