"""Correlations and contingencies of pairs of columns beside real data's."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from engine.schema import Dimension, Direction
from engine.value import Value
from operators.table.kinds import ORDERED, kinds_of
from operators.table.pairs import Groups, by_width, joint, pairs_of, pearson, spearman
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison, mean_of_pairs


@dataclass(frozen=True)
class ColumnPairs(ProfileComparison):
    """How alike pairs of columns go together, as the mean over the pairs.

    Two columns of numbers or times: ``1 - |r_subject - r_reference| / 2`` with Pearson's correlation over the rows that have
    both (exact, whatever the size of the numbers), or Spearman's. Else ``1 - sum |P - Q| / 2`` over the cells of the
    contingency table, missing being a value of its own, numbers and times cut into ``bins`` of equal width over the reference's
    range. Pairs with a constant column of numbers, texts, ids and columns that one side lacks have none. The plot has a square
    for each pair.

    0 to 1, higher is better. The interval is the error of what is counted, not of sampling, at the most. A column has at most
    128 cells here: with more different numbers, the edges of bins are those between cells that are nearest to the ones of
    equal width, the same on both sides, and Spearman's ranks are those of cells; more categories are merged by hash, which can
    only raise the number. The first 64 columns by name are paired.

    SDMetrics 0.32 cuts the numbers of each side over that side's own range, so that two columns with other ranges can look the
    same, and puts the greatest number into one bin with the missing ones; for pairs of two numbers and of two categories
    its Column Pair Trends, over all rows, are the same as these.

    Cost: one pass for all metrics on the profile, about 1 ns a row and pair, 7 ns a row and pair of numbers; at most 70 MB of
    state, with 64 columns of different numbers.

    Args:
        bins: of numbers and times beside a category.
        coefficient: "pearson" or "spearman".

    >>> import pyarrow as pa
    >>> def side(*rows):
    ...     rows = pa.array([{"x": x, "y": y} for x, y in rows])
    ...     ids, faults = pa.array(range(len(rows))), pa.nulls(len(rows), pa.string())
    ...     return ColumnPairs().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> ColumnPairs().compare(side((1, 1), (2, 2), (3, 3)), side((1, 3), (2, 2), (3, 1))).value
    0.0

    Source: SDMetrics 0.32 (https://docs.sdv.dev/sdmetrics), Quality Report, Column Pair Trends.
    """

    bins: Annotated[int, Field(ge=2, le=50)] = 10
    coefficient: Literal["pearson", "spearman"] = "pearson"

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    unit: ClassVar[str] = "mean likeness over pairs of columns"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "SDMetrics 0.32, Column Pair Trends"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The mean over the pairs that both sides have."""
        kinds = kinds_of(reference, subject)
        groups: dict[str, Groups] = {}
        scores = {}
        for pair in pairs_of(subject, reference, kinds):
            if all(kinds[name] in ORDERED for name in pair):
                scores[pair] = self._correlation(subject, reference, pair, kinds)
                continue
            for name in pair:
                if name not in groups:
                    groups[name] = by_width(subject.columns[name], reference.columns[name], kinds[name], self.bins)
            scores[pair] = _contingency(subject, reference, pair, (groups[pair[0]], groups[pair[1]]))
        return mean_of_pairs(scores, subject.rows, "likeness of the pair")

    def _correlation(self, subject: Profile, reference: Profile, pair: tuple[str, str], kinds: dict[str, str]) -> Value:
        if any(ORDERED[kinds[name]] not in side.columns[name].tracks for name in pair for side in (subject, reference)):
            return Value.missing("a column has no number on one of the sides")
        of = pearson if self.coefficient == "pearson" else spearman
        mine, theirs = of(subject, pair, kinds), of(reference, pair, kinds)
        if mine is None or theirs is None:
            side = "subject" if mine is None else "reference"
            return Value.missing(f"a column of the {side} is constant, or fewer than two of its rows have both")
        parts = {"subject": Value.exact(mine, subject.rows), "reference": Value.exact(theirs, reference.rows)}
        coarse = [side.columns[name].tracks[ORDERED[kinds[name]]].coarse for side in (subject, reference) for name in pair]
        exact = self.coefficient == "pearson" or all(one.bits == 64 for one in coarse)
        value = Value.exact(1 - abs(mine - theirs) / 2, subject.rows).with_(parts=parts)
        return value if exact else value.with_(estimator="sketch", reason="of ranks of cells of several numbers")


def _contingency(subject: Profile, reference: Profile, pair: tuple[str, str], groups: tuple[Groups, Groups]) -> Value:
    p, q = (table / table.sum() for table in joint(subject, reference, pair, groups))
    value, loose = 1 - min(1.0, math.fsum(np.abs(p - q).ravel()) / 2), sum(one.loose for one in groups)
    if not loose:
        return Value.exact(value, subject.rows)
    high = min(1.0, value + loose) if math.isfinite(loose) else value
    return Value(value, n=subject.rows, low=max(0.0, value - loose), high=high, estimator="sketch")
