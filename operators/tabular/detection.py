"""Whether a classifier can tell a table's rows from real ones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.schema import Dimension, Direction
from engine.state import TopBy
from engine.value import Value
from operators.kernels.roc import area, curve
from operators.table.models import Family, Floats, classifier
from operators.table.scaled import Rows, Sides
from operators.tabular._sampled import SampledSides, scored

_MOST, _LEAST = 10_000, 50


@dataclass(frozen=True)
class Detection(SampledSides):
    """AUC of boosted trees that tell the subject's rows from the reference's (classifier two-sample test).

    0.5 is best: nobody can tell them apart; 1 is worst. Every row is judged by a model that was fitted without it: five folds
    by the hash of the row, so that a row and its copies on either side are in one fold, and copies cannot be recognised by the
    other side's label. Equally many records of both sides. Parts: the AUC of a logistic regression; its propensity mean
    squared error, ``mean (p - 1/2)²``, 0 where it cannot tell and 1/4 where it is sure (Snoke et al. 2018); SDMetrics' score
    ``1 - (2 max(AUC, 1/2) - 1)`` of it; the AUC of trees that tell the holdout from the reference, which should be 0.5.
    Interval: Hanley and McNeil 1982. Rows are evidence that are surest told to be no real ones.

    Cost: the shared pass, then six fits on at most 10,000 rows: some seconds. Seeds are fixed, one thread. Needs
    scikit-learn.

    >>> import pyarrow as pa
    >>> def side(n, last):
    ...     rows, ids = pa.array([{"x": i * 7 % last} for i in range(n)]), pa.array(range(n))
    ...     return Detection().fold(pa.RecordBatch.from_arrays([ids, pa.nulls(n, pa.string()), rows], ["_id", "_fault", "row"]))
    >>> Detection().compare(side(100, 101), side(100, 101)).value
    0.5

    Source: Lopez-Paz and Oquab 2017, "Revisiting classifier two-sample tests"; Snoke et al. 2018.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    requires: ClassVar[tuple[str, ...]] = ("sklearn",)
    unit: ClassVar[str] = "probability"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Lopez-Paz and Oquab 2017"

    def of(self, sides: Sides) -> Value:
        """The area under the curve."""
        rows, real = _equally_many(sides.subject, sides.reference)
        if min(len(rows), len(real)) < _LEAST:
            return Value.missing(f"fewer than {_LEAST} distinct rows on a side")
        trees, linear = (_scores(rows, real, family) for family in ("trees", "linear"))
        value, beside = _told(rows, real, trees), _told(rows, real, linear)
        weights = np.concatenate([rows.counts, real.counts])
        error = float(np.average((np.concatenate(linear) - 0.5) ** 2, weights=weights))
        parts = {
            "AUC of logistic regression": beside,
            "propensity mean squared error": Value.exact(error, int(weights.sum())),
            "SDMetrics' LogisticDetection": Value.exact(1 - (2 * max(0.5, beside.value or 0.0) - 1), int(weights.sum())),
        }
        if sides.holdout is not None:
            held, other = _equally_many(sides.holdout, sides.reference)
            parts["holdout told from the reference"] = _told(held, other, _scores(held, other, "trees"))
        top = TopBy.of(trees[0], rows.ids, lambda at: f"not real with probability {trees[0][at]:.3f}")
        plot = curve(scored(trees[0], rows, trees[1], real))
        return value.with_(parts=parts, plot=plot, evidence=top.evidence(), estimator="sample")


def _told(rows: Rows, real: Rows, scores: tuple[Floats, Floats]) -> Value:
    """The mean of the areas in both halves, with an interval as wide as theirs.

    Each half was judged by one model, so that its interval holds; what one model learnt by chance is the other's test.
    """
    parts = []
    for half in (_half, lambda side: ~_half(side)):
        a, b = half(rows), half(real)
        if a.any() and b.any():
            parts.append(area(scored(scores[0][a], rows.at(a), scores[1][b], real.at(b))))
    if not parts:
        return Value.missing("too few rows")
    value, low, high = (sum(getattr(part, end) for part in parts) / len(parts) for end in ("value", "low", "high"))
    return Value(value, n=sum(part.n for part in parts), low=low, high=high)


def _half(rows: Rows) -> NDArray[np.bool_]:
    """Which rows are in the first half: copies are in one, on either side."""
    half: NDArray[np.bool_] = (rows.hashes >> np.uint64(1)) % np.uint64(2) == 0
    return half


def _equally_many(a: Rows, b: Rows) -> tuple[Rows, Rows]:
    """The first rows of both that stand for about as many records, at most `_MOST`."""
    most = min(a.records, b.records, _MOST)
    return a.at(np.cumsum(a.counts) - a.counts < most), b.at(np.cumsum(b.counts) - b.counts < most)


def _scores(rows: Rows, real: Rows, family: Family) -> tuple[Floats, Floats]:
    """How probably each row is the subject's, by a model that has not seen it."""
    both = Rows(
        *(np.concatenate([getattr(rows, name), getattr(real, name)]) for name in ("values", "kinds", "counts", "ids", "hashes"))
    )
    labels = np.repeat(np.array([1, 0]), [len(rows), len(real)])
    halves, scores = _half(both), np.full(len(both), 0.5)
    for within in (halves, ~halves):
        if len(np.unique(labels[~within])) == 2:
            known, about = both.at(~within), both.at(within)
            model = classifier(known, labels[~within], tuple(range(both.values.shape[1])), family)
            prior = float(np.average(labels[~within], weights=known.counts))
            scores[within] = _even(model(about)[:, 1], prior) if len(about) else scores[within]
    return scores[: len(rows)], scores[len(rows) :]


def _even(scores: Floats, prior: float) -> Floats:
    """Probabilities as if both sides were equally frequent in the training rows, which is so in both halves together."""
    up, down = scores * (1 - prior), (1 - scores) * prior
    return up / np.maximum(up + down, 1e-300)
