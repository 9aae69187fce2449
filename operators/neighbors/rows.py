"""The rows that go through the rounds of the neighbours relation, and how a task comes to vectors."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.relation import KEY, Over, Route, Task
from engine.schema import ID, Side, record_id, split_id
from operators.kernels.nearest import NONE, Nearest
from operators.kernels.vectors import VECTOR, matrix, unit

SUBJECT, REFERENCE, HOLDOUT = range(3)
"""Sides by number."""

FOUND = Route(
    pa.schema([(ID, pa.int64()), ("base", pa.int8()), ("neighbor", pa.int64()), ("similarity", pa.float32())]), Over.RANGES, ID
)
SAMPLE = Route(pa.schema([(ID, pa.int64()), ("vector", VECTOR), ("expected", pa.int64())]), Over.WHOLE, compressed=False)
CENTROIDS = Route(pa.schema([("vector", VECTOR), ("group", pa.int32())]), Over.EVERY, compressed=False)
DRAWN = Route(pa.schema([(ID, pa.int64()), ("vector", VECTOR)]), Over.EVERY, compressed=False)
PLACED = Route(
    pa.schema(
        [(KEY, pa.uint64()), (ID, pa.int64()), ("cells", pa.list_(pa.int32())), ("cell", pa.int32()), ("vector", VECTOR)]
    ),
    compressed=False,
)


class Vectors(NamedTuple):
    """(n, d) unit vectors and the (n,) ids of their records, ascending."""

    vectors: NDArray[np.float32]
    ids: NDArray[np.int64]


def asked(base: int, k: int) -> tuple[tuple[int, int], ...]:
    """Who looks for neighbours on a side, and how many: (side, k)."""
    return ((SUBJECT, k), (REFERENCE, 1), (HOLDOUT, 1)) if base == SUBJECT else ((SUBJECT, 2),)


def units_of(task: Task, side: int) -> range:
    """The units of a side."""
    firsts = [0, *(split_id(first)[0] for first in (task.first(Side.REFERENCE), task.first(Side.HOLDOUT), task.known))]
    return range(firsts[side], firsts[side + 1])


def sides(task: Task, ids: NDArray[np.int64]) -> NDArray[np.int8]:
    """The side of each id."""
    bounds = np.array([task.first(Side.REFERENCE), task.first(Side.HOLDOUT)], np.int64)
    return np.searchsorted(bounds, ids, side="right").astype(np.int8)


def vectors_of(task: Task, units: Iterable[int]) -> Vectors:
    """The vectors of some units at length one."""
    found = [_of_unit(task, one) for one in units]
    found = [one for one in found if len(one.ids)]
    if not found:
        return Vectors(np.empty((0, 0), np.float32), np.empty(0, np.int64))
    return Vectors(np.concatenate([one.vectors for one in found]), np.concatenate([one.ids for one in found]))


def ids_of(task: Task, number: int) -> NDArray[np.int64]:
    """The ids of a unit's records that have a vector, ascending."""
    column = task.column(number, "embedding")
    there = np.empty(0, np.bool_) if column is None else column.is_valid().to_numpy()
    return np.flatnonzero(there) + record_id(number, 0)


def from_rows(rows: pa.Table) -> Vectors:
    """The vectors that a channel brought."""
    column = rows["vector"].combine_chunks()
    vectors, _ = matrix(column)
    return Vectors(unit(vectors), rows[ID].to_numpy())


def found_rows(queries: NDArray[np.int64], base: int, found: Nearest) -> pa.Table:
    """A row for every neighbour."""
    there = found.ids != NONE
    return pa.table(
        {
            ID: np.repeat(queries, found.ids.shape[1])[there.ravel()],
            "base": pa.array(np.full(int(there.sum()), base, np.int8)),
            "neighbor": found.ids[there],
            "similarity": found.similarity[there],
        }
    )


def _of_unit(task: Task, number: int) -> Vectors:
    column = task.column(number, "embedding")
    if column is None:
        return Vectors(np.empty((0, 0), np.float32), np.empty(0, np.int64))
    parts: Sequence[pa.Array] = column.chunks
    found = [matrix(part) for part in parts]
    valid = np.concatenate([mask for _, mask in found]) if found else np.empty(0, np.bool_)
    filled = [vectors for vectors, _ in found if len(vectors)]
    if not filled:
        return Vectors(np.empty((0, 0), np.float32), np.empty(0, np.int64))
    return Vectors(unit(np.concatenate(filled)), np.flatnonzero(valid) + record_id(number, 0))
