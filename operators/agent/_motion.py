"""Speed, accelerations, jerks and yaw of a drive, from the signals that it has, at their real times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from operators.agent._signals import Signal
from operators.kernels.local_fit import fitted, window_of

Floats = NDArray[np.float64]

LEAST_SAMPLES = 5
WINDOW_S = 1.5
"""nuPlan's 15 samples at 10 Hz."""

_MOVING_MPS = 0.5
_MOST = 1e9

NO_MOTION, UNORDERED = "no speed or position over time", "its times do not increase"


@dataclass(frozen=True)
class Motion:
    """Quantities at the same times; None for what the signals do not give.

    Args:
        t: (n,) seconds, increasing.
        speed: metres a second.
        lon, lat: acceleration along and across, metres a second squared.
        jerk, lon_jerk: the change of the size of the acceleration, and of the one along; metres a second cubed.
        yaw_rate, yaw_acc: radians a second, and a second squared.
    """

    t: Floats
    speed: Floats
    lon: Floats
    lon_jerk: Floats
    jerk: Floats
    lat: Floats | None = None
    yaw_rate: Floats | None = None
    yaw_acc: Floats | None = None

    @property
    def seconds(self) -> float:
        """From the first sample to the last."""
        return float(self.t[-1] - self.t[0])

    @property
    def metres(self) -> float:
        """The length of the way."""
        return float(np.trapezoid(np.abs(self.speed), self.t))

    def shares(self) -> Floats:
        """(n,) of the time, the share that each sample stands for: half of the steps beside it; they sum to 1."""
        return durations(self.t) / self.seconds


def durations(t: Floats) -> Floats:
    """(n,) the seconds that each of some increasing times stands for: half of the steps beside it.

    >>> durations(np.array([0.0, 1.0, 4.0])).tolist()
    [0.5, 2.0, 1.5]
    """
    steps: Floats = np.diff(t)
    return np.asarray((np.append(steps, 0.0) + np.append(0.0, steps)) / 2, np.float64)


def usable(signal: Signal | None, least: int = LEAST_SAMPLES) -> Signal | None:
    """The finite samples of a signal; None where they are fewer than ``least``."""
    if signal is None:
        return None
    there = np.isfinite(signal.t) & (np.abs(signal.value) < _MOST) & (np.abs(signal.t) < 1e12)
    return Signal(signal.t[there], signal.value[there]) if np.count_nonzero(there) >= least else None


def ordered(signal: Signal) -> bool:
    """Whether its times increase."""
    return bool((np.diff(signal.t) > 0).all())


def motion_of(signals: dict[str, Signal], window_s: float = WINDOW_S) -> Motion | str:
    """The motion that the signals tell of, or the reason why they tell of none.

    The clock is that of ``speed``, else of ``x``; signals with other clocks are interpolated. What is not measured is derived
    by local parabolas over ``window_s`` (`operators.kernels.local_fit`): speed from the positions, acceleration from the speed,
    yaw rate from the heading, which is that of the velocity where none is measured; across, acceleration is speed times yaw
    rate. Measured accelerations and yaw rates are smoothed by the same parabolas.
    """
    speed, x, y = (usable(signals.get(name)) for name in ("speed", "x", "y"))
    base = speed or x
    if base is None or (speed is None and y is None):
        return NO_MOTION
    if not all(ordered(signal) for signal in (speed, x, y) if signal is not None):
        return UNORDERED
    t, window = base.t, window_of(base.t, window_s)
    if t[-1] - t[0] <= 0 or not _even_enough(t, window):
        return UNORDERED
    velocity = None
    if x is not None and y is not None:
        velocity = tuple(fitted(t, at(signal, t), window)[1] for signal in (x, y))
    v = speed.value if speed is not None else np.hypot(*velocity) if velocity else np.zeros(len(t))
    measured = _at(signals, "acceleration", t)
    lon = fitted(t, v, window)[1] if measured is None else fitted(t, measured, window)[0]
    heading = _heading(signals, velocity, t)
    turning = _at(signals, "yaw_rate", t)
    rate, rate_change = None, None
    if turning is not None or heading is not None:
        rate = fitted(t, turning, window)[0] if turning is not None else fitted(t, heading, window)[1]  # type: ignore[arg-type]
        rate_change = fitted(t, rate, window)[1]
    across = _at(signals, "lateral_acceleration", t)
    lat = fitted(t, across, window)[0] if across is not None else None if rate is None else v * rate
    size = np.abs(lon) if lat is None else np.hypot(lon, lat)
    along, whole = (fitted(t, values, window)[1] for values in (lon, size))
    return Motion(t, v, lon, along, whole if lat is not None else along, lat, rate, rate_change)


def _even_enough(t: Floats, window: int) -> bool:
    """Whether a parabola through any window is determined: times that all but coincide are none."""
    step = np.diff(t)
    length = t[window - 1 :] - t[: len(t) - window + 1]
    return bool((length > 0).all() and float(step.min()) > 1e-6 * float(length.max()))


def at(signal: Signal, t: Floats) -> Floats:
    """Its values at other times, on straight lines between its samples."""
    return signal.value if len(t) == len(signal.t) and np.array_equal(t, signal.t) else np.interp(t, signal.t, signal.value)


def _at(signals: dict[str, Signal], name: str, t: Floats) -> Floats | None:
    signal = usable(signals.get(name))
    return at(signal, t) if signal is not None and ordered(signal) else None


def _heading(signals: dict[str, Signal], velocity: tuple[Floats, ...] | None, t: Floats) -> Floats | None:
    """Unwrapped; of the velocity, held where the vehicle stands."""
    measured = usable(signals.get("heading"))
    if measured is not None and ordered(measured):
        return at(Signal(measured.t, np.unwrap(measured.value)), t)
    if velocity is None:
        return None
    moving = np.flatnonzero(np.hypot(*velocity) > _MOVING_MPS)
    if not len(moving):
        return None
    return np.interp(t, t[moving], np.unwrap(np.arctan2(velocity[1], velocity[0])[moving]))
