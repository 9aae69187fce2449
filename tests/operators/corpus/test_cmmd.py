"""The discrepancy beside its definition, summed over all pairs."""

import numpy as np
import pytest

from operators.corpus.cmmd import Cmmd
from tests.operators.corpus.vectors_given import batch_of, kept


def measured(mine, theirs):
    return Cmmd().compare(Cmmd().fold(batch_of(mine)), Cmmd().fold(batch_of(theirs)))


def definition(mine, theirs):
    """As google-research/cmmd: the biased estimate with a Gaussian kernel of width 10 on unit vectors, times 1,000."""
    x, y = (kept(one) / np.linalg.norm(kept(one), axis=1, keepdims=True) for one in (mine, theirs))

    def kernel(a, b):
        squares = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
        return np.exp(-squares / 200).mean()

    return 1000 * (kernel(x, x) + kernel(y, y) - 2 * kernel(x, y))


@pytest.mark.parametrize("shift", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("d", [3, 24])
def test_it_is_the_definition_over_all_pairs(shift, d):
    rng = np.random.default_rng(d)
    mine, theirs = rng.normal(size=(300, d)) + shift, rng.normal(size=(500, d))
    value = measured(mine, theirs)
    assert value.value == pytest.approx(definition(mine, theirs), rel=1e-4, abs=1e-9)
    assert 0 < value.parts["of the means"].value <= value.value


def test_with_means_well_apart_it_is_exact_to_a_hundred_thousandth():
    rng = np.random.default_rng(0)
    mine, theirs = 0.2 * rng.normal(size=(200, 16)) + np.eye(16)[0], 0.2 * rng.normal(size=(200, 16)) + np.eye(16)[1]
    assert measured(mine, theirs).value == pytest.approx(definition(mine, theirs), rel=1e-5)


def test_alike_is_nought_and_nothing_is_none():
    points = np.random.default_rng(1).normal(size=(50, 4))
    assert measured(points, points).value == pytest.approx(0, abs=1e-12)
    assert "the reference has no record" in measured(points, points[:0]).reason
    assert "other dimensions" in measured(points, np.ones((3, 5))).reason
