"""The membership attack, beside scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.corpus.membership_inference import MembershipInference
from operators.neighbors.columns import BINS, distances


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
