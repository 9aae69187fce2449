"""How much of the space of scenarios is occupied."""

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, RatioBy, Tally
from engine.value import Bars, Value
from operators.agent._scenarios import AXES
from operators.kernels.divergence import normalised_entropy

_ORDER = (*AXES, "action")
_MOST_CELLS = 1 << 16
_MOST_OF_ONE = 4096


@dataclass(frozen=True)
class ScenarioCoverage(Metric[Product]):
    """The share of the cells of the space of scenarios in which there is one: ``occupied / reachable``.

    A cell is a class of each axis that the data has: speed, density of road users or events, geometry of the way, weather, and
    action, the type of an event or manoeuvre (`operators.features.scenario_facts` of scenarios,
    `operators.features.drive_traits` of telemetry). A scenario with several actions is in a cell for each. Reachable is every
    combination of the axes' classes; actions are those that ``actions`` lists, else those that occur, so that coverage is then
    of the combinations alone. Parts: for each axis the share of its classes that occur, and ``entropy``, Shannon's of the
    scenarios over the occupied cells by that of as many equal shares. Skipped: no traits.

    0 to 1, higher is better; it can only grow with more scenarios. Cost: a count for each scenario and action; of over 65,536
    cells those with the smallest hash are kept, and there is no value.

    Args:
        actions: all that could be.

    >>> traits = [[{"axis": "geometry", "value": way}, {"axis": "weather", "value": "rain"}] for way in ("bend", "straight")]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(2), "_fault": pa.nulls(2, pa.string()), "traits": traits})
    >>> value = ScenarioCoverage().value(ScenarioCoverage().fold(batch))
    >>> round(value.value, 3), round(value.parts["geometry"].value, 3)
    (0.111, 0.667)

    Source: The LLM Data Auditor (arXiv 2601.17717), agent diversity; ISO 34502:2022, annex C (coverage of scenario spaces).
    """

    actions: tuple[str, ...] = ()

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("traits",)
    unit: ClassVar[str] = "share of cells"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, agent diversity"

    def zero(self) -> Product:
        """No scenarios."""
        return Product({"cells": RatioBy(_MOST_CELLS), "axes": Product(), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the scenarios in each cell."""
        cells: list[str] = []
        values: dict[str, list[str]] = {}
        missing = 0
        for traits in batch["traits"].to_pylist():
            if not traits:
                missing += 1
                continue
            own: dict[str, list[str]] = {}
            for trait in traits:
                own.setdefault(trait["axis"], []).append(trait["value"])
            axes = [axis for axis in _ORDER if axis in own]
            cells += ["\n".join(cell) for cell in product(*(own[axis][:_MOST_OF_ONE] for axis in axes))]
            for axis in axes:
                values.setdefault(axis, []).extend(own[axis])
        return Product(
            {
                "cells": _counted(cells, _MOST_CELLS),
                "axes": Product({axis: _counted(found, _MOST_OF_ONE) for axis, found in values.items()}),
                "skipped": Tally({"no traits": missing} if missing else {}),
            }
        )

    def value(self, state: Product) -> Value:
        """Occupied by reachable."""
        skipped = state["skipped"].nonzero()
        cells: RatioBy = state["cells"]
        axes = {axis: set(state["axes"][axis].ratios) for axis in _ORDER if axis in state["axes"]}
        if not axes:
            return Value.missing("no record has traits of a scenario", skipped)
        if cells.dropped:
            return Value.missing(f"there are more than {_MOST_CELLS:,} cells", skipped)
        classes = {axis: len(AXES[axis]) if axis in AXES else len(found | {*self.actions}) for axis, found in axes.items()}
        counts = np.array([n for _, n in cells.ratios.values()])
        n, reachable = int(counts.sum()), prod(classes.values())
        shares = {axis: len(found) / classes[axis] for axis, found in axes.items()}
        parts = {axis: Value.exact(min(1.0, share), n) for axis, share in shares.items()}
        parts["entropy"] = Value.exact(normalised_entropy(counts), n)
        plot = Bars(tuple(shares), tuple(shares.values()), "share of classes that occur")
        return Value.exact(min(1.0, len(counts) / reachable), n).with_(skipped=skipped, parts=parts, plot=plot)


def _counted(names: list[str], size: int) -> RatioBy:
    return RatioBy.of(pa.array(names, pa.string()), np.zeros(len(names), bool), size)
