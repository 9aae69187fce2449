"""Ranks against a sort of every row; pools by size; a known order of pairs."""

import numpy as np
import pytest

from operators.kernels.matching import ranks
from operators.kernels.vectors import column
from operators.vision_language.retrieval import Retrieval
from tests.operators.vision_language.media_given import batch, folded
from tests.operators.vision_language.shapes_given import seen, shapes


def noisy(n, noise, seed=0, d=24):
    """Pairs of unit vectors whose halves are alike but for noise."""
    rng = np.random.default_rng(seed)
    pictures = rng.normal(size=(n, d))
    texts = pictures + noise * rng.normal(size=(n, d))
    made = batch(caption=["x"] * n)
    for name, vectors in (("picture_vector", pictures), ("caption_vector", texts)):
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        made = made.append_column(name, column(unit.astype(np.float16), np.ones(n, bool)))
    return made


def sorted_ranks(similarity):
    """By argsort, no value coming twice."""
    order = np.argsort(-similarity, axis=1)
    return np.array([int(np.flatnonzero(row == at)[0]) + 1 for at, row in enumerate(order)])


def test_ranks_are_those_of_a_sort():
    similarity = np.random.default_rng(1).normal(size=(60, 60))
    np.testing.assert_array_equal(ranks(similarity), sorted_ranks(similarity))


def test_every_number_is_that_of_numpy():
    made = noisy(50, 0.8)
    vectors = [np.array(made[name].to_pylist(), float) for name in ("picture_vector", "caption_vector")]
    unit = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in vectors]
    table = unit[0] @ unit[1].T
    ways = {"picture to caption": sorted_ranks(table), "caption to picture": sorted_ranks(table.T)}
    value = folded(Retrieval(), made)
    for way, expected in ways.items():
        for at in (1, 5, 10):
            assert value.parts[f"{way} R@{at}"].value == pytest.approx((expected <= at).mean())
        assert value.parts[f"{way} median rank"].value == np.median(expected)
    assert value.value == pytest.approx(np.mean([(expected <= 1).mean() for expected in ways.values()]))
    assert (value.n, value.parts["pairs in a pool"].value) == (100, 50)


def test_pools_are_fixed_and_smaller_ones_are_easier():
    made = noisy(400, 1.2)
    large, small = (folded(Retrieval(pool=size, pools=4), made) for size in (100, 20))
    assert (large.parts["pairs in a pool"].value, small.parts["pairs in a pool"].value) == (100, 20)
    assert small.value > large.value
    order = np.random.default_rng(2).permutation(400)
    assert folded(Retrieval(pool=100, pools=4), made.take(order)).value == large.value


def test_noise_lowers_it_until_nothing_is_left_to_measure():
    found = [folded(Retrieval(), noisy(200, noise)).value for noise in (0.1, 0.7, 1.5)]
    assert found == sorted(found, reverse=True)
    assert found[0] == 1.0
    assert folded(Retrieval(), noisy(200, 1e6)).value is None


def test_a_taught_encoder_finds_its_pictures(taught):
    pictures, captions = shapes(36)
    value = folded(Retrieval(), seen(taught, image=[*pictures, None], caption=[*captions, "a red disc"]))
    assert value.parts["caption to picture R@10"].value > 0.7 > 10 / 36
    assert value.skipped == {"no picture that decodes, or no caption": 1}
