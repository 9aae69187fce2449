"""What infractions cost a drive, by the CARLA leaderboard's formula."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import AfterValidator

from engine.errors import PlanError
from engine.schema import Dimension, Direction
from operators.agent._drive_means import DriveMean, Scores
from operators.agent._outcomes import KINDS, SHARES, outcomes
from operators.agent._penalty import Version, penalty

_SAME = 1e-6
_EDGES = tuple(at / 20 for at in range(21))
NO_OUTCOME, NO_PERCENTAGE = "no drive that can be read", "a percentage is not recorded"


def known_kinds(changed: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    """The changed weights, if they are of kinds that have one.

    Raises:
        PlanError: where one is not.
    """
    for kind, weight in changed:
        if kind not in KINDS or kind in SHARES or not 0 <= weight <= 1e6:
            raise PlanError(f"'{kind}' = {weight} is no weight of an infraction: name one of {', '.join(KINDS)}")
    return changed


Changed = Annotated[tuple[tuple[str, float], ...], AfterValidator(known_kinds)]


@dataclass(frozen=True)
class InfractionPenalty(DriveMean):
    """The mean over drives of the factor, 0 to 1, by which infractions lower the score; 1 where there are none.

    Computed from the recorded infractions by the formula of ``version_of_carla`` (`operators.agent._penalty`): versions 1.0
    and 2.0 multiply a factor for each infraction, 2.1 divides by one plus a sum. Parts: ``recorded``, the mean of the penalties
    in the records, and ``agrees``, the share of drives whose recorded penalty is this one. Skipped: no drive that can be read;
    an infraction whose percentage the formula needs and the record lacks.

    0 to 1, higher is better, normal interval. Evidence: the drives with the lowest factor. Cost: next to nothing.

    Args:
        version_of_carla: of the leaderboard.
        weights: kinds whose weight is another than the version's, such as ``[["stop_sign", 1.0]]``.

    >>> hit = {"watched": ["red_light", "vehicle"], "infractions": [{"kind": kind} for kind in ("red_light", "vehicle")]}
    >>> outcome = pa.array([hit, None], pa.struct({"watched": pa.list_(pa.string()), "penalty": pa.float64(),
    ...     "infractions": pa.list_(pa.struct({"kind": pa.string(), "amount": pa.float64()}))}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "outcome": outcome})
    >>> round(InfractionPenalty().value(InfractionPenalty().fold(batch)).value, 4)
    0.4762

    Source: CARLA Autonomous Driving Leaderboard, versions 1.0, 2.0 and 2.1 (infraction penalty).
    """

    version_of_carla: Version = "2.1"
    weights: Changed = ()

    dimension: ClassVar[Dimension] = Dimension.RULE_VIOLATION
    reads: ClassVar[tuple[str, ...]] = ("outcome",)
    unit: ClassVar[str] = "mean factor of the score"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "CARLA Autonomous Driving Leaderboard 1.0, 2.0, 2.1"
    edges: ClassVar[tuple[float, ...]] = _EDGES
    label: ClassVar[str] = "infraction penalty"
    nothing: ClassVar[str] = "no drive has infractions that can be read"
    part_names: ClassVar[tuple[str, ...]] = ("recorded", "agrees")

    def scores(self, batch: pa.RecordBatch) -> Scores:
        """The factor of each drive."""
        found = Scores()
        found.skipped[NO_OUTCOME] += batch["outcome"].null_count
        for row, outcome in outcomes(batch["outcome"]):
            told = [(one["kind"], one["amount"]) for one in outcome["infractions"]]
            factor = penalty(told, self.version_of_carla, dict(self.weights)) if outcome["watched"] else None
            if factor is None:
                found.skipped[NO_PERCENTAGE if outcome["watched"] else NO_OUTCOME] += 1
                continue
            recorded = outcome["penalty"]
            agrees = None if recorded is None else float(abs(recorded - factor) < _SAME)
            kinds = ", ".join(sorted({kind for kind, _ in told})).replace("_", " ") or "no infraction"
            found.add(row, factor, f"{factor:.4g}: {kinds}", {"recorded": recorded, "agrees": agrees})
        return found
