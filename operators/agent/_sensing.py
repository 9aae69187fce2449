"""What can be wrong with the telemetry of a drive, whatever the drive was."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from operators.agent._signals import Signal

Floats = NDArray[np.float64]

RANGES: Mapping[str, tuple[float, float]] = {
    "speed": (-20.0, 120.0),
    "acceleration": (-30.0, 30.0),
    "lateral_acceleration": (-30.0, 30.0),
    "yaw_rate": (-6.3, 6.3),
    "heading": (-200.0, 200.0),
    "speed_limit": (0.0, 120.0),
    "least_speed": (0.0, 120.0),
    "traffic_speed": (0.0, 120.0),
    "headway": (0.0, 10_000.0),
}
"""What a road vehicle can show, in SI units: km/h or degrees taken for m/s or radians are often beyond."""

CHECKS = ("ordered", "steady", "complete", "plausible", "synchronous", "alive")
_SETTINGS = ("speed_limit", "least_speed")
"""Signals that may stand still for as long as they like."""

_FEW = 8
"""A signal with no more values than these is a state (a gear, a door), not a measurement."""


@dataclass(frozen=True)
class Tolerances:
    """What telemetry may show.

    Args:
        jitter: the most standard deviation of the time steps, in median steps.
        missing: the most share of missing times and values.
        sync_s: the most median distance in time from a sample to the nearest of another signal, in seconds.
        frozen_s: the longest that a measurement may show one value, zero apart, in seconds.
    """

    jitter: float
    missing: float
    sync_s: float
    frozen_s: float


@dataclass(frozen=True)
class Condition:
    """How the telemetry of a drive is.

    Args:
        failed: the checks that fail, in the order of `CHECKS`, each with the signal that shows it.
        jitter, missing, sync_s, frozen_s: the worst signal's; None where it cannot be told.
    """

    failed: Mapping[str, str]
    jitter: float | None
    missing: float
    sync_s: float | None
    frozen_s: float


def condition_of(signals: Mapping[str, Signal], tolerances: Tolerances) -> Condition:
    """The condition of a drive's signals; there is at least one."""
    failed: dict[str, str] = {}
    clean = {name: _finite(signal) for name, signal in signals.items()}
    for name, signal in clean.items():
        if (np.diff(signal.t) <= 0).any():
            failed.setdefault("ordered", name)
        if name in RANGES and ((signal.value < RANGES[name][0]) | (signal.value > RANGES[name][1])).any():
            failed.setdefault("plausible", name)
    missing = {name: 1 - len(clean[name].t) / max(1, len(signal.t)) for name, signal in signals.items()}
    jitters = {name: _jitter(signal.t) for name, signal in clean.items()}
    jitter = {name: value for name, value in jitters.items() if value is not None}
    frozen = {name: _frozen(signal) for name, signal in clean.items() if name not in _SETTINGS}
    sync = {} if "ordered" in failed else _offsets(clean)
    worst = {"steady": (jitter, tolerances.jitter), "complete": (missing, tolerances.missing)}
    worst |= {"synchronous": (sync, tolerances.sync_s), "alive": (frozen, tolerances.frozen_s)}
    for check, (values, most) in worst.items():
        shown = max(values, key=lambda name: values[name], default=None)
        if shown is not None and values[shown] > most:
            failed[check] = shown
    ranked = {check: failed[check] for check in CHECKS if check in failed}
    most_jitter, most_sync = (max(found.values(), default=None) for found in (jitter, sync))
    return Condition(ranked, most_jitter, max(missing.values()), most_sync, max(frozen.values(), default=0.0))


def _finite(signal: Signal) -> Signal:
    there = np.isfinite(signal.t) & np.isfinite(signal.value)
    return Signal(signal.t[there], signal.value[there])


def _jitter(t: Floats) -> float | None:
    """The standard deviation of the steps by their median."""
    steps = np.diff(t)
    middle = float(np.median(steps)) if len(steps) > 1 else 0.0
    return float(steps.std()) / middle if middle > 0 else None


def _frozen(signal: Signal) -> float:
    """The longest time that the signal shows one value other than zero; 0 for one that has few values."""
    if len(signal.t) < 2:
        return 0.0
    ends = np.flatnonzero(np.append(np.diff(signal.value) != 0, True))
    starts = np.append(0, ends[:-1] + 1)
    if len(np.unique(signal.value)) <= _FEW and len(ends) > 1:
        return 0.0
    lasting = np.where(signal.value[starts] == 0, 0.0, signal.t[ends] - signal.t[starts])
    return max(0.0, float(lasting.max()))


def _offsets(signals: Mapping[str, Signal]) -> dict[str, float]:
    """For each other clock than the one with the fewest samples, the median distance of its nearest sample to those."""
    clocks = {name: signal.t for name, signal in signals.items() if len(signal.t) > 1}
    if len(clocks) < 2:
        return {}
    slowest = min(clocks.values(), key=len)
    found = {}
    for name, t in clocks.items():
        after = np.clip(np.searchsorted(t, slowest), 1, len(t) - 1)
        found[name] = float(np.median(np.minimum(np.abs(slowest - t[after - 1]), np.abs(t[after] - slowest))))
    return found
