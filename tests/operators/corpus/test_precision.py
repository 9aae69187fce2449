"""Precision and density, beside their authors' code and on planted copies."""

import numpy as np
import pytest

from operators.corpus.coverage import Coverage
from operators.corpus.precision import Precision
from tests.operators.corpus.vectors_given import batch_of, kept


def both(real, fake, k=5, size=5000):
    precision, coverage = Precision(k=k, size=size), Coverage(k=k, size=size)
    found = precision.compare(precision.fold(batch_of(fake)), precision.fold(batch_of(real)))
    other = coverage.compare(coverage.fold(batch_of(fake)), coverage.fold(batch_of(real)))
    return found, other


@pytest.mark.parametrize("k", [1, 5, 10])
@pytest.mark.parametrize(("n", "m", "shift"), [(300, 200, 0.0), (150, 400, 0.7), (60, 60, 3.0)])
def test_all_four_are_those_of_the_prdc_package(k, n, m, shift):
    prdc = pytest.importorskip("prdc")
    rng = np.random.default_rng(n + k)
    real, fake = rng.normal(size=(n, 8)), 0.8 * rng.normal(size=(m, 8)) + shift / np.sqrt(8)
    theirs = prdc.compute_prdc(kept(real), kept(fake), k)
    precision, coverage = both(real, fake, k)
    mine = {"precision": precision.value, "density": precision.parts["density"].value}
    mine |= {"coverage": coverage.value, "recall": coverage.parts["recall"].value}
    assert mine == pytest.approx(theirs, abs=1e-12)


def test_copies_do_not_shrink_the_balls():
    """Where every point comes ten times, the package's balls have radius nought and next to nothing lies in them."""
    prdc = pytest.importorskip("prdc")
    points = np.random.default_rng(0).normal(size=(40, 4))
    ten = np.repeat(points, 10, axis=0)
    assert prdc.compute_prdc(kept(ten), kept(ten), 5)["coverage"] < 0.3
    precision, coverage = both(ten, ten)
    assert (precision.value, coverage.value, coverage.parts["recall"].value) == (1.0, 1.0, 1.0)
    assert precision.parts["density"].value == both(points, points)[0].parts["density"].value


def test_copies_weigh_as_many_records():
    rng = np.random.default_rng(1)
    real = rng.normal(size=(100, 3))
    outlier = np.full((1, 3), 9.0)
    precision, _ = both(real, np.concatenate([real[:30], np.repeat(outlier, 70, axis=0)]))
    assert precision.value == pytest.approx(0.3)
    assert [(one.record, one.note.split()[1]) for one in precision.evidence] == [(30, "radii")]


def test_a_sample_estimates_the_whole():
    rng = np.random.default_rng(2)
    real = rng.normal(size=(4000, 4))
    fake = np.concatenate([rng.normal(size=(2000, 4)), 12 + rng.normal(size=(2000, 4))])
    found, covered = both(real, fake, size=600)
    assert (found.estimator, covered.estimator) == ("sample", "sample")
    assert found.low < 0.5 < found.high < found.low + 0.1
    again, _ = both(real[::-1], fake[::-1], size=600)
    assert again.value == found.value


def test_too_few_is_none():
    points = np.eye(4)
    assert "the reference has 4 distinct embeddings, fewer than 6" in both(points, points)[0].reason
    assert "the subject has 1 distinct embeddings, fewer than 2" in both(points, np.ones((3, 4)), 1)[1].reason
    assert both(points, np.ones((3, 4)), 1)[0].value is not None
    assert "other dimensions" in both(np.eye(8), np.ones((3, 4)), 1)[0].reason
