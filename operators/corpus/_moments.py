"""Second moments of embeddings, for what is exact over all records in one pass."""

import numpy as np
import pyarrow as pa

from engine.state import Product, Ratio, SecondMoment
from operators.kernels.vectors import matrix, unit

UNIT = 0
"""The scale of `SecondMoment` for vectors of length one, which embeddings are then made first."""


def no_moments(scale: int = UNIT) -> Product:
    """No records yet."""
    return Product({"moment": SecondMoment(scale), "absent": Ratio()})


def moments(batch: pa.RecordBatch, scale: int = UNIT) -> Product:
    """The sums of a batch's embeddings and of their outer products, and how many records have none."""
    vectors, valid = matrix(batch["embedding"])
    summed = unit(vectors.astype(np.float64)) if scale == UNIT else vectors
    return Product({"moment": SecondMoment.of(summed, scale), "absent": Ratio(len(valid) - len(vectors), len(valid))})
