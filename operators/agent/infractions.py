"""Broken rules and collisions by kind, per drive and per kilometre."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import ExactSum, Moments, Product, Tally, TopBy
from engine.value import Bars, Value
from operators.agent._outcomes import COLLISIONS, KINDS, RULES, outcomes
from operators.agent._rates import per_km
from operators.agent.infraction_penalty import NO_OUTCOME

_COUNTED = frozenset((*COLLISIONS, *RULES))


@dataclass(frozen=True)
class Infractions(Metric[Product]):
    """Infractions per driven kilometre: collisions and broken rules.

    ``infractions / kilometres``, both over the drives that tell of some kind and say how far they went. A time-out or a blocked
    agent ends a drive and breaks no rule; a report of low speed is no infraction (`agent.minimum_speed_ratio`): they are in the
    parts alone. Parts, of each kind that some record tells of: ``per_km/kind``, over the drives that tell of that kind;
    ``per_drive/kind``; and ``mean_per_km/kind``, the mean of the drives' own rates, where short drives weigh as much as long
    ones (the CARLA leaderboard sums these rates, with the completion in percent as if it were a share: its table shows the
    sum over a hundred). A drive of no length is left out of rates by kilometre. Skipped: no drive that can be read, no length.

    0 and up, lower is better. Intervals of rates: Byar's for a Poisson count. Evidence: the drives with most infractions.
    Cost: next to nothing.

    >>> from operators.features.recorded_outcome import RecordedOutcome
    >>> text = '{"scores": {"score_route": 50}, "meta": {"route_length": 800}, "infractions": {"red_light": ["ran one"]}}'
    >>> made = RecordedOutcome().open()(pa.RecordBatch.from_pydict({"drive": [text]}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **made})
    >>> value = Infractions().value(Infractions().fold(batch))
    >>> value.value, value.parts["per_drive/red_light"].value
    (2.5, 1.0)

    Source: CARLA Autonomous Driving Leaderboard; Xu et al. 2022, SafeBench (arXiv 2206.09682), section 4; Breslow and Day 1987,
    volume II, section 2.2 (Byar's interval).
    """

    dimension: ClassVar[Dimension] = Dimension.RULE_VIOLATION
    reads: ClassVar[tuple[str, ...]] = ("outcome",)
    unit: ClassVar[str] = "infractions per km"
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "CARLA Autonomous Driving Leaderboard; arXiv 2206.09682, section 4"

    def zero(self) -> Product:
        """No drives."""
        empty = {name: Product() for name in ("km", "rates", "counts")}
        states = {"all": Tally(), "all_km": ExactSum(), "on_road": Tally(), "skipped": Tally(), "worst": TopBy()}
        return Product({**empty, **states})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count each drive's infractions."""
        skipped: Counter[str] = Counter({NO_OUTCOME: batch["outcome"].null_count})
        counts: dict[str, list[int]] = {}
        on_road: Counter[str] = Counter()
        km: dict[str, list[float]] = {}
        rates: dict[str, list[float]] = {}
        total, lengths, rows, numbers = 0, [], [], []
        for row, outcome in outcomes(batch["outcome"]):
            if not outcome["watched"]:
                skipped[NO_OUTCOME] += 1
                continue
            told = Counter(one["kind"] for one in outcome["infractions"])
            driven = outcome["driven_km"]
            broken = sum(n for kind, n in told.items() if kind in _COUNTED)
            for kind in outcome["watched"]:
                counts.setdefault(kind, []).append(told[kind])
            if not driven:
                skipped["no length of the drive"] += 1
            else:
                total += broken
                lengths.append(driven)
                for kind in outcome["watched"]:
                    on_road[kind] += told[kind]
                    km.setdefault(kind, []).append(driven)
                    rates.setdefault(kind, []).append(told[kind] / driven)
            if broken:
                rows.append(row)
                numbers.append(float(broken))
        return Product(
            {
                "counts": Product({kind: Moments.of(np.array(n, np.float64)) for kind, n in counts.items()}),
                "km": Product({kind: ExactSum.of(np.array(far)) for kind, far in km.items()}),
                "rates": Product({kind: Moments.of(np.array(rate)) for kind, rate in rates.items()}),
                "on_road": Tally(dict(on_road)),
                "all": Tally({"infractions": total, "drives": len(lengths)} if lengths else {}),
                "all_km": ExactSum.of(np.array(lengths)),
                "skipped": Tally({reason: n for reason, n in skipped.items() if n}),
                "worst": TopBy.of(np.array(numbers), batch[ID].to_numpy()[rows], lambda at: f"{numbers[at]:.0f} infractions"),
            }
        )

    def value(self, state: Product) -> Value:
        """Infractions by kilometres."""
        skipped = state["skipped"].nonzero()
        kinds = [kind for kind in KINDS if kind in state["counts"]]
        parts = {f"per_km/{kind}": _rate(state, kind) for kind in kinds if kind in state["km"]}
        parts |= {f"per_drive/{kind}": state["counts"][kind].mean(within=self.range) for kind in kinds}
        parts |= {
            f"mean_per_km/{kind}": state["rates"][kind].mean(within=self.range) for kind in kinds if kind in state["rates"]
        }
        if not kinds:
            return Value.missing("no drive has infractions that can be read", skipped)
        kilometres = state["all_km"].value()
        if not kilometres:
            return Value.missing("no record says how far was driven", skipped).with_(parts=parts)
        value = per_km(state["all"]["infractions"], kilometres, state["all"]["drives"])
        shown = [kind for kind in kinds if kind in state["km"]]
        bars = tuple(parts[f"per_km/{kind}"].value or 0.0 for kind in shown)
        plot = Bars(tuple(shown), bars, "infractions per km")
        return value.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())


def _rate(state: Product, kind: str) -> Value:
    far: Any = state["km"][kind].value()
    return per_km(state["on_road"][kind], far, state["rates"][kind].n)
