"""Search by cells: every vector belongs to the nearest of some centroids, a query looks into the cells nearest to it.

All records are queries, so cells are searched whole: the queries of a cell against its vectors in one matrix product, which
costs far less than to look for each query by itself. Cells that lie together share a partition, so that a query goes to few.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.relation import KEY, Given, Piece, Task
from engine.schema import ID
from operators.kernels.kmeans import assigned, centroids
from operators.kernels.nearest import NONE, Base, Nearest, narrow
from operators.kernels.offers import offer
from operators.kernels.vectors import column, matrix
from operators.near.rows import spread
from operators.neighbors.rows import Vectors, asked, found_rows, from_rows, sides, vectors_of

A_CELL, MOST_SAMPLED = 8, 1 << 21
"""Vectors of the sample for every centroid, and altogether: one task holds them."""
GROUP_ROWS = 1 << 20
"""Records in the cells of a partition."""
BLOCK = 1 << 15
"""Queries searched together."""
TOGETHER = 512
"""Of these, how many are multiplied at once with a cell: what fits a cache."""
SPARE = 8
"""Candidates that are looked at again beyond the k asked for, because narrow products may choose wrong."""


def cells_for(records: int) -> int:
    """How many cells: sixteen times the root, to a power of two: many small ones, since a record looks into many.

    >>> cells_for(1_000_000)
    16384
    """
    return int(2 ** np.clip(np.round(np.log2(16 * np.sqrt(max(1, records)))), 2, 19))


def sampled_for(cells: int) -> int:
    """How many vectors to draw to train so many cells.

    >>> sampled_for(1024), sampled_for(1 << 19)
    (8192, 2097152)
    """
    return min(A_CELL * cells, MOST_SAMPLED)


@dataclass(frozen=True)
class Train:
    """From the sample of vectors: the centroids, in groups that are searched together, and the records to be answered exactly.

    Args:
        cells: how many centroids, by the number of records; None where none are needed.
        queries: how many records of each side are to be answered exactly.
    """

    cells: Callable[[int], int | None]
    queries: int

    def __call__(self, task: Task) -> Iterator[Given]:
        """The whole sample. Without one the search is exact."""
        rows = task.rows("emit.sample").sort_by(ID)
        if not rows.num_rows:
            return
        records, sample = rows["expected"][0].as_py(), from_rows(rows)
        cells = self.cells(records)
        if cells is not None:
            found = centroids(sample.vectors, min(cells, len(sample.ids)))
            groups = max(1, min(len(found), -(-records // GROUP_ROWS)))
            coarse = centroids(found, groups)
            group = assigned(found, coarse)
            yield Piece("centroids", _rows({"group": group.astype(np.int32)}, found))
        keys, side = spread(sample.ids), sides(task, sample.ids)
        order = np.lexsort((keys, side))
        first = np.searchsorted(side[order], side[order])  # of every side the records with the smallest keys
        chosen = np.sort(order[np.arange(len(order)) - first < self.queries])
        yield Piece("drawn", _rows({ID: sample.ids[chosen]}, sample.vectors[chosen]))
        yield {"neighbors.cells": cells or 0, "neighbors.drawn": len(chosen)}


@dataclass(frozen=True)
class Assign:
    """Every record to the groups of the cells that it looks into; it lies in the nearest of them."""

    probes: int

    def __call__(self, task: Task) -> Iterator[Given]:
        """A range's records, unit by unit."""
        rows = task.rows("train.centroids").combine_chunks()
        if not rows.num_rows:
            return
        where, group = Base(matrix(rows["vector"].chunk(0))[0], np.arange(rows.num_rows)), rows["group"].to_numpy()
        for unit in task.units:
            found = vectors_of(task, [unit])
            if len(found.ids):
                cells = where.nearest(found.vectors, min(self.probes, rows.num_rows)).ids
                yield Piece("placed", _placed(found, cells, group))


def _placed(found: Vectors, cells: NDArray[np.int64], group: NDArray[np.int32]) -> pa.Table:
    """A row for every record and group that it goes to: its cells there, and the one that it lies in (-1: in another group)."""
    n, probes = cells.shape
    record, cell = np.repeat(np.arange(n), probes), cells.ravel()
    order = np.lexsort((np.tile(np.arange(probes), n), group[cell], record))
    record, cell = record[order], cell[order]
    part = group[cell]
    starts = np.flatnonzero(np.r_[True, (record[1:] != record[:-1]) | (part[1:] != part[:-1])])
    offsets = np.r_[starts, len(record)].astype(np.int32)
    of = record[starts]
    home = np.where(group[cells[of, 0]] == part[starts], cells[of, 0], NONE).astype(np.int32)
    groups = int(group.max()) + 1
    key = ((part[starts].astype(np.float64) + 0.5) / groups * 2.0**64).astype(np.uint64)
    lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(cell.astype(np.int32)))
    return _rows({KEY: key, ID: found.ids[of], "cells": lists, "cell": home}, found.vectors[of])


