"""How much of the data is not already in the reference."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction, Side
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.corpus._search import REFERENCE, recall


@dataclass(frozen=True)
class Novelty(Metric[Product]):
    """Share of records that have no record of the reference at a cosine of ``threshold`` or more.

    1 where nothing is like the reference; records below that say again what is known. Records without an embedding are skipped.

    Cost: the embedding of both sides, and the search of `relations.neighbors`.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "nearest_id": [1, 0], "reference_nearest_id": [7, 8],
    ...                                     "reference_nearest_similarity": [0.5, 0.99]})
    >>> Novelty().value(Novelty().fold(batch)).value
    0.5

    Source: You et al. 2018, "GraphRNN", section 4.3 (novelty, of embeddings); METRICS 6.3.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("reference_nearest_id", "reference_nearest_similarity")
    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE,)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "You et al. 2018, section 4.3"

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.95

    def zero(self) -> Product:
        """No records yet."""
        return Product({"novel": Ratio(), "absent": Ratio(), "top": TopBy(), "counts": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the records that are far from the reference; the nearest are evidence."""
        there = batch.filter(batch["reference_nearest_similarity"].is_valid())
        names = (ID, "reference_nearest_id", "reference_nearest_similarity")
        ids, other, cosine = (there[name].to_numpy() for name in names)
        known = cosine >= self.threshold
        top = TopBy.of(cosine[known], ids[known], lambda at: f"cosine {cosine[known][at]:.3f}", others=other[known])
        absent = Ratio(len(batch) - len(ids), len(batch))
        return Product({"novel": Ratio(int((~known).sum()), len(ids)), "absent": absent, "top": top, "counts": Tally()})

    def account(self, counts: Mapping[str, int]) -> Product:
        """What the search counted."""
        return Product({**self.zero().states, "counts": Tally(dict(counts))})

    def value(self, state: Product) -> Value:
        """The share, with the recall of the search."""
        absent = {"no embedding": state["absent"].hits} if state["absent"].hits else {}
        share: Value = state["novel"].share("no record has a neighbour in the reference")
        return share.with_(skipped=absent, parts=recall(state["counts"], REFERENCE), evidence=state["top"].evidence())
