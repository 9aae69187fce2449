"""Scenarios that can be run."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.agent._scenarios import FAULTS

_SHOWN = 120


@dataclass(frozen=True)
class ScenarioValidity(Metric[Product]):
    """The share of scenarios against which nothing stands that their text shows.

    A route of CARLA's XML: an id and a town; two waypoints or more; every coordinate of a waypoint or trigger a number; weather
    in numbers within range; scenarios with a name, a type and a trigger point. OpenSCENARIO 1.x: a header, road
    network, entities and storyboard with its beginning and stop trigger; entities with names of their own; every reference to
    an entity names one; every parameter is declared. Both: well-formed, no document type, at most 64 levels, 200,000 elements
    and 16 MiB. Whether an actor stands on a lane would need the map, which is not opened. Parts: for each fault the share of
    scenarios with it. Skipped: null.

    0 to 1, higher is better, Wilson interval. Evidence: the scenarios with most faults. Cost: a parse of the XML.

    >>> from operators.features.scenario_facts import ScenarioFacts
    >>> point = "<waypoint x='0' y='%s'/>"
    >>> texts = [f"<route id='1' town='a'>{point % 0}{point % y}</route>" for y in ("5", "north")]
    >>> made = ScenarioFacts().open()(pa.RecordBatch.from_pydict({"scenario": texts}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(2), "_fault": pa.nulls(2, pa.string()), **made})
    >>> value = ScenarioValidity().value(ScenarioValidity().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'not a number: waypoint y=north')

    Source: CARLA Autonomous Driving Leaderboard (routes); ASAM OpenSCENARIO XML 1.3; The LLM Data Auditor (arXiv 2601.17717),
    agent executability.
    """

    dimension: ClassVar[Dimension] = Dimension.EXECUTABILITY
    reads: ClassVar[tuple[str, ...]] = ("scenario_faults",)
    unit: ClassVar[str] = "share of scenarios"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "ASAM OpenSCENARIO XML 1.3; arXiv 2601.17717, agent executability"

    def zero(self) -> Product:
        """No scenarios."""
        return Product({"valid": Ratio(), "faults": Tally(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the scenarios without a fault."""
        found = batch["scenario_faults"].to_pylist()
        bad = [(row, faults) for row, faults in enumerate(found) if faults]
        kinds = [kind for _, faults in bad for kind in {fault["fault"] for fault in faults}]
        there = len(found) - batch["scenario_faults"].null_count
        without = len(found) - there
        return Product(
            {
                "valid": Ratio(there - len(bad), there),
                "faults": Tally({kind: kinds.count(kind) for kind in set(kinds)}),
                "skipped": Tally({"no scenario": without} if without else {}),
                "worst": TopBy.of(
                    np.array([float(len(faults)) for _, faults in bad]),
                    batch[ID].to_numpy()[[row for row, _ in bad]],
                    lambda at: masked(f"{bad[at][1][0]['fault'].replace('_', ' ')}: {bad[at][1][0]['place']}")[:_SHOWN],
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of scenarios without a fault."""
        valid: Ratio = state["valid"]
        value: Value = valid.share("no record has a scenario").with_(skipped=state["skipped"].nonzero())
        if value.value is None:
            return value
        parts = {fault: Ratio(state["faults"][fault], valid.n).share() for fault in FAULTS}
        shown = tuple(fault for fault in FAULTS if parts[fault].value)
        plot = Bars(shown, tuple(parts[fault].value or 0.0 for fault in shown), "share of scenarios") if shown else None
        return value.with_(parts=parts, plot=plot, evidence=state["worst"].evidence())
