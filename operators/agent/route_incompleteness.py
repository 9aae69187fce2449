"""What drives leave of their routes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.schema import Dimension, Direction
from operators.agent._drive_means import DriveMean, Scores
from operators.agent._outcomes import outcomes
from operators.agent.infraction_penalty import NO_OUTCOME


@dataclass(frozen=True)
class RouteIncompleteness(DriveMean):
    """The mean share of a route that is not driven.

    ``1 - mean(completion / 100)``. The completion is the simulator's, else that of the positions along ``route`` by CARLA's
    rule (`operators.agent._path`): the length up to the furthest point passed, all of it above 99 % and within 10 m of the end.
    Parts: ``finished``, the share of drives that complete their route. Skipped: no drive that can be read, no completion.

    0 to 1, lower is better, normal interval. Evidence: the drives that leave most. Cost: next to nothing, or a few operations
    for each half metre.

    >>> from operators.features.recorded_outcome import RecordedOutcome
    >>> texts = [f'{{"scores": {{"score_route": {share}}}, "infractions": {{}}}}' for share in (100, 40)]
    >>> made = RecordedOutcome().open()(pa.RecordBatch.from_pydict({"drive": texts}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(2), "_fault": pa.nulls(2, pa.string()), **made})
    >>> value = RouteIncompleteness().value(RouteIncompleteness().fold(batch))
    >>> value.value, value.parts["finished"].value
    (0.3, 0.5)

    Source: Xu et al. 2022, SafeBench (arXiv 2206.09682), section 4; CARLA Autonomous Driving Leaderboard (route completion).
    """

    dimension: ClassVar[Dimension] = Dimension.ROUTE_INCOMPLETENESS
    reads: ClassVar[tuple[str, ...]] = ("outcome",)
    unit: ClassVar[str] = "mean share of the route"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2206.09682, section 4"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(0, 1, 21).tolist())
    label: ClassVar[str] = "share of the route left"
    nothing: ClassVar[str] = "no drive tells how much of its route it completed"
    part_names: ClassVar[tuple[str, ...]] = ("finished",)

    def scores(self, batch: pa.RecordBatch) -> Scores:
        """What each drive leaves."""
        found = Scores()
        found.skipped[NO_OUTCOME] += batch["outcome"].null_count
        for row, outcome in outcomes(batch["outcome"]):
            share = outcome["completion"]
            if share is None:
                found.skipped["no completion is told"] += 1
                continue
            note = f"{min(share, 100.0):.1f} % driven{': ' + outcome['status'][:80] if outcome['status'] else ''}"
            found.add(row, 1 - min(share, 100.0) / 100, note, {"finished": float(share >= 100)})
        return found
