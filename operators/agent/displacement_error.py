"""How far drives are from those of an expert."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.schema import Dimension, Direction
from operators.agent._drive_means import DriveMean, Scores
from operators.agent._scene import Track, ego_of
from operators.agent._signals import Signal, each
from operators.agent.kinematic_feasibility import NO_TELEMETRY

_EDGES = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)


@dataclass(frozen=True)
class DisplacementError(DriveMean):
    """The mean over drives of the average displacement error: metres from the expert at the same times.

    ``mean over times of |position - expert's position|``, at the drive's own times within those of the expert, whose states are
    interpolated: both are counted from the same zero of time. Parts: ``fde_m``, the displacement at the last common time;
    ``miss_rate``, the share of drives where that is over ``miss_m``; ``heading_rad``, the mean size of the difference of
    headings, wrapped; ``greatest_m``, the mean of the drives' greatest displacements; ``covered``, the mean share of the
    expert's time that the drive has. Skipped: no telemetry or positions on one of the sides, fewer than two times in common.

    0 and up, lower is better, normal interval. Evidence: the drives farthest away. Cost: next to nothing.

    Args:
        miss_m: Argoverse's two metres.

    >>> from operators.features.expert_signals import ExpertSignals
    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> def signals(feature, column, text):
    ...     return feature().open()(pa.RecordBatch.from_pydict({column: [text]}))
    >>> made = signals(TelemetrySignals, "telemetry", '{"t": [0, 1, 2], "x": [0, 1, 2], "y": [0, 1, 5]}')
    >>> made |= signals(ExpertSignals, "expert", '{"t": [0, 2], "x": [0, 2], "y": [0, 0]}')
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **made})
    >>> value = DisplacementError().value(DisplacementError().fold(batch))
    >>> value.value, value.parts["fde_m"].value, value.parts["miss_rate"].value
    (2.0, 5.0, 1.0)

    Source: Chang et al. 2019, Argoverse (arXiv 1911.02620), section 4; Caesar et al. 2021, nuPlan (arXiv 2106.11810).
    """

    miss_m: Annotated[float, Field(gt=0)] = 2.0

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("signals", "expert_signals")
    unit: ClassVar[str] = "metres"
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 1911.02620, section 4"
    edges: ClassVar[tuple[float, ...]] = _EDGES
    label: ClassVar[str] = "metres from the expert"
    nothing: ClassVar[str] = "no drive has positions and an expert's at the same times"
    part_names: ClassVar[tuple[str, ...]] = ("fde_m", "miss_rate", "heading_rad", "greatest_m", "covered")

    def scores(self, batch: pa.RecordBatch) -> Scores:
        """The displacement of each drive."""
        found = Scores()
        for row, (mine, theirs) in enumerate(zip(each(batch["signals"]), each(batch["expert_signals"]), strict=True)):
            both = _tracks(mine, theirs)
            if isinstance(both, str):
                found.skipped[both] += 1
                continue
            ego, expert = both
            times = ego.t[(ego.t >= expert.t[0]) & (ego.t <= expert.t[-1])]
            if len(times) < 2:
                found.skipped["fewer than two times in common"] += 1
                continue
            away, turned = _apart(ego, expert, times)
            last = float(away[-1])
            parts = {"fde_m": last, "miss_rate": float(last > self.miss_m), "heading_rad": float(turned.mean())}
            covered = float((times[-1] - times[0]) / (expert.t[-1] - expert.t[0]))
            parts |= {"greatest_m": float(away.max()), "covered": covered}
            found.add(row, float(away.mean()), f"{away.mean():.2f} m on average, {last:.2f} m at the end", parts)
        return found


def _tracks(mine: dict[str, Signal] | None, theirs: dict[str, Signal] | None) -> tuple[Track, Track] | str:
    found = []
    for side, signals in (("", mine), ("the expert: ", theirs)):
        track = NO_TELEMETRY if signals is None else ego_of(signals, 1.0, 1.0)
        if isinstance(track, str):
            return f"{side}{track}"
        found.append(track)
    return found[0], found[1]


def _apart(ego: Track, expert: Track, times: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metres and radians between the two at some times."""
    mine, theirs = ego.boxes(times), expert.boxes(times)
    turn = (mine[:, 2] - theirs[:, 2] + np.pi) % (2 * np.pi) - np.pi
    return np.hypot(*(mine[:, :2] - theirs[:, :2]).T), np.abs(turn)
