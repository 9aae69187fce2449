"""MAUVE beside its authors' package: exactly on the same histograms, closely on the same vectors."""

import numpy as np
import pytest

from operators.corpus.mauve import Mauve
from operators.kernels.mauve import mauve
from tests.operators.corpus.vectors_given import batch_of, kept


def measured(mine, theirs, **parameters):
    metric = Mauve(**parameters)
    return metric.compare(metric.fold(batch_of(mine)), metric.fold(batch_of(theirs)))


def published(p, q):
    package = pytest.importorskip("mauve.compute_mauve")
    auc = pytest.importorskip("sklearn.metrics").auc
    p, q = p / p.sum(), q / q.sum()
    x, y = package.get_divergence_curve_for_multinomials(p, q, np.linspace(1e-6, 1 - 1e-6, 25), 5).T
    by_x, by_y = np.argsort(x), np.argsort(y)
    return (auc(x[by_x], y[by_x]) + auc(y[by_y], x[by_y])) / 2, package.get_fronter_integral(p, q)


@pytest.mark.parametrize("clusters", [2, 5, 50, 500])
@pytest.mark.parametrize("n", [50, 5000])
def test_the_same_histograms_give_the_same_numbers(clusters, n):
    rng = np.random.default_rng(clusters + n)
    p, q = (rng.multinomial(n, rng.dirichlet(np.ones(clusters))) for _ in range(2))
    mine = mauve(p, q)
    assert (mine.mauve, mine.integral) == pytest.approx(published(p, q), rel=1e-14)


def test_equal_histograms_are_one_where_the_package_loses_the_order_of_its_curve():
    """All inner points of the curve are then (1, 1); the package sorts them by one coordinate and may put (1, 0) first."""
    p = np.array([3, 1])
    assert mauve(p, p).mauve == pytest.approx(1, abs=1e-12)
    assert published(p, p)[0] == pytest.approx(0.75) or published(p, p)[0] == pytest.approx(1)


def test_the_same_vectors_give_nearly_the_same_number():
    package = pytest.importorskip("mauve")
    rng = np.random.default_rng(0)
    topics = rng.normal(size=(12, 16))
    weights = rng.dirichlet(np.ones(12), 2)
    one, other = (topics[rng.choice(12, 1000, p=share)] + 0.3 * rng.normal(size=(1000, 16)) for share in weights)
    of_package = [package.compute_mauve(kept(one), kept(other), num_buckets=40, seed=seed, verbose=False) for seed in (1, 2, 3)]
    mine = measured(one, other, clusters=40)
    for name, value in (("mauve", mine), ("mauve_star", mine.parts["MAUVE*"])):
        theirs = [float(getattr(found, name)) for found in of_package]
        assert value.value == pytest.approx(np.mean(theirs), abs=0.03)
    assert mine.low < mine.value < mine.high


def test_alike_is_high_and_apart_is_low_and_copies_weigh():
    rng = np.random.default_rng(3)
    real = rng.normal(size=(1000, 8))
    alike, apart = measured(rng.normal(size=(1000, 8)), real), measured(rng.normal(size=(1000, 8)) + 3, real)
    assert (alike.value > 0.8, apart.value < 0.05) == (True, True)
    repeated = np.concatenate([real, np.repeat(real[:1], 2000, axis=0)])
    assert measured(repeated, real).value < 0.6 < alike.value


def test_too_few_is_none():
    assert "the subject has 1 distinct embeddings" in measured(np.ones((3, 4)), np.eye(4)).reason
