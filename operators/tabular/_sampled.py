"""What the metrics on samples of rows share: the fold, weights of copies, intervals."""

import math
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Fold, FoldCost, HoldoutComparison
from engine.schema import ROW
from engine.value import Z95, Value, wilson
from operators.kernels.roc import Roc, roc
from operators.table.forecast import sample_cost
from operators.table.row_sample import ALL, CELLS, SIZE, RowSample, fold
from operators.table.scaled import Rows, Sides, lacking, scaled

Floats = NDArray[np.float64]
COMPARED = 150_000_000_000
"""Cells that are compared in one search, half a minute of a core: with more rows fewer of them look, those drawn first."""
CELLS_A_SECOND, _SEARCHES = 5e9, 6
"""How many of these a core compares, and how many searches there are where all metrics on distances are measured."""
_NEAR: dict[bytes, "Near"] = {}


@dataclass(frozen=True)
class Sampled(Fold[RowSample]):
    """Draws rows, once for all metrics that do."""

    size: Annotated[int, Field(ge=2, le=50_000)] = SIZE

    reads: ClassVar[tuple[str, ...]] = (ROW,)

    @property
    def shares(self) -> str:
        """One state for all that draw as many."""
        return f"tabular.rows.{self.size}"

    def cost(self, columns: int, records: int) -> FoldCost:  # noqa: ARG002
        """That of the sample; what models and attacks make of it was not measured."""
        return sample_cost(columns, self.size, CELLS)

    def zero(self) -> RowSample:
        """No rows."""
        return RowSample(self.size)

    def fold(self, batch: pa.RecordBatch) -> RowSample:
        """Draw from the batch's rows."""
        return fold(batch, self.size)


@dataclass(frozen=True)
class SampledSides(Sampled, HoldoutComparison[RowSample]):
    """A number about the drawn rows of all sides on one scale."""

    def compare(self, subject: RowSample, reference: RowSample, holdout: RowSample | None = None) -> Value:
        """The number, or the reason why there is none."""
        skipped = subject.skipped.nonzero()
        reason = lacking(subject, reference, holdout)
        if reason:
            return Value.missing(reason, skipped)
        value = self.of(scaled(subject, reference, holdout))
        whole = all(side.complete for side in (subject, reference, holdout) if side is not None)
        estimator = value.estimator if whole or value.value is None else "sample"
        return value.with_(skipped=skipped, estimator=estimator)

    def of(self, sides: Sides) -> Value:
        """The number of sides that have rows and columns in common."""
        raise NotImplementedError


@dataclass(frozen=True)
class DistanceSides(SampledSides):
    """A number about distances: up to 100,000 distinct rows of 15 columns it looks for every row among all others."""

    size: Annotated[int, Field(ge=2, le=1_000_000)] = ALL

    def cost(self, columns: int, records: int) -> FoldCost:
        """That of the sample, and of the searches among the rows that are drawn."""
        rows = min(records, self.size, CELLS // max(1, columns))
        searched = _SEARCHES * min(COMPARED, rows * rows * columns)
        return replace(sample_cost(columns, self.size, CELLS), value_seconds=searched / CELLS_A_SECOND)


@dataclass(frozen=True)
class Near:
    """What is nearest to some rows of the subject.

    Args:
        rows: of the subject, as many as `looking` allows.
        reference, holdout: (m, 2) distances to the two nearest records of a side.
        reference_at, holdout_at: (m,) the place of the nearest.
    """

    rows: Rows
    reference: Floats
    reference_at: NDArray[np.int64]
    holdout: Floats | None = None
    holdout_at: NDArray[np.int64] | None = None


def near(sides: Sides) -> Near:
    """The two nearest real records of each drawn row of the subject; remembered, since several metrics ask."""
    digest = blake2b(str(sides.names).encode())
    for rows in (sides.subject, sides.reference, sides.holdout):
        if rows is not None:
            for held in (rows.hashes, rows.counts, rows.ids, rows.kinds, rows.values):
                digest.update(held.tobytes())
        digest.update(b"|")
    key = digest.digest()
    if key not in _NEAR:
        _NEAR.clear()
        _NEAR[key] = _near(sides)
    return _NEAR[key]


def _near(sides: Sides) -> Near:
    rows = looking(sides.subject, sides.reference)
    found = rows.nearest(sides.reference, 2)
    return Near(rows, *found) if sides.holdout is None else Near(rows, *found, *rows.nearest(sides.holdout, 2))


def looking(rows: Rows, base: Rows) -> Rows:
    """The rows that look for their nearest in a base: all, as long as no more than `COMPARED` cells are compared."""
    return rows.first(max(1, COMPARED // max(1, len(base) * rows.values.shape[1])))


def seeded(*sides: Rows) -> np.random.Generator:
    """Random numbers that depend on which rows are there, and on nothing else."""
    return np.random.default_rng([int(np.bitwise_xor.reduce(rows.hashes)) for rows in sides])


def effective(weights: NDArray[Any]) -> float:
    """How many independent records some rows are worth that stand for ``weights`` records each (Kish 1965).

    >>> effective(np.array([1, 1])), effective(np.array([2, 2])), round(effective(np.array([9, 1])), 2)
    (2.0, 2.0, 1.22)
    """
    return float(weights.sum()) ** 2 / float((weights.astype(np.float64) ** 2).sum())


def share(scores: NDArray[Any], counts: NDArray[np.int64], clusters: NDArray[Any] | None = None) -> Value:
    """The mean of scores from 0 to 1, weighted by copies, with Wilson's interval for as many independent records.

    ``clusters``: rows with the same number share what their score depends on, and are worth one record.

    >>> value = share(np.array([1.0, 0.0]), np.array([3, 1]))
    >>> value.value, value.n
    (0.75, 4)
    """
    mean = math.fsum(scores * counts) / int(counts.sum())
    groups = counts if clusters is None else np.bincount(np.unique(clusters, return_inverse=True)[1], counts)
    n = max(1, round(effective(groups)))
    low, high = wilson(round(mean * n), n)
    return Value(mean, n=int(counts.sum()), low=min(low, mean), high=max(high, mean))


def quantile(numbers: Floats, counts: NDArray[np.int64], at: float, most: float = math.inf) -> Value:
    """A quantile of numbers that occur ``counts`` times, with the interval that the ranks beside it give.

    >>> quantile(np.array([3.0, 1.0]), np.array([1, 3]), 0.5).value
    1.0
    """
    order = np.argsort(numbers, kind="stable")
    below = np.cumsum(counts[order])
    half = Z95 * math.sqrt(at * (1 - at) / effective(counts))
    ranks = np.clip(np.array([at, at - half, at + half]), 0.0, 1.0) * below[-1]
    places = np.minimum(np.searchsorted(below, ranks - 1e-9), len(order) - 1)
    value, low, high = (min(float(numbers[order[place]]), most) for place in places)
    return Value(value, n=int(below[-1]), low=min(low, value), high=max(high, value))


def scored(scores: Floats, members: Rows, others_scores: Floats, others: Rows) -> Roc:
    """The curve of two sides' scores, the greatest most suspect. Intervals are for as many rows as copies are worth."""
    levels, at = np.unique(np.concatenate([-scores, -others_scores]), return_inverse=True)
    n = len(scores)
    found, accused = (
        np.bincount(at[part], rows.counts, len(levels)) for part, rows in ((slice(n), members), (slice(n, None), others))
    )
    curve = roc(found.astype(np.int64), accused.astype(np.int64))
    return curve._replace(members=max(1, round(effective(members.counts))), others=max(1, round(effective(others.counts))))
