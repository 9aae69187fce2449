"""How well a score tells members from others: the area under the curve, and its beginning, from counts by bin."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.value import Z95, Curve, Value, wilson

ALARMS = {"true positives at 1 % false positives": 0.01, "true positives at 0.1 % false positives": 0.001}
"""Rates of others wrongly accused at which a leak of a few records shows."""


class Roc(NamedTuple):
    """From the most suspect bin to the least: how many members, and others, are in it or above."""

    found: NDArray[np.float64]
    accused: NDArray[np.float64]
    members: int
    others: int


def roc(members: NDArray[np.int64], others: NDArray[np.int64]) -> Roc:
    """The curve from (bins,) counts of members and of others, the most suspect bin first; neither is empty.

    >>> area(roc(np.array([3, 1]), np.array([0, 4]))).value
    0.875
    """
    found, accused = (np.r_[0, np.cumsum(one)] / one.sum() for one in (members, others))
    return Roc(found, accused, int(members.sum()), int(others.sum()))


def area(of: Roc) -> Value:
    """The probability that a member is more suspect than another, ties half; interval of Hanley and McNeil 1982."""
    under = float(np.trapezoid(of.found, of.accused))
    half = Z95 * error(under, of.members, of.others)
    return Value(under, n=of.members + of.others, low=max(0.0, under - half), high=min(1.0, under + half))


def error(under: float, m: int, n: int) -> float:
    """The standard error of an area from m and n scores (Hanley and McNeil 1982, equation 1)."""
    both, alone = under / (2 - under), 2 * under * under / (1 + under)
    spread = under * (1 - under) + (m - 1) * (both - under * under) + (n - 1) * (alone - under * under)
    return math.sqrt(max(spread, 0.0) / (m * n))


def alarms(of: Roc) -> dict[str, Value]:
    """How many members are found at `ALARMS`, as far as there are others enough to tell."""
    parts = {}
    for name, rate in ALARMS.items():
        if of.others * rate >= 1:
            share = float(np.interp(rate, of.accused, of.found))
            low, high = wilson(round(share * of.members), of.members)
            parts[name] = Value(share, n=of.members, low=min(low, share), high=max(high, share))
    return parts


def curve(of: Roc) -> Curve:
    """As a plot, without the points that lie where the one before lies."""
    x, y = of.accused.tolist(), of.found.tolist()
    kept = [at for at in range(len(x)) if at == 0 or (x[at], y[at]) != (x[at - 1], y[at - 1])]
    return Curve(tuple(x[at] for at in kept), tuple(y[at] for at in kept), "others accused", "members found")
