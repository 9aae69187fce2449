"""Drives that hit something."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import ExactSum, Product, Ratio, State, Tally, TopBy
from engine.value import Bars, Value
from operators.agent._outcomes import COLLISIONS, outcomes
from operators.agent._rates import per_km
from operators.agent.infraction_penalty import NO_OUTCOME

_UNWATCHED = "no collision could be told"


@dataclass(frozen=True)
class CollisionRate(Metric[Product]):
    """The share of drives with at least one collision.

    Collisions are those that the simulator recorded, else those of the drive's box with the boxes of ``actors``: oriented
    rectangles that overlap at some time (`operators.features.driven_outcome`). Parts: the share of drives that hit a
    ``pedestrian``, a ``vehicle``, something ``static``, of those drives of which that could be told; and collisions ``per_km``
    over the drives that say how far they went. Skipped: no drive that can be read; one that tells of no kind of collision.

    0 to 1, lower is better, Wilson interval; Byar's for the rate. Evidence: the drives with most collisions. Cost: next to
    nothing, or a few operations for each road user and time.

    >>> from operators.features.recorded_outcome import RecordedOutcome
    >>> made = RecordedOutcome().open()(pa.RecordBatch.from_pydict({"drive": ['{"Collision Metric": 1.0}', None]}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(2), "_fault": pa.nulls(2, pa.string()), **made})
    >>> value = CollisionRate().value(CollisionRate().fold(batch))
    >>> value.value, value.parts["vehicle"].value, value.parts["pedestrian"].reason
    (1.0, 1.0, 'not told of any drive')

    Source: Xu et al. 2022, SafeBench (arXiv 2206.09682), section 4 (collision rate); Gottschalk et al. 1996, "OBBTree" (the
    test of separating axes).
    """

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("outcome",)
    unit: ClassVar[str] = "share of drives"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2206.09682, section 4"

    def zero(self) -> Product:
        """No drives."""
        kinds: dict[str, State] = {kind: Ratio() for kind in COLLISIONS}
        states = {"collided": Ratio(), "kinds": Product(kinds), "on_road": Tally(), "km": ExactSum()}
        return Product({**states, "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the drives that hit something."""
        skipped: Counter[str] = Counter({NO_OUTCOME: batch["outcome"].null_count})
        kinds = {kind: Ratio() for kind in COLLISIONS}
        on_road: Counter[str] = Counter()
        rows, numbers, notes, km, n = [], [], [], [], 0
        for row, outcome in outcomes(batch["outcome"]):
            watched = [kind for kind in COLLISIONS if kind in outcome["watched"]]
            if not watched:
                skipped[_UNWATCHED] += 1
                continue
            n += 1
            hit = Counter(one["kind"] for one in outcome["infractions"] if one["kind"] in COLLISIONS)
            for kind in watched:
                kinds[kind] += Ratio(int(hit[kind] > 0), 1)
            if outcome["driven_km"]:
                km.append(outcome["driven_km"])
                on_road["collisions"] += hit.total()
                on_road["drives"] += 1
            if hit:
                rows.append(row)
                numbers.append(float(hit.total()))
                notes.append(", ".join(f"{kind} {times}" for kind, times in sorted(hit.items())))
        return Product(
            {
                "collided": Ratio(len(rows), n),
                "kinds": Product(dict(kinds)),
                "on_road": Tally(dict(on_road)),
                "km": ExactSum.of(np.array(km)),
                "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
                "worst": TopBy.of(np.array(numbers), batch[ID].to_numpy()[rows], lambda at: notes[at]),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of drives that collide."""
        skipped = state["skipped"].nonzero()
        value: Value = state["collided"].share("no drive tells whether it collided")
        if value.value is None:
            return value.with_(skipped=skipped)
        parts = {kind: state["kinds"][kind].share("not told of any drive") for kind in COLLISIONS}
        shown = tuple(kind for kind in COLLISIONS if parts[kind].value is not None)
        plot = Bars(shown, tuple(parts[kind].value or 0.0 for kind in shown), "share of drives that hit one")
        kilometres = state["km"].value()
        rate = per_km(state["on_road"]["collisions"], kilometres, state["on_road"]["drives"]) if kilometres else None
        parts["per_km"] = rate or Value.missing("no drive says how far it went")
        return value.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())
