"""nuPlan's bounds of a comfortable drive, which one that can be driven stays within."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from operators.agent._motion import Motion

BOUNDS: Mapping[str, tuple[float, float]] = {
    "lon_acceleration": (-4.05, 2.40),
    "lat_acceleration": (-4.89, 4.89),
    "jerk": (-8.37, 8.37),
    "lon_jerk": (-4.13, 4.13),
    "yaw_rate": (-0.95, 0.95),
    "yaw_acceleration": (-1.93, 1.93),
}
"""Least and greatest, in SI units: the empirical bounds of nuPlan's comfort metrics (Caesar et al. 2021)."""


def outside(motion: Motion) -> dict[str, NDArray[np.bool_]]:
    """For each bound whose quantity is known, the samples beyond it."""
    values = {
        "lon_acceleration": motion.lon,
        "lat_acceleration": motion.lat,
        "jerk": motion.jerk,
        "lon_jerk": motion.lon_jerk,
        "yaw_rate": motion.yaw_rate,
        "yaw_acceleration": motion.yaw_acc,
    }
    return {name: (known < BOUNDS[name][0]) | (known > BOUNDS[name][1]) for name, known in values.items() if known is not None}
