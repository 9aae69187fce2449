"""The mean distance to neighbours, beside numpy."""

import numpy as np
import pyarrow as pa
import pytest

from operators.corpus.knn_diversity import KnnDiversity


def value(distances):
    metric = KnnDiversity()
    columns = {"_id": pa.array(range(len(distances)), pa.int64()), "nearest_mean_distance": pa.array(distances, pa.float32())}
    return metric.value(metric.fold(pa.RecordBatch.from_pydict(columns)))


def test_it_is_the_mean_with_quantiles():
    far = np.random.default_rng(0).random(5000).astype(np.float32)
    found = value(far.tolist())
    assert found.value == pytest.approx(far.mean(), rel=1e-6)
    for name, share in (("5 % quantile", 0.05), ("median", 0.5), ("95 % quantile", 0.95)):
        part = found.parts[name]
        assert part.value == pytest.approx(np.quantile(far, share), rel=0.01)
        assert part.low <= part.value <= part.high


def test_the_densest_places_are_shown():
    found = value([0.5, 0.0, 0.9])
    assert found.evidence[0].record == 1


def test_records_without_a_neighbour_are_skipped():
    assert value([0.5, None]).skipped == {"no embedding": 1}
    assert value([]).reason == "no record has a neighbour"
