"""Whether a model that is trained on the data does on real data what one trained on real data does."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.schema import Dimension, Direction
from engine.value import Bars, Value
from operators.table.models import FAMILIES, Floats, Model
from operators.table.scaled import Rows, Sides, split
from operators.table.task import Task, task_of
from operators.tabular._sampled import SampledSides, seeded

TRAINED, TESTED, LEAST = 10_000, 5000, 30
"""Rows that a model is trained on, and that it is asked about, at most; and of either at least."""
_RESAMPLES = 200


@dataclass(frozen=True)
class Tstr(SampledSides):
    """Score on real rows of boosted trees that were trained on the data (train on synthetic, test on real).

    The column ``target`` (default: the table's last) is predicted from the others: for two labels the score is the AUC, for
    more (at most 20) the macro F1, for numbers R². Tested on the holdout; without one on half of the reference's rows, the
    other half being the reference. What is computed from columns (which categories there are, means) comes from the training
    rows alone.

    Parts: the same score of trees trained on as many rows of the reference, and the gap, that score minus this; both for a
    linear model (logistic or ridge); the rank correlation (Spearman) of the columns' importance to both trees, which is the
    score lost when the column is shuffled among the test rows. Intervals: 200 bootstrap samples of the test rows, the same ones
    for both models; it does not hold how the training rows were drawn. Rows whose target is missing, or no real label, are left
    out. Up to 1, higher is better; gaps around 0 are best.

    Cost: the shared pass, then four fits on at most 10,000 rows: some seconds. Seeds are fixed, one thread. Needs scikit-learn.

    >>> import pyarrow as pa
    >>> def side(n):
    ...     rows = pa.array([{"x": i * 7 % 100, "y": "ab"[i * 7 % 100 > 50]} for i in range(n)])
    ...     ids, faults = pa.array(range(n)), pa.nulls(n, pa.string())
    ...     return Tstr().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> Tstr().compare(side(100), side(100)).value
    1.0

    Source: Esteban et al. 2017, "Real-valued (medical) time series generation with recurrent conditional GANs", section 4.2.
    """

    target: str = ""

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    requires: ClassVar[tuple[str, ...]] = ("sklearn",)
    unit: ClassVar[str] = "AUC, macro F1 or R² on real rows"
    range: ClassVar[tuple[float, float]] = (-math.inf, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Esteban et al. 2017, section 4.2"

    def of(self, sides: Sides) -> Value:
        """The score, or why there is none."""
        target = self.target or sides.last
        train, test = train_and_test(sides)
        task = task_of(sides.names, target, train)
        if isinstance(task, str):
            return Value.missing(task)
        data, real, test = prepared(task, sides.subject, train, test)
        if min(len(data), len(test)) < LEAST:
            return Value.missing(f"fewer than {LEAST} distinct rows to learn from or to test with")
        models = {(rows is data, family): task.fitted(rows, family) for rows in (data, real) for family in FAMILIES}
        found = {key: _told(task, model, test) for key, model in models.items()}
        main, beside = found[True, "trees"], found[False, "trees"]
        if main is None:
            return Value.missing(f"the rows have no two labels of {target!r} to learn from, or the test rows have not")
        value = _with_interval(task, test, main)
        parts = {
            "trained on the reference": _with_interval(task, test, beside),
            "gap": _with_interval(task, test, beside, main),
            "linear model": _with_interval(task, test, found[True, "linear"]),
            "linear model trained on the reference": _with_interval(task, test, found[False, "linear"]),
        }
        ranks, plot = _importance(task, sides.names, [models[True, "trees"], models[False, "trees"]], test)
        parts["rank correlation of the columns' importance"] = ranks
        return value.with_(parts=parts, plot=plot, reason=f"{task.score} of {target!r}")


def train_and_test(sides: Sides) -> tuple[Rows, Rows]:
    """Real rows to train on and others to test with."""
    return (sides.reference, sides.holdout) if sides.holdout is not None else split(sides.reference)


def prepared(task: Task, subject: Rows, train: Rows, test: Rows) -> tuple[Rows, Rows, Rows]:
    """The usable rows: of the data and of real ones as many to train on, and those to test with."""
    data, real = task.usable(subject), task.usable(train)
    n = min(len(data), len(real), TRAINED)
    return data.first(n), real.first(n), task.usable(test).first(TESTED)


def _told(task: Task, model: Model | None, test: Rows) -> Floats | None:
    """The predictions about the test rows; None where nothing could be learnt, or can be judged."""
    if model is None or not len(test):
        return None
    predictions = model(test)
    return predictions if task.judged(predictions, test, test.counts.astype(np.float64)) is not None else None


def _with_interval(task: Task, test: Rows, told: Floats | None, less: Floats | None = None) -> Value:
    """The score of some predictions, less that of others where there are any, with its bootstrap interval."""
    if told is None:
        return Value.missing("the reference has no two labels to learn from")

    def score(weights: Floats) -> float | None:
        first = task.judged(told, test, weights)
        second = 0.0 if less is None else task.judged(less, test, weights)
        return None if first is None or second is None else first - second

    weights = test.counts.astype(np.float64)
    draw, share = seeded(test), weights / weights.sum()
    drawn = [score(draw.multinomial(int(weights.sum()), share).astype(np.float64)) for _ in range(_RESAMPLES)]
    value = score(weights) or 0.0
    low, high = np.quantile([one for one in drawn if one is not None] or [value], [0.025, 0.975]).tolist()
    return Value(value, n=test.records, low=min(low, value), high=max(high, value), estimator="sample")


def _importance(task: Task, names: tuple[str, ...], models: list[Model | None], test: Rows) -> tuple[Value, Bars | None]:
    """Spearman's correlation of what both trees lose when a column is shuffled, and what they lose."""
    there = [model for model in models if model is not None]
    if len(there) < 2 or len(task.columns) < 3:
        return Value.missing("fewer than three columns, or nothing to learn from"), None
    lost = [_lost(task, model, test) for model in there]
    ranks = [_ranks(np.round(one, 9)) for one in lost]
    if min(float(np.ptp(one)) for one in ranks) == 0.0:
        return Value.missing("no column matters more than another"), None
    value = min(1.0, max(-1.0, float(np.corrcoef(ranks[0], ranks[1])[0, 1])))
    top = sorted(range(len(task.columns)), key=lambda at: -lost[0][at])
    labels = tuple(names[task.columns[at]] for at in top)
    plot = Bars(
        labels,
        tuple(lost[0][at] for at in top),
        "score lost without the column; mark: trained on the reference",
        tuple(lost[1][at] for at in top),
    )
    return Value(value, n=len(task.columns), low=value, high=value), plot


def _lost(task: Task, model: Model, test: Rows) -> list[float]:
    """The score that is lost when a column is shuffled among the test rows, for each."""
    order, weights, lost = seeded(test).permutation(len(test)), test.counts.astype(np.float64), []
    whole = task.judged(model(test), test, weights) or 0.0
    for c in task.columns:
        mixed = Rows(test.values.copy(), test.kinds.copy(), test.counts, test.ids, test.hashes)
        mixed.values[:, c], mixed.kinds[:, c] = test.values[order, c], test.kinds[order, c]
        lost.append(whole - (task.judged(model(mixed), test, weights) or 0.0))
    return lost


def _ranks(numbers: Floats) -> Floats:
    """Ranks, the mean one for ties."""
    levels, at, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[at] if len(levels) else numbers
