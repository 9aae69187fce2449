"""The CARLA leaderboard's infraction penalty, in its three versions."""

from collections.abc import Iterable, Mapping
from typing import Literal

from operators.agent._outcomes import SHARES

Version = Literal["1.0", "2.0", "2.1"]

FACTORS: Mapping[str, float] = {
    "pedestrian": 0.5,
    "vehicle": 0.6,
    "static": 0.65,
    "red_light": 0.7,
    "stop_sign": 0.8,
    "scenario_timeout": 0.7,
    "yield": 0.7,
}
"""Versions 1.0 and 2.0: what each infraction multiplies the score by."""

COEFFICIENTS: Mapping[str, float] = {
    "pedestrian": 1.0,
    "vehicle": 0.7,
    "static": 0.6,
    "red_light": 0.4,
    "stop_sign": 0.25,
    "scenario_timeout": 0.4,
    "yield": 0.4,
}
"""Version 2.1: what each infraction adds to the denominator."""

_SLOW_FACTOR, _SLOW_COEFFICIENT = 0.7, 0.4


def penalty(
    infractions: Iterable[tuple[str, float | None]], version: Version, changed: Mapping[str, float] | None = None
) -> float | None:
    """The penalty, 0 to 1 (1: none); None where a percentage that it depends on is not recorded.

    1.0 and 2.0 multiply: ``prod factor * (1 - outside%)``, and in 2.0 ``1 - 0.3 (1 - speed%)`` for each report of a speed
    below the traffic's. 2.1 divides: ``(1 - outside%) / (1 + sum coefficient)``, a slow report adding ``0.4 (1 - speed%)``.
    A speed above the traffic's counts as 100 %: upstream it raises the score above 1.

    >>> two = [("red_light", None), ("vehicle", None)]
    >>> round(penalty(two, "2.0"), 4), round(penalty(two, "2.1"), 4)
    (0.42, 0.4762)
    """
    weights = {**(COEFFICIENTS if version == "2.1" else FACTORS), **(changed or {})}
    product, total, inside = 1.0, 1.0, 1.0
    for kind, amount in infractions:
        if kind in SHARES:
            if amount is None:
                return None
            share = min(max(amount / 100, 0.0), 1.0)
            if kind == "outside_lanes":
                inside *= 1 - share
            elif version == "2.0":
                product *= 1 - (1 - _SLOW_FACTOR) * (1 - share)
            elif version == "2.1":
                total += _SLOW_COEFFICIENT * (1 - share)
        elif kind in weights:
            product *= weights[kind] if version != "2.1" else 1.0
            total += weights[kind] if version == "2.1" else 0.0
    return inside * product / total
