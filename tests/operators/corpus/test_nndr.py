"""The ratio of distances, beside numpy's quantile."""

import numpy as np
import pyarrow as pa
import pytest

from operators.corpus.nndr import Nndr


def folded(metric, **columns):
    n = len(next(iter(columns.values())))
    batch = pa.RecordBatch.from_pydict({"_id": pa.array(range(n), pa.int64()), **columns})
    return metric.value(metric.fold(batch))


def test_the_ratio_of_distances():
    first, second = np.linspace(0.5, 0.9, 101), np.full(101, 0.5)
    found = folded(
        Nndr(),
        reference_nearest_similarity=pa.array(first, pa.float32()),
        reference_nearest_id=pa.array(range(101), pa.int64()),
        reference_second_similarity=pa.array(second, pa.float32()),
        holdout_nearest_similarity=pa.nulls(101, pa.float32()),
        holdout_second_similarity=pa.nulls(101, pa.float32()),
    )
    ratios = np.sqrt(2 - 2 * first) / np.sqrt(2 - 2 * second)
    assert found.value == pytest.approx(np.quantile(ratios, 0.05), rel=0.02)
    assert found.low <= found.value <= found.high
    assert "the same of the holdout" not in found.parts
    copies = pa.array([1.0, 1.0], pa.float32())
    same = folded(
        Nndr(),
        reference_nearest_similarity=copies,
        reference_nearest_id=pa.array([1, 2], pa.int64()),
        reference_second_similarity=copies,
        holdout_nearest_similarity=copies,
        holdout_second_similarity=copies,
    )
    assert same.value == pytest.approx(1, rel=0.01)  # two copies in the reference single nobody out
