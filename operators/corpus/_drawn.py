"""Samples of embeddings, and what is estimated from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.schema import ID, SHARD
from engine.state import Product, Ratio, VectorSample
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array
from operators.kernels.vectors import matrix

SIZE = 5000
"""Distinct vectors: as many as MAUVE's authors take, and as can be compared with one another in a second."""
_CHARACTERS = 120


def nothing(size: int, labelled: int = 0) -> Product:
    """No records yet."""
    return Product({"sample": VectorSample(size, labelled=labelled), "absent": Ratio()})


def drawn(batch: pa.RecordBatch, size: int, labelled: int = 0) -> Product:
    """A batch's sample of embeddings, and how many records have none.

    Of the first ``labelled`` also the shard and the beginning of the text: the batch has `SHARD` and ``content_text`` then.
    """
    column = batch["embedding"]
    mask = valid_mask(column)
    present = column.filter(pa.array(mask))
    at = np.flatnonzero(mask)
    labels = _Labels(batch, at) if labelled else None
    sample = VectorSample.of(size, hash_array(present)[:, 0], batch[ID].to_numpy()[at], matrix(present)[0], labelled, labels)
    return Product({"sample": sample, "absent": Ratio(len(mask) - len(at), len(mask))})


@dataclass(frozen=True)
class SampleComparison(Comparison[Product]):
    """A comparison of samples of both sides' embeddings."""

    size: Annotated[int, Field(ge=2, le=20_000)] = SIZE

    reads: ClassVar[tuple[str, ...]] = ("embedding",)

    def zero(self) -> Product:
        """No records yet."""
        return nothing(self.size)

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw from the embeddings."""
        return drawn(batch, self.size)


def skipped(state: Product) -> Mapping[str, int]:
    """Records of the subject without an embedding."""
    return {"no embedding": state["absent"].hits} if state["absent"].hits else {}


def few(subject: VectorSample, reference: VectorSample, least: int, least_of_reference: int) -> str | None:
    """Why two samples cannot be compared; None where they can."""
    for side, sample, wanted in (("subject", subject, least), ("reference", reference, least_of_reference)):
        if len(sample.ids) < wanted:
            return f"the {side} has {len(sample.ids)} distinct embeddings, fewer than {wanted}"
    if subject.vectors.shape[1] != reference.vectors.shape[1]:
        return "subject and reference have embeddings of other dimensions"
    return None


class _Labels:
    """The shard and the beginning of the text of some of a batch's rows, read only where they are asked for."""

    def __init__(self, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> None:
        self._shards, self._texts, self._rows = batch[SHARD], batch["content_text"], rows

    def __getitem__(self, at: int) -> tuple[str, str]:
        row = int(self._rows[at])
        text = self._texts[row]
        head = text.as_buffer().to_pybytes()[: 4 * _CHARACTERS].decode("utf-8", "replace") if text.is_valid else ""
        return str(self._shards[row]), head[:_CHARACTERS]
