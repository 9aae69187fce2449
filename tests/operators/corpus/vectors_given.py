"""Batches of embeddings."""

import numpy as np
import pyarrow as pa

from operators.kernels.vectors import column, matrix


def batch_of(vectors, first=0, shard="part-0.parquet"):
    """Records with these embeddings."""
    n = len(vectors)
    texts = [f"record {at}" for at in range(first, first + n)]
    columns = {"_id": np.arange(first, first + n), "embedding": column(vectors, np.ones(n, bool))}
    return pa.RecordBatch.from_pydict({**columns, "content_text": texts, "_shard": [shard] * n})


def kept(vectors):
    """The vectors as an embedding column keeps them, as float64."""
    return matrix(column(vectors, np.ones(len(vectors), bool)))[0].astype(np.float64)
