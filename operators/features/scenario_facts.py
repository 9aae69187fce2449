"""What stands against running a scenario, and what is in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.feature import Columns, Feature
from operators.agent._scenarios import FAULT_LIST, SHAPE, TRAITS, scenario_of


@dataclass(frozen=True)
class ScenarioFacts(Feature):
    """``scenario_faults``, ``traits`` and ``scenario_shape`` of ``scenario``: a route of CARLA's XML, or OpenSCENARIO.

    Faults with their places; classes by axis (density, geometry, weather, action); and what two scenarios share that are alike
    in their agents, road or weather (`operators.agent._scenarios`). Without faults of the kind ``malformed`` or
    ``unknown_layout`` there are traits and a shape; else both are null. Nothing that the text refers to is opened.

    >>> text = "<route id='1' town='Town01'><waypoint x='0' y='0'/><waypoint x='9' y='0'/></route>"
    >>> made = ScenarioFacts().open()(pa.RecordBatch.from_pydict({"scenario": [text, "<a"]}))
    >>> made["scenario_faults"].to_pylist()[0], made["scenario_shape"].to_pylist()
    ([], [{'agents': '', 'road': 'Town01, straight, under 0.5 km', 'weather': 'unspecified'}, None])
    """

    reads: ClassVar[tuple[str, ...]] = ("scenario",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"scenario_faults": FAULT_LIST, "traits": TRAITS, "scenario_shape": SHAPE}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return _columns


def _columns(batch: pa.RecordBatch) -> Columns:
    found = [None if text is None else scenario_of(text) for text in batch["scenario"].to_pylist()]
    faults = [one and [{"fault": fault, "place": place} for fault, place in one.faults] for one in found]
    read = [one if one is not None and one.traits else None for one in found]
    traits = [one and [{"axis": axis, "value": value} for axis, value in one.traits] for one in read]
    shapes = [one and {name: getattr(one, name) for name in SHAPE.names} for one in read]
    return {
        "scenario_faults": pa.array(faults, FAULT_LIST),
        "traits": pa.array(traits, TRAITS),
        "scenario_shape": pa.array(shapes, SHAPE),
    }
