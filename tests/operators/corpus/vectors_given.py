"""Batches of embeddings."""

import numpy as np
import pyarrow as pa

from operators.kernels.vectors import column, matrix


def batch_of(vectors, first=0):
    """Records with these embeddings."""
    n = len(vectors)
    return pa.RecordBatch.from_pydict({"_id": np.arange(first, first + n), "embedding": column(vectors, np.ones(n, bool))})


def kept(vectors):
    """The vectors as an embedding column keeps them, as float64."""
    return matrix(column(vectors, np.ones(len(vectors), bool)))[0].astype(np.float64)
