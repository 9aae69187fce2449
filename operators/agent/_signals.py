"""Telemetry in the ways people write it down, read as signals in SI units: each a name with its own times and values.

A document is lists by name beside a list of times; a list of rows; or signals that each have ``t`` and ``value``. Values may be
vectors: their components become signals ``name_0``, ``name_1``. Names of the field are known with their units
(``speed_kmh``, ``heading_deg``); other signals keep their names and values.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from operators.kernels.buffers import lists

Floats = NDArray[np.float64]

SIGNALS = pa.list_(pa.struct([("name", pa.string()), ("t", pa.list_(pa.float64())), ("value", pa.list_(pa.float64()))]))
MOST_SIGNALS, MOST_COMPONENTS = 512, 64

_SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_CLOCKS = {"t": 1.0, "time": 1.0, "timestamp": 1.0, "current_game_time": 1.0, "times": 1.0}
_CLOCKS |= {f"{name}_{unit}": factor for name in ("t", "time", "timestamp") for unit, factor in _SECONDS.items()}
"""Names of times, the first that is there, with what makes seconds of them."""

_DEGREE = math.pi / 180
_ALIASES: dict[str, tuple[str, ...]] = {
    "x": ("x", "ego_x", "pos_x", "position_x", "x_m"),
    "y": ("y", "ego_y", "pos_y", "position_y", "y_m"),
    "heading": ("heading", "yaw", "theta", "heading_rad", "yaw_rad"),
    "speed": ("speed", "v", "velocity", "ego_speed", "speed_mps", "speed_ms", "car_speed"),
    "acceleration": ("acceleration", "lon_acceleration", "longitudinal_acceleration", "ax", "lon_acc", "acceleration_mps2"),
    "lateral_acceleration": ("lateral_acceleration", "lat_acceleration", "ay", "lat_acc"),
    "yaw_rate": ("yaw_rate", "yaw_rate_rad_s"),
    "steering": ("steering", "steering_angle_rad"),
    "speed_limit": ("speed_limit", "speed_limit_mps"),
    "least_speed": ("least_speed", "min_speed", "minimum_speed"),
    "traffic_speed": ("traffic_speed", "surrounding_speed", "traffic_speed_mps"),
    "headway": ("headway", "headway_m", "gap", "lead_distance"),
}
_SPEEDS = ("speed", "speed_limit", "least_speed", "traffic_speed")
_SCALED: dict[str, tuple[str, float]] = {
    **{f"{name}_{unit}": (name, 1 / 3.6) for name in _SPEEDS for unit in ("kmh", "kph", "km_h")},
    **{f"{name}_mph": (name, 0.44704) for name in _SPEEDS},
    **{f"{name}_deg": ("heading", _DEGREE) for name in ("heading", "yaw", "ego_yaw")},
    "ego_yaw": ("heading", _DEGREE),
    "yaw_rate_deg": ("yaw_rate", _DEGREE),
    "yaw_rate_deg_s": ("yaw_rate", _DEGREE),
    "steering_angle": ("steering", _DEGREE),
    "steering_angle_deg": ("steering", _DEGREE),
}
_KNOWN = {alias: (name, 1.0) for name, aliases in _ALIASES.items() for alias in aliases} | _SCALED


@dataclass(frozen=True)
class Signal:
    """A signal's samples.

    Args:
        t: (n,) seconds, NaN where missing.
        value: (n,) in SI units, NaN where missing.
    """

    t: Floats
    value: Floats


def signals_of(document: Any) -> dict[str, Signal] | None:
    """The signals in a parsed document, by name; None where there are none or it is of no known layout.

    Of two names for one signal the first counts; the second keeps its own name.

    >>> found = signals_of({"time_ms": [0, 500], "speed_kmh": [36, None], "door": [0, 1]})
    >>> found["speed"].t.tolist(), found["speed"].value.tolist(), found["door"].value.tolist()
    ([0.0, 0.5], [10.0, nan], [0.0, 1.0])
    """
    if isinstance(document, list):
        document = _columns_of(document)
    if not isinstance(document, dict):
        return None
    raw = list(_own_clocks(document)) or list(_one_clock(document))
    found: dict[str, Signal] = {}
    for given, t, value in raw[:MOST_SIGNALS]:
        name, factor = _KNOWN.get(given.lower(), (given, 1.0))
        if name in found:
            name, factor = given, 1.0
        found.setdefault(name, Signal(t, value * factor))
    return found or None


def named(signals: dict[str, Signal], name: str) -> Signal | None:
    """The signal that somebody calls by a name, the dataset's own or that of the field; None where there is none.

    >>> named({"headway": Signal(np.zeros(1), np.ones(1))}, "gap").value.tolist()
    [1.0]
    """
    known, factor = _KNOWN.get(name.lower(), (name, 1.0))
    return signals.get(name) or (signals.get(known) if factor == 1.0 else None)


def _columns_of(rows: list[Any]) -> dict[str, list[Any]] | None:
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    names = list(dict.fromkeys(name for row in rows for name in row))[:MOST_SIGNALS]
    return {name: [row.get(name) for row in rows] for name in names}


def _own_clocks(document: dict[str, Any]) -> Iterator[tuple[str, Floats, Floats]]:
    for name, signal in document.items():
        if isinstance(signal, dict) and isinstance(signal.get("t"), list) and isinstance(signal.get("value"), list):
            yield from _components(name, _numbers(signal["t"]), signal["value"])


def _one_clock(document: dict[str, Any]) -> Iterator[tuple[str, Floats, Floats]]:
    lower = {name.lower(): name for name in document}
    clock = next((name for name in _CLOCKS if isinstance(document.get(lower.get(name, "")), list)), None)
    if clock is None:
        return
    t = _numbers(document[lower[clock]]) * _CLOCKS[clock]
    for name, values in document.items():
        if name != lower[clock] and isinstance(values, list):
            yield from _components(name, t, values)


def _components(name: str, t: Floats, values: list[Any]) -> Iterator[tuple[str, Floats, Floats]]:
    """A signal, or one for each component of its vectors; nothing where there are not as many values as times."""
    if len(t) != len(values):
        return
    width = max((len(value) for value in values if isinstance(value, list)), default=0)
    if width == 0:
        if any(_is_number(value) for value in values):
            yield name, t, _numbers(values)
        return
    rows = [value if isinstance(value, list) else [] for value in values]
    for at in range(min(width, MOST_COMPONENTS)):
        yield f"{name}_{at}" if width > 1 else name, t, _numbers([row[at] if at < len(row) else None for row in rows])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _numbers(values: list[Any]) -> Floats:
    """Numbers, booleans as 0 and 1; NaN for anything else and for what no float holds."""
    return np.array([float(value) if _is_number(value) and abs(value) < 1e300 else np.nan for value in values], np.float64)


def rows_of(signals: dict[str, Signal]) -> list[dict[str, Any]]:
    """As `SIGNALS` holds them: null for missing."""
    return [{"name": name, "t": signal.t, "value": signal.value} for name, signal in signals.items()]


def each(column: pa.Array) -> Iterator[dict[str, Signal] | None]:
    """The signals of each record of a column of `SIGNALS`, as views of its buffers; None where it is null."""
    outer, records = lists(column), column.values
    names, times, values = (records.field(name) for name in ("name", "t", "value"))
    labels = names.to_pylist()
    at, ends = lists(times).offsets, lists(values).offsets
    t, v = (np.asarray(part.values.to_numpy(zero_copy_only=False), np.float64) for part in (times, values))
    for row, valid in enumerate(outer.valid):
        if not valid:
            yield None
            continue
        inside = range(int(outer.offsets[row]), int(outer.offsets[row + 1]))
        yield {labels[i]: Signal(t[at[i] : at[i + 1]], v[ends[i] : ends[i + 1]]) for i in inside}
