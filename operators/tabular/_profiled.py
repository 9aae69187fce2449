"""What the metrics on a table's profile share: the fold, and means over columns."""

import math
from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa

from engine.metric import Comparison, Fold, FoldCost
from engine.schema import ROW, Direction
from engine.value import Bars, Heat, Value
from operators.table.forecast import profile_cost
from operators.table.profile import Profile, fold

_SHOWN, _PAIRS_NAMED = 24, 200
"""Columns whose plot is drawn, and pairs that are parts: the worst ones."""


class Profiled(Fold[Profile]):
    """Folds a table into its profile, once for all metrics that do."""

    reads: ClassVar[tuple[str, ...]] = (ROW,)

    @property
    def shares(self) -> str:
        """One state, whichever of them are measured."""
        return "tabular.profile"

    def cost(self, columns: int, records: int) -> FoldCost:  # noqa: ARG002
        """That of the profile."""
        return profile_cost(columns)

    def zero(self) -> Profile:
        """No rows."""
        return Profile()

    def fold(self, batch: pa.RecordBatch) -> Profile:
        """The profile of the batch's rows."""
        return fold(batch)


class ProfileComparison(Profiled, Comparison[Profile]):
    """A comparison of two tables by their profiles."""

    def compare(self, subject: Profile, reference: Profile) -> Value:
        """The number, or the reason why there is none."""
        for side, profile in (("subject", subject), ("reference", reference)):
            if not profile.rows:
                return Value.missing(f"no record of the {side} has a row", subject.skipped.nonzero())
        return self.between(subject, reference).with_(skipped=subject.skipped.nonzero())

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The number of two tables that have rows."""
        raise NotImplementedError


def mean_of(parts: Mapping[str, Value], n: int, label: str, reason: str, direction: Direction = Direction.UP) -> Value:
    """The mean of the parts that have a number, its ends the means of theirs; the plot has the worst first.

    >>> mean_of({"a": Value.exact(1.0, 3), "b": Value.exact(0.5, 3), "c": Value.missing("constant")}, 3, "score", "").value
    0.75
    """
    scores = {name: part.value for name, part in parts.items() if part.value is not None}
    if not scores:
        return Value.missing(reason).with_(parts=parts)
    worst = sorted(scores, key=lambda name: (scores[name] if direction is Direction.UP else -scores[name], name))
    shown = {*worst[:_SHOWN]}
    ends = [[getattr(parts[name], end) for name in scores] for end in ("low", "high")]
    low, high = (math.fsum(end) / len(scores) for end in ends)
    return Value(
        math.fsum(scores.values()) / len(scores),
        n=n,
        low=low,
        high=high,
        estimator="sketch" if any(parts[name].estimator == "sketch" for name in scores) else "exact",
        parts={name: part if name in shown else part.with_(plot=None) for name, part in parts.items()},
        plot=Bars(tuple(worst), tuple(scores[name] for name in worst), label),
    )


def by_columns(subject: Profile, reference: Profile) -> dict[str, Value]:
    """A part without number for each column that one of the sides lacks."""
    lacking = {name: "the subject has no such column" for name in reference.columns if name not in subject.columns}
    lacking |= {name: "the reference has no such column" for name in subject.columns if name not in reference.columns}
    return {name: Value.missing(reason) for name, reason in lacking.items()}


def mean_of_pairs(scores: Mapping[tuple[str, str], Value], n: int, label: str, direction: Direction = Direction.UP) -> Value:
    """`mean_of` over pairs of columns; the plot has a square for each, the worst the darkest; the worst pairs are the parts."""
    parts = {" & ".join(pair): score for pair, score in scores.items()}
    value = mean_of(parts, n, label, "no pair of columns has a number", direction)
    if value.value is None:
        return value.with_(parts=dict(list(parts.items())[:_PAIRS_NAMED]))
    names = tuple(dict.fromkeys(name for pair in scores for name in pair))
    found = {frozenset(pair): score.value for pair, score in scores.items()}
    off = {pair: None if score is None else 1 - score if direction is Direction.UP else score for pair, score in found.items()}
    rows = tuple(tuple(off.get(frozenset((a, b))) for b in names) for a in names)
    most = max(score for score in off.values() if score is not None) or 1.0
    said = f"1 - {label}" if direction is Direction.UP else label
    worst = value.plot.labels[:_PAIRS_NAMED] if isinstance(value.plot, Bars) else ()
    unmeasured = [name for name, part in parts.items() if part.value is None][: _PAIRS_NAMED - len(worst)]
    return value.with_(parts={name: parts[name] for name in (*worst, *unmeasured)}, plot=Heat(names, names, rows, said, most))
