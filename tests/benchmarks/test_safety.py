import numpy as np
import pytest

from benchmarks.safety import area


@pytest.mark.parametrize("seed", range(2))
def test_the_area_is_that_of_scikit_learn_and_its_interval_that_of_a_bootstrap(seed):
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    positive = rng.random(300) < 0.4
    scores = np.round(rng.normal(size=300) + positive, 1)  # with ties
    found = area(positive, scores)
    assert found["auc"] == pytest.approx(roc_auc_score(positive, scores), abs=1e-4)
    draws = rng.integers(0, 300, (400, 300))
    low, high = np.quantile([roc_auc_score(positive[at], scores[at]) for at in draws], [0.025, 0.975])
    assert found["low"] == pytest.approx(low, abs=0.02)
    assert found["high"] == pytest.approx(high, abs=0.02)


def test_by_hand():
    """Of the four pairs of a positive and a negative, three are in order."""
    found = area(np.array([True, True, False, False]), np.array([3.0, 1.0, 2.0, 0.0]))
    assert found["auc"] == 0.75
    assert (found["low"], found["high"]) == (0.057, 1.0)
