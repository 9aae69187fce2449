"""What a metric answers: a number with its interval and evidence, or the reason why there is none."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution: every interval here is a 95 % interval."""

Estimator = Literal["exact", "sketch", "sample"]


@dataclass(frozen=True)
class Bars:
    """Named shares or counts, drawn as horizontal bars. ``reference`` is a mark on each, where the reference's would end."""

    labels: tuple[str, ...]
    values: tuple[float, ...]
    x_label: str
    reference: tuple[float, ...] = ()


@dataclass(frozen=True)
class Bins:
    """A histogram: ``len(edges) == len(counts) + 1``. ``reference`` is a second outline over the same edges."""

    edges: tuple[float, ...]
    counts: tuple[float, ...]
    x_label: str
    reference: tuple[float, ...] = ()
    log_x: bool = False


@dataclass(frozen=True)
class Curve:
    """A line through points, and optionally the reference's over the same abscissae."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    x_label: str
    y_label: str
    reference: tuple[float, ...] = ()


@dataclass(frozen=True)
class Colouring:
    """Points by group: ``groups[i]`` is the number of point i's in ``legend``."""

    groups: tuple[int, ...]
    legend: tuple[str, ...]


@dataclass(frozen=True)
class Scatter:
    """Points in the plane, each with the text that stands for it, coloured in one or more ways, by name."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    titles: tuple[str, ...]
    colourings: Mapping[str, Colouring]
    x_label: str
    y_label: str


@dataclass(frozen=True)
class Heat:
    """A number for pairs of things, drawn as squares that are the darker the further it is from zero.

    Args:
        rows, columns: what the pairs are of.
        values: for each row one for each column; None where there is no number.
        label: what the numbers are.
        most: the size that is darkest; numbers below zero have a colour of their own.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    label: str
    most: float = 1.0


Plot = Bars | Bins | Curve | Scatter | Heat


@dataclass(frozen=True)
class Evidence:
    """One record behind a number: its id (`engine.schema.record_id`), its score and why it was picked.

    ``other`` is the record that it was compared with, where the number is about pairs: of any side, its id counts on after the
    subject's units (`engine.corpus.Layout`).
    """

    record: int
    score: float
    note: str = ""
    other: int | None = None


@dataclass(frozen=True)
class Value:
    """A number, or the reason why there is none.

    Args:
        value: the number; None when it could not be measured, and then ``reason`` says why. Never NaN or infinite.
        n: how many records (or other units the metric names) were evaluated.
        low, high: the 95 % interval; equal to ``value`` where the number is an exact count of what is there.
        reason: why there is no number, or what to know about it.
        estimator: exact, sketch (bounded memory, the error is in the interval) or sample.
        skipped: records seen and not evaluated, by reason.
        parts: numbers that this one is made of or that belong beside it.
        plot: how it is best looked at.
        evidence: the records that show it, worst first.

    Raises:
        ValueError: for NaN, for infinity, or for neither a value nor a reason.

    >>> Value(0.25, n=8).value
    0.25
    >>> Value.missing("no record has a text").value is None
    True
    """

    value: float | None
    n: int = 0
    low: float | None = None
    high: float | None = None
    reason: str | None = None
    estimator: Estimator = "exact"
    skipped: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, "Value"] = field(default_factory=dict)
    plot: Plot | None = None
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is not None and not math.isfinite(number):
                raise ValueError(f"{name} is {number}: a value is finite or None with a reason")
        if self.value is None and not self.reason:
            raise ValueError("a value of None needs a reason")

    @classmethod
    def missing(cls, reason: str, skipped: Mapping[str, int] | None = None) -> "Value":
        """Unmeasured, and why."""
        return cls(None, reason=reason, skipped=skipped or {})

    @classmethod
    def exact(cls, value: float, n: int) -> "Value":
        """A count or a function of counts over all that is there: its interval is a point."""
        return cls(value, n=n, low=value, high=value)

    def with_(self, **changes: object) -> "Value":
        """A copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share (Wilson 1927).

    >>> low, high = wilson(8, 10)
    >>> round(low, 3), round(high, 3)
    (0.49, 0.943)
    """
    share, z2 = hits / n, Z95 * Z95
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return (0.0 if hits == 0 else max(0.0, centre - half)), (1.0 if hits == n else min(1.0, centre + half))
