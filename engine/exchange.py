"""The exchange behind a relation: rows to partitions by key, columns back to units by record.

1. Every unit writes one block a relation: an Arrow IPC file whose record batch ``p`` holds the rows of partition ``p``.
2. `Group`, one task a partition, reads its batch of every block, sorts, groups, and writes one file whose record batch
   ``r`` holds the columns of the records in the ``r``-th range of units.
3. `Lay`, one task a range, reads its batch of every partition and lays the columns beside each unit, row by row.

Every file is named after its input and written whole, so each step may run twice or be killed. A task holds one partition
or one range: about `ROWS_A_PARTITION` rows, whatever the size of the corpus.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine import catalog
from engine.feature import Resources
from engine.job import Job, block_file, column_file, group_file, laid_file
from engine.relation import KEY, SIDE
from engine.schema import ID, Side, record_id
from engine.source.manifest import Manifest
from engine.store import Store

ROWS_A_PARTITION = 1 << 20
MOST_PARTITIONS = 4096
BATCH_ROWS = 1 << 16


@dataclass
class BlockWriter:
    """Gathers what a unit emits into one relation; `commit` writes it, cut by partition."""

    store: Store
    file: str
    partitions: int
    tables: list[pa.Table] = field(default_factory=list)

    def add(self, rows: pa.Table) -> None:
        """Take in the rows of a batch."""
        if rows.num_rows:
            self.tables.append(rows)

    def commit(self) -> None:
        """Write the block; with no rows there is no file."""
        if not self.tables:
            return
        rows = pa.concat_tables(self.tables).combine_chunks()
        keys = rows[KEY].to_numpy()
        order = np.argsort(keys, kind="stable")
        bounds = np.searchsorted(keys[order], _partition_bounds(self.partitions))
        self.store.write(self.file, _cut(rows.take(order), [0, *bounds.tolist(), len(keys)]))


@dataclass(frozen=True)
class Group:
    """The work of one relation's partitions."""

    job: Job
    relation: str
    units: Mapping[Side, tuple[int, ...]]
    ranges: tuple[int, ...]
    resources: Resources = Resources()

    @property
    def name(self) -> str:
        """The stage, as progress shows it."""
        return f"group {self.relation.removeprefix('relations.')}"

    def open(self) -> Callable[[int], None]:
        """Return what groups a partition."""
        blocks = [(side, self._blocks(side, units)) for side, units in self.units.items()]
        return lambda partition: self._group(partition, blocks)

    def give_up(self, item: int, cause: str) -> None:
        """A partition cannot be left out: its groups would be silently wrong."""
        raise RuntimeError(f"partition {item} of {self.relation} cannot be grouped: {cause}")

    def _blocks(self, side: Side, units: Iterable[int]) -> list[str]:
        """The blocks of the units that were read whole; one that emitted nothing has none."""
        there = self.job.store.names(block_file(self.relation, side, 0).rsplit("/", 1)[0])
        return [file for file in (block_file(self.relation, side, u) for u in units) if file.rsplit("/", 1)[1] in there]

    def _group(self, partition: int, blocks: Sequence[tuple[Side, Sequence[str]]]) -> None:
        relation = catalog.relations()[self.relation]()
        tables = [
            table.append_column(SIDE, pa.repeat(pa.scalar(list(Side).index(side), pa.int8()), table.num_rows))
            for side, files in blocks
            for table in _read_part(self.job.store, files, partition)
        ]
        columns = relation.group(pa.concat_tables(tables)) if tables else _no_rows(relation.writes)
        columns = columns.sort_by(ID).combine_chunks()
        starts = [record_id(unit, 0) for unit in self.ranges]
        bounds = np.searchsorted(columns[ID].to_numpy(), starts).tolist()
        self.job.store.write(group_file(self.relation, partition), _cut(columns, [*bounds, columns.num_rows]))


