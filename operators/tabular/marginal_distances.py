"""Distances between distributions of single columns and real data's, over one grid."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.schema import Dimension, Direction
from engine.value import Value
from operators.table.aligned import Cells, categories, ordered
from operators.table.column import ColumnProfile
from operators.table.kinds import ORDERED, SHAPED, kinds_of
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison, mean_of

Shares = NDArray[np.float64]
Distance = Callable[[Shares, Shares], float]


@dataclass(frozen=True)
class MarginalDistances(ProfileComparison):
    """The Jensen-Shannon distance between the distributions of single columns, as the mean over the columns.

    ``sqrt(JSD(P, Q))`` in base 2, over the categories of both sides, or over ``bins`` bins of equal width on the reference's
    range with one more on each side for what lies beyond. Parts: the mean Hellinger distance ``sqrt(1 - sum sqrt(p q))`` over
    the same groups, and the mean 1-Wasserstein distance of numbers and times over the reference's range, from all their values.
    Each has its columns as parts. A column of numbers that is constant in the reference has no range and no number.

    0 to 1, lower is better (the Wasserstein distance has no upper bound). The interval is the error of what is counted: numbers
    are taken as the middle of their cell where a column has more than 16,384 of them (a Wasserstein distance is then off by at
    most the mean width of a cell), and categories beyond 4,096 are merged by hash, which makes the distances smaller.
    Cost: one pass for all metrics on the profile.

    Args:
        bins: of numbers and times.

    >>> import pyarrow as pa
    >>> def side(*cells):
    ...     rows = pa.array([{"x": cell} for cell in cells])
    ...     ids, faults = pa.array(range(len(cells))), pa.nulls(len(cells), pa.string())
    ...     return MarginalDistances().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> MarginalDistances().compare(side("a", "a", "a"), side("b", "b", "b", "b", "b")).value
    1.0

    Source: Lin 1991 (Jensen-Shannon); Hellinger 1909; Vallender 1974 (Wasserstein distance of distributions on a line).
    """

    bins: Annotated[int, Field(ge=2, le=1000)] = 20

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    unit: ClassVar[str] = "mean Jensen-Shannon distance over columns"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Lin 1991"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The mean over the columns that both sides have values of."""
        kinds = {name: kind for name, kind in sorted(kinds_of(reference, subject).items()) if kind in SHAPED}
        sides = {name: (subject.columns[name], reference.columns[name]) for name in kinds}
        shannon = {name: self._of(*sides[name], kind, jensen_shannon) for name, kind in kinds.items()}
        hellingers = {name: self._of(*sides[name], kind, hellinger) for name, kind in kinds.items()}
        moved = {name: _moved(*sides[name], ORDERED[kind]) for name, kind in kinds.items() if kind in ORDERED}
        others = {"Hellinger distance": hellingers, "Wasserstein distance": moved}
        reason = "no column has values on both sides"
        value = mean_of(shannon, subject.rows, "Jensen-Shannon distance", reason, Direction.DOWN)
        if value.value is None:
            return value
        parts: Mapping[str, Value] = {n: mean_of(p, subject.rows, n, reason, Direction.DOWN) for n, p in others.items()}
        return value.with_(parts={**parts, **value.parts})

    def _of(self, subject: ColumnProfile, reference: ColumnProfile, kind: str, distance: Distance) -> Value:
        cells = ordered(subject, reference, ORDERED[kind]) if kind in ORDERED else categories(subject, reference)[0]
        if cells.empty:
            return Value.missing(f"the {'reference' if cells.subject.any() else 'subject'} has no value of the column's kind")
        if kind not in ORDERED:
            value = Value.exact(distance(cells.p, cells.q), int(cells.subject.sum()))
            return value if cells.exact else value.with_(high=1.0, estimator="sketch")
        ends = reference.tracks[ORDERED[kind]].moments
        if ends.least == ends.greatest:
            return Value.missing("constant in the reference")
        groups = _binned(cells, np.linspace(ends.least or 0.0, ends.greatest or 0.0, self.bins + 1))
        return Value.exact(distance(*groups), int(cells.subject.sum())).with_(estimator="exact" if cells.exact else "sketch")


def _binned(cells: Cells, edges: Shares) -> tuple[Shares, Shares]:
    """Shares in the bins, the last of which has its upper end, and beyond them on either side."""
    low, high = cells.bounds()
    middle = low / 2 + high / 2
    at = np.searchsorted(edges, middle, side="right")
    at[(middle == edges[-1]) | ((low <= edges[-1]) & (high >= edges[-1]))] = len(edges) - 1
    at[(low <= edges[0]) & (high >= edges[0])] = 1
    p, q = (np.bincount(at, side, len(edges) + 1).astype(np.float64) for side in (cells.p, cells.q))
    return p, q


def jensen_shannon(p: Shares, q: Shares) -> float:
    """The square root of the divergence in base 2.

    >>> jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    1.0
    """
    m = (p + q) / 2
    terms = [x * np.log2(np.divide(x, m, out=np.ones_like(x), where=x > 0)) for x in (p, q)]
    return math.sqrt(min(1.0, max(0.0, math.fsum(np.concatenate(terms)) / 2)))


def hellinger(p: Shares, q: Shares) -> float:
    """The Hellinger distance.

    >>> hellinger(np.array([1.0, 0.0]), np.array([0.5, 0.5])) ** 2 - (1 - 0.5**0.5) < 1e-15
    True
    """
    return math.sqrt(min(1.0, max(0.0, 1 - math.fsum(np.sqrt(p * q)))))


def _moved(subject: ColumnProfile, reference: ColumnProfile, track: str) -> Value:
    cells = ordered(subject, reference, track)
    if cells.empty:
        return Value.missing(f"the {'reference' if cells.subject.any() else 'subject'} has no value of the column's kind")
    ends = reference.tracks[track].moments
    span = (ends.greatest or 0.0) - (ends.least or 0.0)
    if not span > 0:
        return Value.missing("constant in the reference")
    low, high = cells.bounds()
    middle = low / 2 + high / 2
    apart = np.abs(np.cumsum(cells.p - cells.q))[:-1] * np.diff(middle)
    distance, error = math.fsum(apart) / span, float((cells.p + cells.q) @ (high - low) / 2 / span)
    n = int(cells.subject.sum())
    if cells.exact:
        return Value.exact(distance, n)
    return Value(distance, n=n, low=max(0.0, distance - error), high=distance + error, estimator="sketch")
