"""Models on tables: by hand, against scikit-learn on pandas, and what must not be told apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, r2_score, roc_auc_score

from operators.table.models import auc, macro_f1, r_squared
from operators.tabular.detection import Detection
from operators.tabular.tstr import Tstr
from tests.operators.tabular.model_tables import made_up, value_of


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(1, 3)), min_size=2, max_size=30))
def test_scores_are_those_of_scikit_learn(rows):
    scores, positive, weights = (np.array(part) for part in zip(*rows, strict=True))
    if 0 < positive.sum() < len(positive):
        expected = roc_auc_score(positive, scores, sample_weight=weights)
        assert auc(scores.astype(float), positive, weights.astype(float)) == pytest.approx(expected)
    labels = scores[::-1] % 3
    expected = f1_score(labels, scores % 3, average="macro", labels=np.unique(labels), sample_weight=weights)
    assert macro_f1(scores % 3, labels, weights.astype(float)) == pytest.approx(expected)
    found = r_squared(scores.astype(float), labels.astype(float), weights.astype(float))
    if found is not None:
        assert found == pytest.approx(r2_score(labels, scores, sample_weight=weights))


def test_the_same_rows_in_another_order_give_the_same_number():
    real, fresh = made_up(300, 1), made_up(300, 2)
    order = np.random.default_rng(0).permutation(300)
    shuffled = {name: cells[order] for name, cells in fresh.items()}
    for metric in (Tstr(), Detection()):
        assert value_of(metric, fresh, real).value == value_of(metric, shuffled, real).value
