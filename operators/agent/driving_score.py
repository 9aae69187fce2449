"""How much of their routes drives complete, less what they infringe."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import pyarrow as pa

from engine.schema import Dimension, Direction
from operators.agent._drive_means import DriveMean, Scores
from operators.agent._outcomes import outcomes
from operators.agent._penalty import penalty
from operators.agent.infraction_penalty import NO_OUTCOME, NO_PERCENTAGE, Changed

_SAME = 1e-6
_EDGES = tuple(float(at) for at in range(0, 101, 5))


@dataclass(frozen=True)
class DrivingScore(DriveMean):
    """The mean over drives of route completion times infraction penalty, 0 to 100.

    ``mean(completion% * penalty)``. The penalty is the recorded one, or computed from the infractions by the formula of a
    version of the leaderboard (`agent.infraction_penalty`). Parts: the mean ``completion`` in percent, the mean ``penalty``,
    ``recorded``, the mean of the scores in the records, and ``agrees``, the share of drives whose recorded score is this one.
    Skipped: no drive that can be read, no completion, no penalty.

    0 to 100, higher is better, normal interval. Evidence: the drives with the lowest score. Cost: next to nothing.

    Args:
        penalty: recorded, or the version of the leaderboard whose formula is taken.
        weights: as `agent.infraction_penalty`'s.

    >>> from operators.features.recorded_outcome import RecordedOutcome
    >>> text = '{"scores": {"score_route": 50, "score_penalty": 0.7}, "infractions": {"red_light": ["ran one"]}}'
    >>> made = RecordedOutcome().open()(pa.RecordBatch.from_pydict({"drive": [text]}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **made})
    >>> DrivingScore().value(DrivingScore().fold(batch)).value
    35.0

    Source: CARLA Autonomous Driving Leaderboard (driving score).
    """

    penalty: Literal["recorded", "1.0", "2.0", "2.1"] = "recorded"
    weights: Changed = ()

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("outcome",)
    unit: ClassVar[str] = "mean score of 100"
    range: ClassVar[tuple[float, float]] = (0.0, 100.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "CARLA Autonomous Driving Leaderboard"
    edges: ClassVar[tuple[float, ...]] = _EDGES
    label: ClassVar[str] = "driving score"
    nothing: ClassVar[str] = "no drive has a completion and a penalty"
    part_names: ClassVar[tuple[str, ...]] = ("completion", "penalty", "recorded", "agrees")

    def scores(self, batch: pa.RecordBatch) -> Scores:
        """The score of each drive."""
        found = Scores()
        found.skipped[NO_OUTCOME] += batch["outcome"].null_count
        for row, outcome in outcomes(batch["outcome"]):
            completion, factor = outcome["completion"], outcome["penalty"]
            if self.penalty != "recorded":
                told = [(one["kind"], one["amount"]) for one in outcome["infractions"]]
                factor = penalty(told, self.penalty, dict(self.weights)) if outcome["watched"] else None
            if completion is None or factor is None:
                reason = NO_PERCENTAGE if completion is not None and self.penalty != "recorded" else "no penalty is recorded"
                found.skipped["no completion is recorded" if completion is None else reason] += 1
                continue
            score, recorded = min(completion, 100.0) * min(factor, 1.0), outcome["score"]
            agrees = None if recorded is None else float(abs(recorded - score) < _SAME * 100)
            parts = {"completion": min(completion, 100.0), "penalty": min(factor, 1.0), "recorded": recorded, "agrees": agrees}
            found.add(row, score, parts=parts)
        return found
