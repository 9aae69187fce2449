"""Samples of embeddings, and what is estimated from them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import ID
from engine.state import Product, Ratio, VectorSample
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array
from operators.kernels.vectors import matrix

SIZE = 5000
"""Distinct vectors: as many as MAUVE's authors take, and as can be compared with one another in a second."""


def nothing(size: int) -> Product:
    """No records yet."""
    return Product({"sample": VectorSample(size), "absent": Ratio()})


def drawn(batch: pa.RecordBatch, size: int, labels: Any = None) -> Product:
    """A batch's sample of embeddings and how many records have none. ``labels``: by position among all the batch's rows."""
    column = batch["embedding"]
    mask = valid_mask(column)
    present = column.filter(pa.array(mask))
    at = np.flatnonzero(mask)
    said = None if labels is None else _At(labels, at)
    sample = VectorSample.of(size, hash_array(present)[:, 0], batch[ID].to_numpy()[at], matrix(present)[0], said)
    return Product({"sample": sample, "absent": Ratio(len(mask) - len(at), len(mask))})


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


class _At:
    """Labels by position among some of the rows."""

    def __init__(self, labels: Any, rows: NDArray[np.int64]) -> None:
        self._labels, self._rows = labels, rows

    def __getitem__(self, at: int) -> str:
        return str(self._labels[int(self._rows[at])])
