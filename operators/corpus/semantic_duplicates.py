"""How much of the data says again what other records say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Histogram, Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.corpus._search import SELF, recall

_EDGES = tuple(step / 50 for step in range(-50, 51))
_BESIDE = (0.9, 0.99)


@dataclass(frozen=True)
class SemanticDuplicates(Metric[Product]):
    """Share of records whose nearest other record has a cosine of at least ``threshold`` to them.

    0 is best. Paraphrases and translations count, which n-grams do not see; so do texts that only share their topic where the
    encoder is coarse: look at the pairs shown, and at the shares at 0.9 and 0.99. Records without an embedding are skipped.
    Where the search was not exact its recall, measured on a sample against exact search, stands among the parts.

    Cost: the embedding, and the search of `relations.neighbors`.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "nearest_id": [1, 0], "nearest_similarity": [0.97, 0.97]})
    >>> SemanticDuplicates().value(SemanticDuplicates().fold(batch)).value
    1.0

    Source: Abbas et al. 2023, "SemDeDup", section 3.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("nearest_id", "nearest_similarity")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Abbas et al. 2023, section 3"

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.95

    def zero(self) -> Product:
        """No records yet."""
        shares = {f"{at:g}": Ratio() for at in (self.threshold, *_BESIDE)}
        more = {"absent": Ratio(), "top": TopBy(), "cosines": Histogram(_EDGES), "counts": Tally()}
        return Product({**shares, **more})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the records that have a near one; of each pair the later record is evidence."""
        there = batch.filter(batch["nearest_similarity"].is_valid())
        ids, other, cosine = (there[name].to_numpy() for name in (ID, "nearest_id", "nearest_similarity"))
        n, later = len(ids), (cosine >= self.threshold) & (ids > other)
        top = TopBy.of(cosine[later], ids[later], lambda at: f"cosine {cosine[later][at]:.3f}", others=other[later])
        shares = {f"{at:g}": Ratio(int((cosine >= at).sum()), n) for at in (self.threshold, *_BESIDE)}
        absent = Ratio(len(batch) - n, len(batch))
        more = {"absent": absent, "top": top, "cosines": Histogram.of(cosine, _EDGES), "counts": Tally()}
        return Product({**shares, **more})

    def account(self, counts: Mapping[str, int]) -> Product:
        """What the search counted."""
        return Product({**self.zero().states, "counts": Tally(dict(counts))})

    def value(self, state: Product) -> Value:
        """The share, with those at other thresholds and the recall of the search."""
        absent = {"no embedding": state["absent"].hits} if state["absent"].hits else {}
        share: Value = state[f"{self.threshold:g}"].share("no record has a neighbour")
        beside = {f"at a cosine of {at:g}": state[f"{at:g}"].share("no record has a neighbour") for at in _BESIDE}
        plot = state["cosines"].bins("cosine to the nearest other record")
        parts = {**beside, **recall(state["counts"], SELF)}
        return share.with_(skipped=absent, parts=parts, plot=plot, evidence=state["top"].evidence())
