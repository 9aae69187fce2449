"""Losses for tests: batches of them, and drawn ones."""

import pyarrow as pa


def batch_of(loss, tokens, size=None):
    n = len(loss)
    return pa.RecordBatch.from_pydict(
        {
            "_id": pa.array(range(n), pa.int64()),
            "_fault": pa.nulls(n, pa.string()),
            "loss_sum": pa.array(loss, pa.float64()),
            "loss_tokens": pa.array([None if x is None else int(t) for x, t in zip(loss, tokens, strict=True)], pa.int64()),
            "loss_bytes": pa.array([None if x is None else 4 * int(t) for x, t in zip(loss, tokens, strict=True)], pa.int64()),
            "loss_cut": pa.array([None if x is None else t > 90 for x, t in zip(loss, tokens, strict=True)], pa.bool_()),
        }
    )


def drawn(rng, n, mean=3.0):
    tokens = rng.integers(2, 100, n)
    return tokens * rng.gamma(20, mean / 20, n) + rng.normal(0, 0.1, n) ** 2, tokens
