"""The share nearer to the training data, beside brute force."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.corpus.dcr_share import DcrShare
from operators.neighbors.columns import risk

COSINES = st.sampled_from([-1.0, 0.0, 0.25, 0.5, 0.9, 1.0])


def folded(metric, **columns):
    n = len(next(iter(columns.values())))
    batch = pa.RecordBatch.from_pydict({"_id": pa.array(range(n), pa.int64()), **columns})
    return metric.value(metric.fold(batch))


@given(st.lists(st.tuples(COSINES, COSINES), min_size=1, max_size=30))
def test_the_share_nearer_to_the_reference_counts_ties_half(pairs):
    reference, holdout = (np.array(side) for side in zip(*pairs, strict=True))
    found = folded(
        DcrShare(),
        reference_nearest_similarity=pa.array(reference, pa.float32()),
        holdout_nearest_similarity=pa.array(holdout, pa.float32()),
        reference_nearest_id=pa.array(range(len(pairs)), pa.int64()),
        leakage_risk=pa.array(risk(np.sqrt(2 - 2 * reference), np.sqrt(2 - 2 * holdout)), pa.float32()),
    )
    assert found.value == pytest.approx(np.mean((reference > holdout) + 0.5 * (reference == holdout)))
    assert found.low <= found.value <= found.high


def test_the_interval_covers_a_fair_coin_about_as_often_as_it_says():
    rng, covered = np.random.default_rng(0), 0
    for _ in range(400):
        reference, holdout = rng.random((2, 200))
        columns = {"reference_nearest_similarity": reference, "holdout_nearest_similarity": holdout}
        ids = {"reference_nearest_id": np.arange(200), "leakage_risk": np.full(200, 0.5)}
        found = folded(DcrShare(), **{name: pa.array(values) for name, values in {**columns, **ids}.items()})
        covered += found.low <= 0.5 <= found.high
    assert 0.92 < covered / 400 < 0.98
