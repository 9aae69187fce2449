"""What the attacks on a table share: their rates with the control's as baseline, and what is drawn for them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.schema import Dimension, Direction, Side
from engine.value import Z95, Value, wilson
from operators.table.row_sample import row_hashes
from operators.table.scaled import Rows
from operators.tabular._sampled import SampledSides


@dataclass(frozen=True)
class Attack(SampledSides):
    """An attack on rows of the reference, the same one on rows of the holdout being the baseline."""

    attacks: Annotated[int, Field(ge=1, le=50_000)] = 2000

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE, Side.HOLDOUT)
    uses: ClassVar[tuple[Side, ...]] = ()
    unit: ClassVar[str] = "risk above that of rows that were never seen"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN


def risk(hits: float, n: int, control_hits: float, control_n: int) -> Value:
    """How much more often an attack hits than its baseline, as a share of what that leaves: (r - r0) / (1 - r0), from 0 to 1.

    Rates are the centres of Wilson's intervals, (hits + z²/2) / (n + z²), and their half widths go through the derivatives
    1 / (1 - r0) and (r - 1) / (1 - r0)².

    >>> value = risk(90, 100, 50, 100)
    >>> round(value.value, 3), round(value.low, 3), round(value.high, 3)
    (0.77, 0.643, 0.897)
    """
    (rate, half), (base, base_half) = _rate(hits, n), _rate(control_hits, control_n)
    above, spread = (rate - base) / (1 - base), math.hypot(half / (1 - base), base_half * (1 - rate) / (1 - base) ** 2)
    value, low, high = (min(1.0, max(0.0, end)) for end in (above, above - spread, above + spread))
    return Value(value, n=n, low=low, high=high)


def _rate(hits: float, n: int) -> tuple[float, float]:
    """The centre and half width of Wilson's interval."""
    z2 = Z95 * Z95
    return (hits + z2 / 2) / (n + z2), Z95 / (n + z2) * math.sqrt(hits * (n - hits) / n + z2 / 4)


def attacked(
    hits: NDArray[np.bool_], control: NDArray[np.bool_], naive: NDArray[np.bool_], parts: Mapping[str, Value] | None = None
) -> Value:
    """The risk of attacks that hit or not, of those on the control, and beside it of guesses without the data."""
    if not len(hits) or not len(control):
        return Value.missing("nothing could be attacked")
    value = risk(int(hits.sum()), len(hits), int(control.sum()), len(control))
    rates = {"hits": hits, "hits on the holdout": control, "hits by guessing": naive}
    shares = {name: _share(each) for name, each in rates.items() if len(each)}
    weak = len(naive) and hits.mean() < naive.mean()
    reason = "guessing hits more often than this attack: it says nothing of others" if weak else None
    return value.with_(parts={**shares, **(parts or {})}, reason=reason)


def _share(hits: NDArray[np.bool_]) -> Value:
    low, high = wilson(int(hits.sum()), len(hits))
    return Value(float(hits.mean()), n=len(hits), low=low, high=high)


def salted(rows: Rows, salt: int) -> NDArray[np.uint64]:
    """(m,) random bits of each row, others for each salt from 0 to 255."""
    return row_hashes(np.full((len(rows), 1), salt, np.uint8), rows.hashes[:, None])


def ties(base: Rows, rows: Rows, salt: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Random bits by which each row decides between rows of a base that are as near; a copy has no advantage."""
    return salted(base, 2 * salt), salted(rows, 2 * salt + 1)


def places(names: tuple[str, ...], wanted: tuple[str, ...]) -> NDArray[Any]:
    """Where some columns are among those that are compared; those that are not there are left out."""
    return np.array([at for at, name in enumerate(names) if name in wanted], np.int64)


def unknown(names: tuple[str, ...], *given: tuple[str, ...]) -> str | None:
    """Which of the columns that the plan names are not there; None where all are."""
    lost = sorted({name for group in given for name in group} - {*names})
    return f"no column {lost[0]!r} that all sides have and that is no id" if lost else None
