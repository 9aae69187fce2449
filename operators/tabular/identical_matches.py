"""How many rows of a table are real ones, and whether more of them are the training data's than chance has it."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.schema import Dimension, Direction
from engine.state import TopBy
from engine.value import Evidence, Value, wilson
from operators.table.scaled import Sides
from operators.tabular._sampled import DistanceSides, Near, near, share

_SAME, _CLOSEST, _SURE = 1e-6, 0.01, 0.0005
"""The distance up to which rows are one; the share of rows that are closest to real ones; what either test must come below,
so that both together raise one false alarm in a thousand."""


@dataclass(frozen=True)
class IdenticalMatches(DistanceSides):
    """Share of rows that are identical to a row of the reference (identical match share, IMS), beside that of the holdout.

    Rows are identical whose distance (that of `tabular.dcr`) is at most 1e-6. Some are so by chance, where few rows are
    possible: the holdout, which the generator never saw, has equally many then. So with a holdout two one-sided sign tests say
    whether rows are memorised, each at a level of 0.05 %: of the real rows that are matched on one side only, more are the
    reference's than a fair coin would give; and the same of the 1 % of the other rows that are closest to anything real, for
    copies that are not exact. Matches of one real row are one. That finds memorised rows that are too few to move the mean
    (DCR share): 11 that are only in the reference are enough, whatever the size of the table.

    0 to 1, lower is better; interval: Wilson's, matches of one real row being worth one. Parts: the share that is identical to
    the holdout; what the reference has beyond it; of the real rows that either test counts, the share that is the reference's.
    The reason says of memorised rows how many there are, and with which probability by chance. Rows are evidence that are
    identical to a row of the reference alone. Drawn rows and the cut of reference and holdout to equally many records are
    those of `tabular.dcr`; `corpus.exact_overlap` looks for identical rows in tables of any size.

    Cost: shared with `tabular.dcr`.

    >>> import pyarrow as pa
    >>> def side(*ages):
    ...     rows, ids = pa.array([{"age": age} for age in ages]), pa.array(range(len(ages)))
    ...     faults = pa.nulls(len(ages), pa.string())
    ...     return IdenticalMatches().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> IdenticalMatches().compare(side(20, 30, 40, 50), side(20, 80), side(40, 90)).value
    0.25

    Source: Platzer and Reutterer 2021, section 3.2 (identical match share); Dixon and Mood 1946 (the sign test).
    """

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    unit: ClassVar[str] = "share of rows"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Platzer and Reutterer 2021, section 3.2"

    def of(self, sides: Sides) -> Value:
        """The share, and what the holdout says of it."""
        found = near(sides)
        same = found.reference[:, 0] <= _SAME
        value = share(same, found.rows.counts, _matched(same, found.reference_at))
        if found.holdout is None or found.holdout_at is None:
            return value.with_(evidence=_evidence(found, same))
        held = found.holdout[:, 0] <= _SAME
        beside = share(held, found.rows.counts, _matched(held, found.holdout_at))
        tests = {
            "matched rows that are the reference's": _sided(found, same | held),
            "closest rows that are the reference's": _sided(found, _closest(found, same | held)),
        }
        reason = next((f"memorised: {test.told}" for test in tests.values() if test.chance < _SURE), None)
        beyond = Value((value.value or 0.0) - (beside.value or 0.0), n=value.n)
        parts = {"identical to the holdout": beside, "beyond the holdout": beyond}
        parts |= {name: test.share for name, test in tests.items()}
        return value.with_(reason=reason, parts=parts, evidence=_evidence(found, same & ~held))


@dataclass(frozen=True)
class SignTest:
    """How many real rows of either side are nearer to the rows that they are nearest to than all of the other side.

    Args:
        reference, holdout: how many.
    """

    reference: int
    holdout: int

    @property
    def chance(self) -> float:
        """The probability of at least so many of the reference by a fair coin.

        >>> round(SignTest(11, 0).chance, 9), SignTest(0, 5).chance
        (0.000488281, 1.0)
        """
        n = self.reference + self.holdout
        if not self.reference:
            return 1.0
        ways = (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(self.reference, n + 1))
        return min(1.0, math.fsum(math.exp(one - n * math.log(2)) for one in ways))

    @property
    def share(self) -> Value:
        """That of the reference."""
        n = self.reference + self.holdout
        if not n:
            return Value.missing("no real row is nearer to a row than all of the other side")
        low, high = wilson(self.reference, n)
        return Value(self.reference / n, n=n, low=low, high=high)

    @property
    def told(self) -> str:
        """In words."""
        rows = f"{self.reference:,} real rows of the reference and {self.holdout:,} of the holdout are matched"
        return f"{rows}, by chance with a probability of {self.chance:.1g}"


def _matched(same: NDArray[np.bool_], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which rows depend on one chance: those that are identical to one real row; the others are each for itself."""
    return np.where(same, at, len(at) + at.max(initial=0) + 1 + np.arange(len(at)))


def _closest(found: Near, same: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the rows that are not identical to a real one, the share `_CLOSEST` that is closest to one."""
    if found.holdout is None or same.all():
        return ~same
    nearest = np.minimum(found.reference[:, 0], found.holdout[:, 0])
    closest: NDArray[np.bool_] = ~same & (nearest <= np.quantile(nearest[~same], _CLOSEST))
    return closest


def _sided(found: Near, rows: NDArray[np.bool_]) -> SignTest:
    """The test of some rows. Those that are as near to both sides tell nothing."""
    if found.holdout is None or found.holdout_at is None:
        return SignTest(0, 0)
    reference, holdout = found.reference[:, 0], found.holdout[:, 0]
    hits = len(np.unique(found.reference_at[rows & (reference < holdout)]))
    return SignTest(hits, len(np.unique(found.holdout_at[rows & (holdout < reference)])))


def _evidence(found: Near, rows: NDArray[np.bool_]) -> tuple[Evidence, ...]:
    """The rows, those that stand for most records first."""
    at = np.flatnonzero(rows)
    counts = found.rows.counts[at].astype(np.float64)
    return TopBy.of(counts, found.rows.ids[at], lambda _: "identical to a row of the reference alone").evidence()
