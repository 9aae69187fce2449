"""Where the rows of a channel go: to partitions of keys, or to ranges of units."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.channel import pack
from engine.job import Job
from engine.relation import Over, Route
from engine.schema import ID, record_id
from engine.source.manifest import Manifest, Unit
from engine.store import Store

ROWS_A_PARTITION = 1 << 20
ROWS_A_GROUP_PARTITION = 1 << 22
MOST_PARTITIONS = 4096


@dataclass
class ChannelWriter:
    """Gathers what a task gives a channel; `commit` writes it, cut by where the rows go."""

    store: Store
    file: str
    route: Route
    cuts: "Cuts"
    pieces: dict[int, list[pa.Table]] = field(default_factory=dict)

    def add(self, rows: pa.Table, group: int = 0) -> None:
        """Take in rows of one group."""
        if not rows.num_rows:
            return
        rows = rows.select(self.route.schema.names).cast(self.route.schema)
        for part, piece in self.cuts.cut(rows, self.route, group):
            self.pieces.setdefault(part, []).append(piece)

    def commit(self) -> int:
        """Write the file, and return its bytes; with no rows there is none."""
        if not self.pieces:
            return 0
        data = pack(self.pieces, self.route.schema, "lz4" if self.route.compressed else None)
        self.store.write(self.file, data)
        return len(data)


@dataclass(frozen=True)
class Cuts:
    """Where rows go: how many partitions keys have, and the first id of every range."""

    rows: int
    ranges: tuple[int, ...] = (0,)

    def parts(self, route: Route) -> int:
        """How many tasks a channel's rows go to."""
        match route.to:
            case Over.KEYS:
                return route.groups * self.partitions(route.groups)
            case Over.RANGES:
                return len(self.ranges)
            case _:
                return 1

    def partitions(self, groups: int) -> int:
        """Into how many partitions the keys of one group are cut."""
        return partitions_for(self.rows, ROWS_A_PARTITION if groups == 1 else ROWS_A_GROUP_PARTITION)

    def cut(self, rows: pa.Table, route: Route, group: int) -> Iterator[tuple[int, pa.Table]]:
        """The rows for each part, each in the order given."""
        if route.to in (Over.WHOLE, Over.EVERY) or self.parts(route) == 1:
            yield 0, rows
            return
        partitions = self.partitions(route.groups)
        first = group * partitions if route.to is Over.KEYS else 0
        if route.to is Over.KEYS and partitions == 1:
            yield first, rows
            return
        part = self._part_of(rows[route.by].to_numpy(), route, partitions)
        if self.parts(route) <= 1 << 16:
            part = part.astype(np.uint16)  # sorted by radix: ten times faster
        order = np.argsort(part, kind="stable")
        sorted_rows, part = rows.take(order), part[order]
        starts = np.flatnonzero(np.r_[True, part[1:] != part[:-1]])
        for start, stop in pairwise([*starts.tolist(), len(part)]):
            yield first + int(part[start]), sorted_rows.slice(start, stop - start)

    def _part_of(self, keys: NDArray[np.uint64], route: Route, partitions: int) -> NDArray[Any]:
        bounds: Sequence[int]
        if route.to is Over.KEYS:
            bounds = [(p << 64) // partitions for p in range(1, partitions)]
            return np.searchsorted(np.array(bounds, np.uint64), keys, side="right")
        return np.searchsorted(np.array([record_id(unit, 0) for unit in self.ranges[1:]], np.int64), keys, side="right")


def rows_expected(job: Job, relation: str) -> int:
    """About how many records a relation's exchanges carry, by what the manifests say: the same on every worker."""
    sides = {step.side for step in job.graph.passes if relation in step.relations}
    known = sum(count or 0 for counts in job.known_rows(relation) for count in counts)
    return known + sum(manifest_rows(job.manifest(side)) for side in sides)


def manifest_rows(manifest: Manifest) -> int:
    """How many records a manifest has. A unit that does not tell its rows is taken to hold records of 256 bytes."""
    return sum(map(unit_rows, manifest.units))


def unit_rows(unit: Unit) -> int:
    """About how many records a unit has."""
    return unit.rows if unit.rows is not None else unit.size_bytes >> 8


def partitions_for(rows: int, rows_a_partition: int | None = None) -> int:
    """How many partitions hold that many rows.

    >>> partitions_for(10), partitions_for(10_000_000)
    (1, 10)
    """
    return min(MOST_PARTITIONS, max(1, -(-rows // (rows_a_partition or ROWS_A_PARTITION))))


def shifted(batch: pa.RecordBatch, units: int) -> pa.RecordBatch:
    """The batch with the ids that its records have in the corpus of the job."""
    if not units:
        return batch
    ids = pa.array(batch[ID].to_numpy() + record_id(units, 0))
    return batch.set_column(batch.schema.get_field_index(ID), ID, ids)
