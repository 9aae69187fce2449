"""What leaks of the training data, beside brute force and scikit-learn."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.corpus.dcr_share import DcrShare
from operators.corpus.membership_inference import MembershipInference
from operators.corpus.nndr import Nndr
from operators.neighbors.columns import BINS, distances, risk

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


@given(
    st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 0.75, 1.0]), min_size=1, max_size=40),
    st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 0.75, 1.0]), min_size=1, max_size=40),
)
def test_the_area_is_that_of_scikit_learn(members, others):
    metrics = pytest.importorskip("sklearn.metrics")
    counts = {**distances(np.array(members), "members"), **distances(np.array(others), "others")}
    mine = MembershipInference().value(MembershipInference().account(counts))
    labels = [1] * len(members) + [0] * len(others)
    assert mine.value == pytest.approx(metrics.roc_auc_score(labels, members + others))
    assert 0 <= mine.low <= mine.value <= mine.high <= 1


def test_true_positives_at_few_false_ones():
    counts = {"neighbors.members.0": 30, f"neighbors.members.{BINS - 1}": 70, f"neighbors.others.{BINS - 1}": 1000}
    found = MembershipInference().value(MembershipInference().account(counts))
    assert found.parts["true positives at 1 % false positives"].value == pytest.approx(0.3 + 0.7 * 0.01)
    assert found.parts["true positives at 0.1 % false positives"].value == pytest.approx(0.3 + 0.7 * 0.001)
    assert found.value == pytest.approx(0.3 + 0.7 / 2)
    few = MembershipInference().value(MembershipInference().account({"neighbors.members.1": 5, "neighbors.others.2": 5}))
    assert few.parts == {}
    assert "has no record" in MembershipInference().value(MembershipInference().zero()).reason


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
