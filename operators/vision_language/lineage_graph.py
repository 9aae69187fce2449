"""Records whose chain of parents is all there."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Histogram, Product
from engine.value import Value
from operators.vision_language._shares import counted, nothing, share

_EDGES = tuple(float(2.0**power) for power in range(21))


@dataclass(frozen=True)
class LineageGraph(Metric[Product]):
    """The share of records that name a parent whose chain of parents ends at a record that names none.

    ``whole / records with a parent_id``. Parts: ``unknown`` (the parent, or one further up, is no record of the data) and
    ``cyclic`` (the chain comes back to a record that it was at, so that nothing can be its beginning). Skipped: records that
    name no parent. The plot counts whole chains by their length.

    0 to 1, higher is better, Wilson interval. Cost: that of the relation `relations.parents`.

    >>> columns = {"_id": range(3), "parent_state": ["root", "whole", "cyclic"], "parent_depth": [0, 1, None]}
    >>> value = LineageGraph().value(LineageGraph().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.skipped, value.evidence[0].note
    (0.5, {'names no parent': 1}, 'cyclic')

    Source: METRICS 7.6.
    """

    dimension: ClassVar[Dimension] = Dimension.PROVENANCE
    reads: ClassVar[tuple[str, ...]] = ("parent_state", "parent_depth")
    unit: ClassVar[str] = "share of records with a parent"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "METRICS 7.6"

    def zero(self) -> Product:
        """No records."""
        return nothing() + Product({"depth": Histogram(_EDGES)})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count where chains go."""
        states = np.array(batch["parent_state"].fill_null("root").to_pylist(), object)
        seen, whole = states != "root", states == "whole"
        kinds = {kind: states == kind for kind in ("unknown", "cyclic")}
        state = counted(batch, seen, whole, kinds, "names no parent", lambda row: str(states[row]), seen & ~whole)
        depth = batch["parent_depth"].cast(pa.float64()).fill_null(0).to_numpy()
        return state + Product({"depth": Histogram.of(depth[whole], _EDGES)})

    def value(self, state: Product) -> Value:
        """The share whose chain is whole."""
        found = share(state, "no record names a parent")
        return found if found.value is None else found.with_(plot=state["depth"].bins("records up to the root", log_x=True))
