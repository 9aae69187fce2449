"""Time at a speed that is allowed, and how far above the limit drives go."""

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
class SpeedInBand(DriveMean):
    """The mean share of a drive's time at a speed between the least and the greatest allowed.

    ``seconds with least <= speed <= limit / seconds``, each sample for half of the time to its neighbours; the limits are the
    signals ``speed_limit`` and ``least_speed``, else ``limit_mps`` and ``least_mps``. Parts: the mean shares of time ``over``
    and ``under``; of drives that go over, the mean of the ``over_mean_mps`` and ``over_most_mps`` by which they do, and of
    ``over_seconds``. Skipped: as `agent.speed_limit_compliance`.

    0 to 1, higher is better, normal interval. Evidence: the drives with the least time in the band. Cost: next to nothing.

    Args:
        limit_mps, least_mps: of drives that tell none.

    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> text = '{"t": [0, 1, 2], "speed": [10, 12, 10], "speed_limit": [10, 10, 10]}'
    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": [text]}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **made})
    >>> value = SpeedInBand().value(SpeedInBand().fold(batch))
    >>> value.value, value.parts["over_mean_mps"].value, value.parts["over_seconds"].value
    (0.5, 2.0, 1.0)

    Source: The LLM Data Auditor (arXiv 2601.17717), agent speed compliance.
    """

    limit_mps: Annotated[float, Field(ge=0)] | None = None
    least_mps: Annotated[float, Field(ge=0)] = 0.0

    dimension: ClassVar[Dimension] = Dimension.SPEED_COMPLIANCE
    reads: ClassVar[tuple[str, ...]] = ("signals",)
    unit: ClassVar[str] = "mean share of time"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, agent speed compliance"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(0, 1, 21).tolist())
    label: ClassVar[str] = "share of time in the band"
    nothing: ClassVar[str] = "no drive has a speed and a limit"
    part_names: ClassVar[tuple[str, ...]] = ("over", "under", "over_mean_mps", "over_most_mps", "over_seconds")

    def scores(self, batch: pa.RecordBatch) -> Scores:
        """The share of each drive."""
        found = Scores()
        for row, signals in enumerate(each(batch["signals"])):
            drive = NO_TELEMETRY if signals is None else limited(signals, self.limit_mps, self.least_mps)
            if isinstance(drive, str):
                found.skipped[drive] += 1
                continue
            total, above = float(drive.seconds.sum()), drive.over > 0
            below = (drive.speed < drive.least) & ~above
            over, under = (float(drive.seconds[where].sum()) for where in (above, below))
            parts: dict[str, float | None] = {"over": over / total, "under": under / total}
            if over:
                deep = float((drive.over * drive.seconds).sum()) / over
                parts |= {"over_mean_mps": deep, "over_most_mps": float(drive.over.max()), "over_seconds": over}
            note = f"{over:.1f} s over the limit, {under:.1f} s under the least"
            found.add(row, min(1.0, max(0.0, 1 - (over + under) / total)), note, parts)
        return found
