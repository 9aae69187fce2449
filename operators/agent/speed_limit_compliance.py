"""How well drives keep to the speed limit."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.schema import Dimension, Direction
from operators.agent._drive_means import DriveMean, Scores
from operators.agent._limits import limited
from operators.agent._signals import each
from operators.agent.kinematic_feasibility import NO_TELEMETRY


@dataclass(frozen=True)
class SpeedLimitCompliance(DriveMean):
    """The mean over drives of nuPlan's speed-limit compliance: 1 within the limit, 0 at ``worst_mps`` above it throughout.

    ``max(0, 1 - sum(max(0, speed - limit) * seconds) / (worst_mps * seconds in all))``, each sample for half of the time to its
    neighbours; 1 where the limit is never exceeded. The limit is the signal ``speed_limit``, each value until the next, else
    ``limit_mps``; times without one are left out. Parts: ``compliant``, the share of drives that never exceed it. Skipped: no
    telemetry, no speed, times that do not increase, no limit.

    0 to 1, higher is better, normal interval. Evidence: the drives that exceed it most. Cost: next to nothing.

    Args:
        worst_mps: nuPlan's 2.23 m/s (5 miles an hour).
        limit_mps: of drives that tell none.

    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> text = '{"t": [0, 1, 2], "speed": [10, 11.115, 10], "speed_limit": [10, 10, 10]}'
    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": [text]}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **made})
    >>> round(SpeedLimitCompliance().value(SpeedLimitCompliance().fold(batch)).value, 9)
    0.75

    Source: Caesar et al. 2021, nuPlan (arXiv 2106.11810), speed limit compliance.
    """

    worst_mps: Annotated[float, Field(gt=0)] = 2.23
    limit_mps: Annotated[float, Field(ge=0)] | None = None

    dimension: ClassVar[Dimension] = Dimension.SPEED_COMPLIANCE
    reads: ClassVar[tuple[str, ...]] = ("signals",)
    unit: ClassVar[str] = "mean compliance"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2106.11810, speed limit compliance"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(0, 1, 21).tolist())
    label: ClassVar[str] = "compliance"
    nothing: ClassVar[str] = "no drive has a speed and a limit"
    part_names: ClassVar[tuple[str, ...]] = ("compliant",)

    def scores(self, batch: pa.RecordBatch) -> Scores:
        """The compliance of each drive."""
        found = Scores()
        for row, signals in enumerate(each(batch["signals"])):
            drive = NO_TELEMETRY if signals is None else limited(signals, self.limit_mps, 0.0)
            if isinstance(drive, str):
                found.skipped[drive] += 1
                continue
            over = float((drive.over * drive.seconds).sum())
            score = 1.0 if over <= 0 else max(0.0, 1 - over / (self.worst_mps * float(drive.seconds.sum())))
            note = f"up to {drive.over.max():.1f} m/s above the limit"
            found.add(row, score, note, {"compliant": float(over <= 0)})
        return found
