"""A drive's speed beside what is allowed, at its real times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from operators.agent._motion import NO_MOTION, UNORDERED, durations, motion_of, ordered, usable
from operators.agent._signals import Signal

Floats = NDArray[np.float64]

NO_LIMIT = "no speed limit is told"
_MOST_MPS = 1e3


@dataclass(frozen=True)
class Limited:
    """The samples of a drive at which a limit is known.

    Args:
        seconds: (n,) what each stands for; they sum to more than 0.
        speed, limit, least: (n,) metres a second; ``least`` is 0 where none is told.
    """

    seconds: Floats
    speed: Floats
    limit: Floats
    least: Floats

    @property
    def over(self) -> Floats:
        """(n,) metres a second above the limit, 0 within."""
        return np.maximum(0.0, self.speed - self.limit)


def limited(signals: dict[str, Signal], limit_mps: float | None, least_mps: float) -> Limited | str:
    """The drive beside its limits, or why that cannot be told. A limit holds until the next one is told.

    Args:
        signals: with ``speed`` or positions, and ``speed_limit`` and ``least_speed`` where there are any.
        limit_mps, least_mps: what holds where the signals tell nothing; None for no limit.
    """
    speed = usable(signals.get("speed"), 2)
    if speed is None:
        motion = motion_of(signals)
        if isinstance(motion, str):
            return motion
        speed = Signal(motion.t, motion.speed)
    if not ordered(speed):
        return UNORDERED
    limit = _held(signals.get("speed_limit"), speed.t, np.nan if limit_mps is None else limit_mps)
    least = _held(signals.get("least_speed"), speed.t, least_mps)
    known = np.isfinite(limit) & (np.abs(limit) < _MOST_MPS)
    seconds = durations(speed.t)[known]
    if not seconds.sum() > 0:
        return NO_LIMIT if speed.t[-1] > speed.t[0] else NO_MOTION
    return Limited(seconds, np.abs(speed.value)[known], limit[known], np.nan_to_num(least[known], nan=least_mps))


def _held(signal: Signal | None, t: Floats, otherwise: float) -> Floats:
    """The last value told at each time; what is told first holds before too, and a missing value is unknown."""
    if signal is None:
        return np.full(len(t), otherwise)
    there = np.isfinite(signal.t)
    times, values = signal.t[there], signal.value[there]
    if not len(times) or (np.diff(times) <= 0).any():
        return np.full(len(t), np.nan)
    found: Floats = values[np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(times) - 1)]
    return found
