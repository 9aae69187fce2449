"""Where in the space of scenarios a drive lies, from its telemetry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.feature import Columns, Feature
from operators.agent._motion import motion_of
from operators.agent._scenarios import AXES, TRAITS, density_of, geometry_of
from operators.agent._scene import actors_of, ego_of
from operators.agent._signals import Signal, each
from operators.features._documents import documents

_SPEEDS_MPS = (1.0, 8.0, 15.0, 25.0)
_WAY_M = 5.0


@dataclass(frozen=True)
class DriveTraits(Feature):
    """``traits`` of a drive's telemetry, as `operators.features.scenario_facts` writes those of a scenario.

    ``speed``: the mean, in m/s: standing below 1, slow below 8, town below 15, road below 25, fast. ``geometry``: how much the
    way turns. ``density``: how many ``actors`` there are, where the dataset tells. Null where the telemetry tells of no motion.

    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> text = '{"t": [0, 1, 2, 3, 4], "x": [0, 10, 20, 30, 40], "y": [0, 0, 0, 0, 0]}'
    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": [text]}))
    >>> [trait["value"] for trait in DriveTraits().open()(pa.RecordBatch.from_pydict(made))["traits"].to_pylist()[0]]
    ['town', 'straight']
    """

    reads: ClassVar[tuple[str, ...]] = ("signals",)
    may_read: ClassVar[tuple[str, ...]] = ("actors",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"traits": TRAITS}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return _columns


def _columns(batch: pa.RecordBatch) -> Columns:
    nothing: list[Any] = [None] * len(batch)
    scenes = documents(batch["actors"]) if "actors" in batch.schema.names else nothing
    found = [signals and _traits(signals, scene) for signals, scene in zip(each(batch["signals"]), scenes, strict=True)]
    return {"traits": pa.array([traits or None for traits in found], TRAITS)}


def _traits(signals: dict[str, Signal], scene: Any) -> list[dict[str, str]] | None:
    motion = motion_of(signals)
    if isinstance(motion, str):
        return None
    mean = motion.metres / motion.seconds
    found = {"speed": AXES["speed"][int(np.searchsorted(_SPEEDS_MPS, mean, side="right"))]}
    ego = ego_of(signals, 1.0, 1.0)
    if not isinstance(ego, str):
        way = ego.pose[:, :2]
        along = np.append(0.0, np.cumsum(np.hypot(*np.diff(way, axis=0).T)))
        marks = np.unique(np.searchsorted(along, np.arange(0, min(along[-1], 1e6), _WAY_M)))
        found["geometry"] = geometry_of(way[marks])
        actors = None if scene is None else actors_of(scene, ego.t)
        if actors is not None:
            found["density"] = density_of(len(actors))
    return [{"axis": axis, "value": value} for axis, value in found.items()]
