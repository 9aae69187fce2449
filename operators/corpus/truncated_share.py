"""How much of the data the encoder saw only in part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction, Modality
from engine.state import Product, Ratio, TopBy
from engine.value import Value
from operators.corpus._cells import VALIDITY


@dataclass(frozen=True)
class TruncatedShare(Metric[Product]):
    """Share of records longer than the encoder's window, of which every number about embeddings knows only the beginning.

    Descriptive: it is about the encoder, not the data, and says how far those numbers can be trusted.

    Cost: none beside the embedding.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], "embedding_cut": [True, False, None]})
    >>> TruncatedShare().value(TruncatedShare().fold(batch)).value
    0.5

    Source: Reimers and Gurevych 2019, section 3.
    """

    dimension: ClassVar[Mapping[Modality, Dimension]] = VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("embedding_cut",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.NONE
    source: ClassVar[str] = "Reimers and Gurevych 2019, section 3"

    def zero(self) -> Product:
        """No records yet."""
        return Product({"cut": Ratio(), "absent": Ratio(), "top": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the records that were cut."""
        cut = batch["embedding_cut"]
        ids = batch[ID].filter(pc.fill_null(cut, False)).to_numpy(zero_copy_only=False)
        seen, absent = Ratio(len(ids), len(cut) - cut.null_count), Ratio(cut.null_count, len(cut))
        return Product({"cut": seen, "absent": absent, "top": TopBy.of(np.ones(len(ids)), ids)})

    def value(self, state: Product) -> Value:
        """The share."""
        share: Value = state["cut"].share("no record has an embedding")
        absent = {"no embedding": state["absent"].hits} if state["absent"].hits else {}
        return share.with_(skipped=absent, evidence=state["top"].evidence())
