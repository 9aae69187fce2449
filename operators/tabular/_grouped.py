"""What the metrics on groups of records share: the fold over the columns that the plan names."""

import math
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Fold
from engine.schema import ROW, Dimension
from engine.value import Value, wilson
from operators.table.group_counts import GroupCounts, fold

LEAST = 30
"""Records of a group about which something is said."""


@dataclass(frozen=True)
class Protected(Fold[GroupCounts]):
    """Counts groups by protected columns. ``protected`` has to be named: no data says which attributes are."""

    protected: tuple[str, ...] = ()

    dimension: ClassVar[Dimension] = Dimension.FAIRNESS
    reads: ClassVar[tuple[str, ...]] = (ROW,)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are counted, the protected ones first."""
        return self.protected

    def zero(self) -> GroupCounts:
        """No rows."""
        return GroupCounts(len(self.protected))

    def fold(self, batch: pa.RecordBatch) -> GroupCounts:
        """Count the batch's rows."""
        return fold(batch, self.columns, len(self.protected))


def unnamed(metric: str, parameter: str) -> str:
    """Why a metric cannot be measured whose columns the plan does not name."""
    return f'name the columns: [metrics."{metric}"] {parameter} = ["..."]'


def obstacle(state: GroupCounts, side: str) -> str | None:
    """Why the groups of a side say nothing; None where they do."""
    if state.lost:
        return f"the {side} has no column {state.lost[0]!r}"
    return None if len(state.counts) else f"no record of the {side} has a row"


def crossings(protected: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Each protected column by itself and, where there are several, all of them crossed."""
    single = {name: (at,) for at, name in enumerate(protected)}
    return single | ({" & ".join(protected): tuple(range(len(protected)))} if len(protected) > 1 else {})


def difference(hits: int, n: int, other_hits: int, other_n: int) -> Value:
    """One share minus another, with the interval of Newcombe 1998 (method 10, from Wilson's of both).

    >>> value = difference(56, 70, 48, 80)
    >>> round(value.value, 3), round(value.low, 4), round(value.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    p, q = hits / n, other_hits / other_n
    (low, high), (other_low, other_high) = wilson(hits, n), wilson(other_hits, other_n)
    down, up = math.hypot(p - low, other_high - q), math.hypot(high - p, q - other_low)
    return Value(p - q, n=n + other_n, low=p - q - down, high=p - q + up)
