"""The Vendi score, beside the package of its authors."""

import numpy as np
import pyarrow as pa
import pytest

from operators.corpus.vendi_score import VendiScore
from operators.kernels.vectors import column, matrix


def score(vectors, valid=None):
    valid = np.ones(len(vectors), bool) if valid is None else valid
    batch = pa.RecordBatch.from_pydict({"embedding": column(vectors, valid)})
    return VendiScore().value(VendiScore().fold(batch))


@pytest.mark.parametrize(("n", "d"), [(3, 16), (200, 16), (1000, 64)])
def test_it_is_that_of_its_authors(n, d):
    vendi = pytest.importorskip("vendi_score.vendi")
    vectors = np.random.default_rng(n).normal(size=(n, d)) + 0.5
    held, _ = matrix(column(vectors, np.ones(n, bool)))
    for order, name in ((1, None), (2, "order 2"), (0.5, "order 0.5"), ("inf", "order infinity")):
        theirs = vendi.score_dual(held.astype(np.float64), q=order, normalize=True)
        value = score(vectors)
        mine = value.value if name is None else value.parts[name].value
        if order != 0.5:
            assert mine == pytest.approx(theirs, rel=1e-9)
        elif n > d > 16:  # of few vectors, roots of eigenvalues that are rounding errors differ
            assert mine == pytest.approx(theirs, rel=1e-6)


def test_copies_are_worth_one_and_directions_as_many_as_there_are():
    assert score(np.tile([[0.6, 0.8]], (50, 1))).value == pytest.approx(1, abs=1e-9)
    found = score(np.eye(8))
    assert found.value == pytest.approx(8)
    assert found.parts["mean cosine of two records"].value == pytest.approx(0, abs=1e-9)
    assert found.parts["share of the most possible"].value == pytest.approx(1)


def test_the_mean_cosine_is_that_of_all_pairs():
    vectors = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float16).astype(np.float64)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    mean = cosines[~np.eye(40, dtype=bool)].mean()
    assert score(vectors).parts["mean cosine of two records"].value == pytest.approx(mean, abs=1e-8)


def test_nothing_is_none():
    assert score(np.empty((0, 4))).reason == "no record has an embedding"
    found = score(np.ones((1, 4)), np.array([True, False, False]))
    assert found.value == pytest.approx(1)
    assert found.skipped == {"no embedding": 2}
