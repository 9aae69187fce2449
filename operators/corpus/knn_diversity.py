"""How far records are from their neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Quantiles, Ratio, Tally, TopBy
from engine.value import Value
from operators.corpus._search import SELF, quantile, recall

_SHARES = {"5 % quantile": 0.05, "median": 0.5, "95 % quantile": 0.95}


@dataclass(frozen=True)
class KnnDiversity(Metric[Product]):
    """Mean over records of the mean cosine distance to their k nearest other records (k of `relations.neighbors`).

    0 where every record has k copies; it falls as a set of records grows denser, so compare it at equal sizes only. Records
    are told apart by id: a copy is a neighbour at distance 0. Records without an embedding, or without another, are skipped.

    Cost: the embedding, and the search of `relations.neighbors`.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "nearest_mean_distance": [0.25, 0.75]})
    >>> KnnDiversity().value(KnnDiversity().fold(batch)).value
    0.5

    Source: Du and Black 2019, "Boosting Dialog Response Generation", section 3; METRICS 3.3.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("nearest_mean_distance",)
    unit: ClassVar[str] = "cosine distance"
    range: ClassVar[tuple[float, float]] = (0.0, 2.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Du and Black 2019, section 3"

    def zero(self) -> Product:
        """No records yet."""
        return Product({"distance": Moments(), "shape": Quantiles(), "absent": Ratio(), "top": TopBy(), "counts": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Sum the distances; the records in the densest places are evidence."""
        there = batch.filter(batch["nearest_mean_distance"].is_valid())
        ids, far = there[ID].to_numpy(), there["nearest_mean_distance"].to_numpy().clip(0, 2)
        return Product(
            {
                "distance": Moments.of(far),
                "shape": Quantiles.of(far),
                "absent": Ratio(len(batch) - len(ids), len(batch)),
                "top": TopBy.of(-far, ids, lambda at: f"mean distance {far[at]:.3f}"),
                "counts": Tally(),
            }
        )

    def account(self, counts: Mapping[str, int]) -> Product:
        """What the search counted."""
        return Product({**self.zero().states, "counts": Tally(dict(counts))})

    def value(self, state: Product) -> Value:
        """The mean, with quantiles and the recall of the search."""
        absent = {"no embedding": state["absent"].hits} if state["absent"].hits else {}
        mean: Value = state["distance"].mean("no record has a neighbour")
        found = {name: quantile(state["shape"], share, 2.0) for name, share in _SHARES.items()}
        parts = {**{name: value for name, value in found.items() if value is not None}, **recall(state["counts"], SELF)}
        return mean.with_(skipped=absent, parts=parts, evidence=state["top"].evidence())