def _rows(columns: dict[str, Any], vectors: NDArray[np.float32]) -> pa.Table:
    return pa.table({**columns, "vector": column(vectors, np.ones(len(vectors), np.bool_))})


@dataclass(frozen=True)
class SearchCells:
    """The records of a partition against the vectors that lie in its cells."""

    k: int

    def __call__(self, task: Task) -> Iterator[Given]:
        """The nearest of every record in the cells that it looks into."""
        rows = task.rows("assign.placed").combine_chunks()
        if not rows.num_rows:
            return
        cells = rows["cells"].chunk(0)
        placed = from_rows(rows)
        side, home = sides(task, placed.ids), rows["cell"].to_numpy()
        for base in range(3):
            lying = np.flatnonzero((home != NONE) & (side == base))
            if not len(lying):
                continue
            filled = Cells.of(Vectors(placed.vectors[lying], placed.ids[lying]), home[lying])
            for querying, k in asked(base, self.k):
                looking = np.flatnonzero(side == querying)
                for start in range(0, len(looking), BLOCK):
                    block = looking[start : start + BLOCK]
                    queries = Vectors(placed.vectors[block], placed.ids[block])
                    found = filled.nearest(queries, cells.take(pa.array(block)), k, querying == base)
                    yield Piece("found", found_rows(queries.ids, base, found))


@dataclass(frozen=True)
class Cells:
    """Vectors in order of their cells.

    Args:
        base: the vectors.
        starts: (cells + 1,) where each cell's begin.
        narrowed: the vectors as they are multiplied first, of torch.
    """

    base: Vectors
    starts: NDArray[np.int64]
    narrowed: Any

    @classmethod
    def of(cls, base: Vectors, cells: NDArray[np.int32]) -> "Cells":
        """The vectors that lie in cells."""
        import torch

        order = np.argsort(cells, kind="stable")
        starts = np.searchsorted(cells[order], np.arange(int(cells.max()) + 2))
        vectors = base.vectors[order]
        whole = torch.from_numpy(vectors)
        return cls(Vectors(vectors, base.ids[order]), starts, whole.to(torch.bfloat16) if narrow() else whole)

    def nearest(self, queries: Vectors, cells: pa.ListArray, k: int, exclude: bool) -> Nearest:
        """The k nearest of each query in the cells that it looks into; with ``exclude`` not the query itself."""
        import torch

        record = np.repeat(np.arange(len(cells)), np.diff(cells.offsets.to_numpy()))
        cell = cells.flatten().to_numpy()
        inside = cell < len(self.starts) - 1
        record, cell = record[inside], cell[inside]
        order = np.argsort(cell, kind="stable")
        record, cell = record[order], cell[order]
        bounds = np.searchsorted(cell, np.arange(len(self.starts)))
        best = np.full((len(cells), k + exclude + SPARE), -np.inf, np.float32)
        rows = np.full(best.shape, len(self.base.ids), np.int64)
        asked_of = torch.from_numpy(queries.vectors).to(self.narrowed.dtype)
        with torch.inference_mode():
            for number in np.flatnonzero(np.diff(self.starts) * np.diff(bounds)):
                start, stop = int(self.starts[number]), int(self.starts[number + 1])
                for at in range(int(bounds[number]), int(bounds[number + 1]), TOGETHER):
                    who = record[at : min(at + TOGETHER, int(bounds[number + 1]))]
                    products = asked_of[torch.from_numpy(who)] @ self.narrowed[start:stop].T
                    offer(products.float().numpy(), who, start, best, rows)
        return self._exactly(queries, np.sort(rows, axis=1), k, exclude)

    def _exactly(self, queries: Vectors, rows: NDArray[np.int64], k: int, exclude: bool) -> Nearest:
        there = rows < len(self.base.ids)
        rows = np.where(there, rows, 0)
        similarity = np.empty(rows.shape, np.float32)
        for start in range(0, len(rows), 1024):
            part = slice(start, start + 1024)
            similarity[part] = np.einsum("qd,qcd->qc", queries.vectors[part], self.base.vectors[rows[part]], optimize=True)
        ids = np.where(there, self.base.ids[rows], NONE)
        out = ~there | (ids == queries.ids[:, None]) if exclude else ~there
        similarity[out], ids[out] = -np.inf, NONE
        order = np.lexsort((ids, -similarity), axis=1)[:, :k]
        return Nearest(np.take_along_axis(ids, order, 1), np.take_along_axis(similarity, order, 1))
