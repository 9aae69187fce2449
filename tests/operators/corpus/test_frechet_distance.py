"""The Fréchet distance, beside scipy's matrix root."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.linalg import sqrtm

from operators.corpus.frechet_distance import FrechetDistance
from operators.kernels.vectors import column, matrix


def state(vectors):
    return FrechetDistance().fold(pa.RecordBatch.from_pydict({"embedding": column(vectors, np.ones(len(vectors), bool))}))


def reference(one, other):
    held = [matrix(column(vectors, np.ones(len(vectors), bool)))[0].astype(np.float64) for vectors in (one, other)]
    means = [vectors.mean(0) for vectors in held]
    covariances = [np.cov(vectors, rowvar=False) for vectors in held]
    root = sqrtm(covariances[0] @ covariances[1]).real
    return ((means[0] - means[1]) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root)


@pytest.mark.parametrize("d", [2, 10, 48])
@pytest.mark.parametrize("scale", [0.05, 1.0, 4.0])
def test_it_is_that_of_a_matrix_root(d, scale):
    rng = np.random.default_rng(d)
    one = scale * rng.normal(size=(400, d))
    other = scale * (rng.normal(size=(300, d)) @ rng.normal(size=(d, d)) / np.sqrt(d) + 0.3)
    assert FrechetDistance().compare(state(one), state(other)).value == pytest.approx(reference(one, other), rel=1e-6)


def test_it_is_that_of_torchmetrics():
    torch = pytest.importorskip("torch")
    fid = pytest.importorskip("torchmetrics.image.fid")
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(500, 12)), 1.5 * rng.normal(size=(500, 12)) + 1
    states = [state(vectors)["moment"] for vectors in (one, other)]
    parts = [torch.from_numpy(part) for moment in states for part in (moment.mean(), moment.covariance())]
    mine = FrechetDistance().compare(state(one), state(other)).value
    assert mine == pytest.approx(float(fid._compute_fid(*parts)), rel=1e-6)


def test_too_few_and_other_dimensions_are_none():
    one, two = state(np.ones((1, 3))), state(np.eye(3))
    assert FrechetDistance().compare(one, two).reason == "the subject has fewer than two records with an embedding"
    assert FrechetDistance().compare(two, one).reason == "the reference has fewer than two records with an embedding"
    assert "other dimensions" in FrechetDistance().compare(two, state(np.eye(4))).reason
    assert FrechetDistance().compare(two, two).value == pytest.approx(0, abs=1e-12)
    assert "few for 3 dimensions" in FrechetDistance().compare(two, two).reason


def test_numbers_that_are_too_large_fail():
    with pytest.raises(ValueError, match="larger than 32"):
        state(np.full((2, 2), 100.0))
