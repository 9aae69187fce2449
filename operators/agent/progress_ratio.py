"""How far drives come on an expert's way, beside the expert."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.schema import Dimension, Direction
from operators.agent._drive_means import DriveMean, Scores
from operators.agent._path import completion
from operators.agent._scene import ego_of
from operators.agent._signals import each
from operators.agent.kinematic_feasibility import NO_TELEMETRY


@dataclass(frozen=True)
class ProgressRatio(DriveMean):
    """The mean over drives of progress along the expert's way, by the expert's own; at most 1.

    ``min(1, max(progress, least_m) / max(expert's progress, least_m))``. The drive's progress is the share of the expert's way
    that it completes by CARLA's rule (`operators.agent._path`) times its length; the expert's is that length. The bound
    from below keeps a drive beside an expert that hardly moves from being judged by centimetres. Parts: the mean ``progress_m``
    and ``expert_m``. Skipped: no telemetry or positions on one of the sides.

    0 to 1, higher is better, normal interval. Evidence: the drives that fall behind most. Cost: a few operations for each half
    metre.

    Args:
        least_m: nuPlan's two metres.

    >>> from operators.features.expert_signals import ExpertSignals
    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> mine, theirs = ('{"t": [0, 9], "x": [0.5, %d.5], "y": [0, 0]}' % far for far in (45, 90))
    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": [mine]}))
    >>> made |= ExpertSignals().open()(pa.RecordBatch.from_pydict({"expert": [theirs]}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **made})
    >>> round(ProgressRatio().value(ProgressRatio().fold(batch)).value, 2)
    0.49

    Source: Caesar et al. 2021, nuPlan (arXiv 2106.11810), progress along the expert's route.
    """

    least_m: Annotated[float, Field(gt=0)] = 2.0

    dimension: ClassVar[Dimension] = Dimension.ROUTE_INCOMPLETENESS
    reads: ClassVar[tuple[str, ...]] = ("signals", "expert_signals")
    unit: ClassVar[str] = "mean ratio"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2106.11810, progress along the expert's route"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(0, 1, 21).tolist())
    label: ClassVar[str] = "progress by the expert's"
    nothing: ClassVar[str] = "no drive has positions and an expert's"
    part_names: ClassVar[tuple[str, ...]] = ("progress_m", "expert_m")

    def scores(self, batch: pa.RecordBatch) -> Scores:
        """The ratio of each drive."""
        found = Scores()
        for row, (mine, theirs) in enumerate(zip(each(batch["signals"]), each(batch["expert_signals"]), strict=True)):
            ego, expert = (NO_TELEMETRY if signals is None else ego_of(signals, 1.0, 1.0) for signals in (mine, theirs))
            if isinstance(ego, str) or isinstance(expert, str):
                found.skipped[ego if isinstance(ego, str) else f"the expert: {expert}"] += 1
                continue
            way = expert.pose[:, :2]
            moved = np.append(True, (np.diff(way, axis=0) != 0).any(1))
            way = way[moved]
            length = float(np.hypot(*np.diff(way, axis=0).T).sum()) if len(way) > 1 else 0.0
            progress = completion(way, ego.pose[:, :2]) / 100 * length if length else 0.0
            ratio = min(1.0, max(progress, self.least_m) / max(length, self.least_m))
            found.add(row, ratio, f"{progress:.0f} m of {length:.0f} m", {"progress_m": progress, "expert_m": length})
        return found
