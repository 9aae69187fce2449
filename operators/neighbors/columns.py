"""From what every part of the search found to the columns beside every record."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.relation import COLUMNS, Given, Piece, Task
from engine.schema import ID
from operators.neighbors.rows import HOLDOUT, REFERENCE, SUBJECT, asked, ids_of, sides

BINS = 4096
"""Of the distance to the nearest record of the subject, as a share of the largest possible."""
SAME = 1 - 1e-6
"""A cosine above is one: float16 and float32 know no better."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ranked:
    """Neighbours in order: of records by id, then side of the neighbour, then nearness.

    Args:
        ids, base, neighbors, similarity: of every neighbour.
        rank: 0 for the nearest of its record and side.
    """

    ids: Ints
    base: Ints
    neighbors: Ints
    similarity: Floats
    rank: Ints

    @classmethod
    def of(cls, rows: pa.Table) -> "Ranked":
        """What several parts found, together."""
        ids, base, neighbors = (rows[name].to_numpy().astype(np.int64) for name in (ID, "base", "neighbor"))
        similarity = rows["similarity"].to_numpy().astype(np.float64)
        similarity = np.where(similarity > SAME, 1.0, np.maximum(similarity, -1.0))
        order = np.lexsort((neighbors, -similarity, base, ids))
        ids, base = ids[order], base[order]
        new = np.r_[True, (ids[1:] != ids[:-1]) | (base[1:] != base[:-1])] if len(ids) else np.empty(0, np.bool_)
        starts = np.flatnonzero(new)
        rank = np.arange(len(ids)) - np.repeat(starts, np.diff(np.r_[starts, len(ids)]))
        return cls(ids, base, neighbors[order], similarity[order], rank)

    def between(self, first: int, last: int) -> "Ranked":
        """The neighbours of the records from one id to another."""
        return self._some(slice(*np.searchsorted(self.ids, [first, last + 1])))

    def nearest(self, querying: NDArray[np.bool_], base: int, k: int) -> "Ranked":
        """The k nearest on a side, of the rows of some records."""
        return self._some(querying & (self.base == base) & (self.rank < k))

    def _some(self, rows: Any) -> "Ranked":
        return Ranked(*(getattr(self, name)[rows] for name in ("ids", "base", "neighbors", "similarity", "rank")))

    def at(self, wanted: Ints, base: int, rank: int) -> tuple[Ints, Floats]:
        """The neighbour of that rank of each wanted id, -1 and NaN where there is none."""
        chosen = (self.base == base) & (self.rank == rank)
        found, similarity = np.full(len(wanted), -1), np.full(len(wanted), np.nan)
        position = np.searchsorted(wanted, self.ids[chosen])
        found[position], similarity[position] = self.neighbors[chosen], self.similarity[chosen]
        return found, similarity

    def mean_distance(self, wanted: Ints, k: int) -> Floats:
        """The mean cosine distance of each wanted id to its k nearest of the subject; NaN where there is none."""
        chosen = (self.base == SUBJECT) & (self.rank < k)
        position = np.searchsorted(wanted, self.ids[chosen])
        count = np.bincount(position, minlength=len(wanted))
        total = np.bincount(position, 1 - self.similarity[chosen], minlength=len(wanted))
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


@dataclass(frozen=True)
class Columns:
    """The columns of every record of a range; the distances of the other sides' records are counted."""

    k: int
    exact: bool

    def __call__(self, task: Task) -> Iterator[Given]:
        """A range."""
        found = Ranked.of(task.rows("search.found"))
        for unit in task.units:
            ids = ids_of(task, unit)
            if not len(ids):
                continue
            side = int(sides(task, ids[:1])[0])
            of_unit = found.between(ids[0], ids[-1])
            if side == SUBJECT:
                yield Piece(COLUMNS, self._columns(of_unit, ids))
            else:
                yield distances(of_unit.at(ids, SUBJECT, 0)[1], "members" if side == REFERENCE else "others")
        if not self.exact:
            exact = Ranked.of(task.rows("exact.exact"))
            for base in (SUBJECT, REFERENCE, HOLDOUT):
                for querying, k in asked(base, self.k):
                    own, truth = (one.nearest(sides(task, one.ids) == querying, base, k) for one in (found, exact))
                    yield recalled(own, truth, f"neighbors.recall.{querying}.{base}")

    def _columns(self, found: Ranked, ids: Ints) -> pa.Table:
        nearest, similarity = found.at(ids, SUBJECT, 0)
        columns: dict[str, Any] = {ID: ids}
        columns |= {"nearest_id": _whole(nearest), "nearest_similarity": _real(similarity)}
        columns["nearest_mean_distance"] = _real(found.mean_distance(ids, self.k))
        apart = []
        for name, side in (("reference", REFERENCE), ("holdout", HOLDOUT)):
            nearest, similarity = found.at(ids, side, 0)
            columns |= {f"{name}_nearest_id": _whole(nearest), f"{name}_nearest_similarity": _real(similarity)}
            columns[f"{name}_second_similarity"] = _real(found.at(ids, side, 1)[1])
            apart.append(distance(similarity))
        columns["leakage_risk"] = _real(risk(*apart))
        return pa.table(columns)


def risk(reference: Floats, holdout: Floats) -> Floats:
    """How much nearer a record is to the reference than to the holdout: 0.5 for as near, 1 for a copy of the former only.

    >>> risk(np.array([0.0, 1.0, 0.0]), np.array([0.5, 1.0, 0.0])).tolist()
    [1.0, 0.5, 0.5]
    """
    both = reference + holdout
    return np.where(both == 0, 0.5, holdout / np.where(both == 0, 1.0, both))


def distance(cosine: Floats) -> Floats:
    """The distance of unit vectors, 0 to 2.

    >>> distance(np.array([1.0, 0.5, -1.0])).tolist()
    [0.0, 1.0, 2.0]
    """
    root: Floats = np.sqrt(np.maximum(0.0, 2 - 2 * cosine))
    return root


def distances(cosine: Floats, name: str) -> dict[str, int]:
    """How many records have their nearest one of the subject at a distance, by bin.

    >>> distances(np.array([1.0, 1.0, -1.0]), "members")
    {'neighbors.members.0': 2, 'neighbors.members.4095': 1}
    """
    bins = np.minimum(distance(cosine[~np.isnan(cosine)]) / 2 * BINS, BINS - 1).astype(np.int64)
    numbers, counts = np.unique(bins, return_counts=True)
    pairs = zip(numbers.tolist(), counts.tolist(), strict=True)
    return {f"neighbors.{name}.{number}": count for number, count in pairs}


def recalled(found: Ranked, exact: Ranked, name: str) -> dict[str, int]:
    """How many of the exact neighbours of the sampled records the search found; one as near as the last counts as found."""
    if not len(exact.ids):
        return {}
    ids = np.unique(exact.ids)
    held = np.isin(found.ids, ids)
    last = np.full(len(ids), np.inf)
    np.minimum.at(last, np.searchsorted(ids, exact.ids), exact.similarity)
    right = found.similarity[held] >= last[np.searchsorted(ids, found.ids[held])] - 1e-6
    return {f"{name}.hits": int(right.sum()), f"{name}.asked": len(exact.ids)}


def _whole(values: Ints) -> pa.Array:
    return pa.array(values, mask=values < 0)


def _real(values: Floats) -> pa.Array:
    return pa.array(values.astype(np.float32), mask=np.isnan(values))
