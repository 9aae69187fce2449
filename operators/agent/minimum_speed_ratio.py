"""Drives that keep up with the traffic around."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.schema import Dimension, Direction
from operators.agent._drive_means import DriveMean, Scores
from operators.agent._outcomes import outcomes
from operators.agent.infraction_penalty import NO_OUTCOME

_MIN_SPEED = "min_speed"


@dataclass(frozen=True)
class MinimumSpeedRatio(DriveMean):
    """The mean over drives of their speed by that of the traffic around, at most 1.

    Of each drive the mean over its checkpoints of ``min(100 %, mean speed / mean speed of the traffic)``. The percentages are
    those that CARLA's leaderboard reports (``min_speed_infractions``), else those of the signals ``speed`` and
    ``traffic_speed`` over four parts of equal length (`operators.features.driven_outcome`). Capped: a drive that outruns the
    traffic here does not make up for one that blocks it there. Parts: ``kept_up``, the share of drives never slower. Skipped:
    no drive that can be read, no checkpoint.

    0 to 1, higher is better, normal interval. Evidence: the slowest drives. Cost: next to nothing.

    >>> from operators.features.recorded_outcome import RecordedOutcome
    >>> said = ['"Average speed is %s%% of the surrounding traffic"' % share for share in (60, 130)]
    >>> text = '{"infractions": {"min_speed_infractions": [' + ", ".join(said) + "]}}"
    >>> made = RecordedOutcome().open()(pa.RecordBatch.from_pydict({"drive": [text]}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **made})
    >>> MinimumSpeedRatio().value(MinimumSpeedRatio().fold(batch)).value
    0.8

    Source: CARLA Autonomous Driving Leaderboard 2.0 (minimum speed).
    """

    dimension: ClassVar[Dimension] = Dimension.SPEED_COMPLIANCE
    reads: ClassVar[tuple[str, ...]] = ("outcome",)
    unit: ClassVar[str] = "mean ratio"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "CARLA Autonomous Driving Leaderboard 2.0"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(0, 1, 21).tolist())
    label: ClassVar[str] = "speed by the traffic's"
    nothing: ClassVar[str] = "no drive tells its speed beside the traffic's"
    part_names: ClassVar[tuple[str, ...]] = ("kept_up",)

    def scores(self, batch: pa.RecordBatch) -> Scores:
        """The ratio of each drive."""
        found = Scores()
        found.skipped[NO_OUTCOME] += batch["outcome"].null_count
        for row, outcome in outcomes(batch["outcome"]):
            told = [one["amount"] for one in outcome["infractions"] if one["kind"] == _MIN_SPEED]
            shares = [min(1.0, amount / 100) for amount in told if amount is not None]
            if not shares:
                found.skipped["no checkpoint"] += 1
                continue
            found.add(row, float(np.mean(shares)), parts={"kept_up": float(min(shares) >= 1)})
        return found
