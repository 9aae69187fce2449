"""How a drive went, found from its telemetry where no simulator wrote it down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.feature import Columns, Feature
from operators.agent._motion import Motion, durations, motion_of, ordered, usable
from operators.agent._outcomes import COLLISIONS, OUTCOME, Outcome
from operators.agent._path import completion, path_of, spaced
from operators.agent._scene import Track, actors_of, collisions, ego_of, too_many
from operators.agent._signals import Signal, each
from operators.features._documents import documents

_CHECKPOINTS = 4

Metres = Annotated[float, Field(gt=0, le=100)]


@dataclass(frozen=True)
class DrivenOutcome(Feature):
    """``outcome`` of ``telemetry``, as `operators.features.recorded_outcome` writes that of ``drive``.

    Driven kilometres and seconds from the motion; completion by CARLA's rule where ``route`` gives the path
    (`operators.agent._path`), and then the kilometres are those of the path; collisions, by kind, with each of the ``actors``
    that the drive's box overlaps at some time (`operators.agent._scene`); and where there is a signal ``traffic_speed``, the
    percentage of it that the drive's speed is on each quarter of its way (``min_speed``, as CARLA reports it). Other
    infractions are not watched. Null where the telemetry cannot be read or tells of no motion.

    Args:
        length, width: of the drive's own box, in metres.

    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> texts = ['{"t": [0,1,2,3,4], "x": [0,10,20,30,40], "y": [0,0,0,0,0]}']
    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": texts}))
    >>> batch = pa.RecordBatch.from_pydict({**made, "actors": ['[{"class": "pedestrian", "x": 25, "y": 1}]']})
    >>> outcome = DrivenOutcome().open()(batch)["outcome"].to_pylist()[0]
    >>> outcome["driven_km"], outcome["infractions"]
    (0.04, [{'kind': 'pedestrian', 'amount': None}])
    """

    length: Metres = 4.5
    width: Metres = 2.0

    reads: ClassVar[tuple[str, ...]] = ("signals",)
    may_read: ClassVar[tuple[str, ...]] = ("actors", "route")
    writes: ClassVar[Mapping[str, pa.DataType]] = {"outcome": OUTCOME}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return self._columns

    def _columns(self, batch: pa.RecordBatch) -> Columns:
        nothing: list[Any] = [None] * len(batch)
        scenes = documents(batch["actors"]) if "actors" in batch.schema.names else nothing
        routes = batch["route"].to_pylist() if "route" in batch.schema.names else nothing
        rows = zip(each(batch["signals"]), scenes, routes, strict=True)
        found = [None if signals is None else self._outcome(signals, scene, route) for signals, scene, route in rows]
        return {"outcome": pa.array([None if outcome is None else outcome.row() for outcome in found], OUTCOME)}

    def _outcome(self, signals: dict[str, Signal], scene: Any, route: str | None) -> Outcome | None:
        motion = motion_of(signals)
        if isinstance(motion, str):
            return None
        ego, path = ego_of(signals, self.length, self.width), path_of(route)
        hit = None if isinstance(ego, str) or scene is None else _hit(ego, scene)
        share, length = None, None
        if path is not None and isinstance(ego, Track):
            share, length = completion(path, ego.pose[:, :2]), float(spaced(path, 0.0, 2)[1][-1]) / 1000
        slow = _checkpoints(motion, signals)
        driven = motion.metres / 1000 if share is None or length is None else share / 100 * length
        return Outcome(
            completion=share,
            length_km=length,
            driven_km=float(driven) if np.isfinite(driven) else None,
            seconds=motion.seconds,
            watched=tuple(sorted([*(COLLISIONS if hit is not None else ()), *(["min_speed"] if slow else [])])),
            infractions=[*((kind, None) for kind in hit or ()), *(("min_speed", share) for share in slow)],
        )


def _checkpoints(motion: Motion, signals: dict[str, Signal]) -> list[float]:
    """The percentages of the traffic's speed on quarters of the way; none where the traffic stands or is not told of."""
    traffic = usable(signals.get("traffic_speed"))
    if traffic is None or not ordered(traffic):
        return []
    around, seconds = np.interp(motion.t, traffic.t, traffic.value), durations(motion.t)
    way = np.cumsum(np.abs(motion.speed) * seconds)
    quarter = np.minimum(_CHECKPOINTS - 1, (way / max(way[-1], 1e-9) * _CHECKPOINTS).astype(np.int64))
    mine, theirs = (np.bincount(quarter, v * seconds, _CHECKPOINTS) for v in (np.abs(motion.speed), around))
    return [float(100 * a / b) for a, b in zip(mine, theirs, strict=True) if b > 0 and 100 * a / b < 1e6]


def _hit(ego: Track, scene: Any) -> list[str] | None:
    actors = actors_of(scene, ego.t)
    return None if actors is None or too_many(ego, actors) else collisions(ego, actors)
