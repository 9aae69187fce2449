"""How closely drives keep to their routes."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.schema import Dimension, Direction
from operators.agent._drive_means import DriveMean, Scores
from operators.agent._motion import durations
from operators.agent._path import distances, path_of
from operators.agent._scene import clock_of, ego_of
from operators.agent._signals import each
from operators.agent.kinematic_feasibility import NO_TELEMETRY


@dataclass(frozen=True)
class RouteFollowing(DriveMean):
    """The mean over drives of the route-following stability: 1 on the route, 0 at ``far_m`` metres from it on average.

    ``max(0, 1 - mean distance / far_m)``, the distance of the positions from the nearest point of the route's lines, by time.
    Parts: ``mean_m`` and ``greatest_m``, the means of the drives' mean and greatest distances. Skipped: no telemetry, no
    positions, no route that can be read.

    0 to 1, higher is better, normal interval. Evidence: the drives farthest away. Cost: times by points of the route.

    Args:
        far_m: SafeBench's five metres.

    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> text = '{"t": [0, 9], "x": [0, 90], "y": [1, 1]}'
    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": [text]}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **made})
    >>> batch = batch.append_column("route", pa.array(["[[0, 0], [90, 0]]"]))
    >>> RouteFollowing().value(RouteFollowing().fold(batch)).value
    0.8

    Source: Xu et al. 2022, SafeBench (arXiv 2206.09682), section 4 (route following stability).
    """

    far_m: Annotated[float, Field(gt=0)] = 5.0

    dimension: ClassVar[Dimension] = Dimension.ROUTE_INCOMPLETENESS
    reads: ClassVar[tuple[str, ...]] = ("signals", "route")
    unit: ClassVar[str] = "mean stability"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2206.09682, section 4"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(0, 1, 21).tolist())
    label: ClassVar[str] = "stability"
    nothing: ClassVar[str] = "no drive has positions and a route"
    part_names: ClassVar[tuple[str, ...]] = ("mean_m", "greatest_m")

    def scores(self, batch: pa.RecordBatch) -> Scores:
        """The stability of each drive."""
        found = Scores()
        for row, (signals, route) in enumerate(zip(each(batch["signals"]), batch["route"].to_pylist(), strict=True)):
            ego = NO_TELEMETRY if signals is None else ego_of(signals, 1.0, 1.0)
            path = path_of(route)
            if isinstance(ego, str) or path is None:
                found.skipped[ego if isinstance(ego, str) else "no route that can be read"] += 1
                continue
            clock = clock_of(ego)
            away = distances(path, ego.boxes(clock)[:, :2])
            mean = float((away * durations(clock)).sum() / (clock[-1] - clock[0]))
            parts = {"mean_m": mean, "greatest_m": float(away.max())}
            found.add(row, max(0.0, 1 - mean / self.far_m), f"{mean:.1f} m from its route on average", parts)
        return found