@dataclass(frozen=True)
class Lay:
    """The work of laying one relation's columns beside the units, range by range."""

    job: Job
    relation: str
    ranges: tuple[int, ...]
    rows: tuple[int, ...]
    resources: Resources = Resources()

    @property
    def name(self) -> str:
        """The stage, as progress shows it."""
        return f"lay {self.relation.removeprefix('relations.')}"

    def open(self) -> Callable[[int], None]:
        """Return what lays a range of units."""
        files = [group_file(self.relation, partition) for partition in range(partition_count(self.job))]
        return lambda item: self._lay(item, files)

    def give_up(self, item: int, cause: str) -> None:
        """A range cannot be left out."""
        raise RuntimeError(f"range {item} of {self.relation} cannot be laid: {cause}")

    def _lay(self, item: int, files: Sequence[str]) -> None:
        writes = catalog.relations()[self.relation].writes
        columns = pa.concat_tables([_no_rows(writes), *_read_part(self.job.store, files, item)])
        columns = columns.sort_by(ID).combine_chunks()
        ids = columns[ID].to_numpy()
        stop_unit = [*self.ranges, len(self.rows)][item + 1]
        for unit in range(self.ranges[item], stop_unit):
            start, stop = np.searchsorted(ids, [record_id(unit, 0), record_id(unit + 1, 0)])
            laid = _laid(columns.slice(start, stop - start), ids[start:stop] - record_id(unit, 0), unit, self.rows[unit])
            self.job.store.write(column_file(self.relation, unit), _ipc(laid.to_batches(BATCH_ROWS), laid.schema))
        self.job.store.write_json(laid_file(self.relation, item), {"units": [self.ranges[item], stop_unit]})


def partition_count(job: Job) -> int:
    """Into how many partitions the job's exchanges are cut: by what the manifests say, so the same on every worker."""
    steps = [step for step in job.graph.passes if step.relations]
    return partitions_for(sum(map(_rows_expected, (job.manifest(step.side) for step in steps))))


def partitions_for(rows: int) -> int:
    """How many partitions hold that many rows.

    >>> partitions_for(10), partitions_for(10_000_000)
    (1, 10)
    """
    return min(MOST_PARTITIONS, max(1, -(-rows // ROWS_A_PARTITION)))


def unit_ranges(rows: Sequence[int]) -> tuple[int, ...]:
    """The first unit of each range: runs of units of about `ROWS_A_PARTITION` rows.

    >>> unit_ranges([600_000, 600_000, 600_000])
    (0, 2)
    """
    starts, held = [0], 0
    for unit, count in enumerate(rows):
        if held >= ROWS_A_PARTITION:
            starts.append(unit)
            held = 0
        held += count
    return tuple(starts)


def _rows_expected(manifest: Manifest) -> int:
    """A unit that does not tell its rows is taken to hold records of 256 bytes."""
    return sum(unit.rows if unit.rows is not None else unit.size_bytes >> 8 for unit in manifest.units)


def _partition_bounds(partitions: int) -> NDArray[np.uint64]:
    """The first key of every partition but the first."""
    return np.array([(p << 64) // partitions for p in range(1, partitions)], dtype=np.uint64)


def _cut(rows: pa.Table, bounds: Sequence[int]) -> bytes:
    """An IPC file with a record batch for every piece between two bounds."""
    pieces = [rows.slice(a, b - a).combine_chunks() for a, b in pairwise(bounds)]
    batches = [piece.to_batches()[0] if piece.num_rows else _no_batch(rows.schema) for piece in pieces]
    return _ipc(batches, rows.schema)


def _ipc(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_file(sink, schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def _read_part(store: Store, files: Iterable[str], part: int) -> Iterator[pa.Table]:
    for file in files:
        with store.open(file) as source:
            table = pa.Table.from_batches([pa.ipc.open_file(source).get_batch(part)])
            if table.num_rows:
                yield table


def _no_batch(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], kind) for kind in schema.types], schema=schema)


def _no_rows(writes: object) -> pa.Table:
    fields = [(ID, pa.int64()), *dict(writes).items()]  # type: ignore[call-overload]
    return pa.schema(fields).empty_table()


def _laid(columns: pa.Table, at: NDArray[np.int64], unit: int, rows: int) -> pa.Table:
    """The columns at their rows of the unit, null where a record has none."""
    position = np.full(rows, -1, np.int64)
    position[at] = np.arange(len(at))
    index = pa.array(position, mask=position < 0)
    laid = {name: pc.take(columns[name], index) for name in columns.column_names if name != ID}
    ids = pa.array(np.arange(rows, dtype=np.int64) + record_id(unit, 0))
    return pa.table({ID: ids, **laid})
