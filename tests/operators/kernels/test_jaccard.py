"""Jaccard against Python sets, whole and cut to their smallest."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.jaccard import jaccard

SETS = st.lists(st.sets(st.integers(0, 30) | st.integers(2**63 - 2, 2**64 - 1), max_size=12), min_size=1, max_size=6)


def lists(sets, most):
    kept = [sorted(one)[:most] for one in sets]
    offsets = np.cumsum([0, *map(len, kept)])
    return offsets, np.array([value for one in kept for value in one], np.uint64)


def all_pairs(sets_a, sets_b, most):
    index_a, index_b = (side.ravel() for side in np.indices((len(sets_a), len(sets_b))))
    return jaccard(*lists(sets_a, most), *lists(sets_b, most), index_a, index_b, most).reshape(len(sets_a), len(sets_b))


def in_python(a, b, most):
    """From the whole sets, which the kernel does not see where they were cut."""
    union = sorted(a | b)
    if max(len(a), len(b)) >= most:
        union = union[:most]
    return sum(value in a and value in b for value in union) / len(union) if union else math.nan


@given(SETS, SETS, st.integers(1, 15))
def test_against_python_sets(sets_a, sets_b, most):
    expected = [[in_python(a, b, most) for b in sets_b] for a in sets_a]
    assert np.array_equal(all_pairs(sets_a, sets_b, most), expected, equal_nan=True)


def test_by_hand():
    assert all_pairs([{1, 2, 3}, set()], [{2, 3, 4, 5}, set(), {9}], 100).tolist()[0] == [0.4, 0.0, 0.0]
    assert math.isnan(all_pairs([set()], [set()], 100)[0, 0])
    assert all_pairs([{1, 2, 3, 9}], [{2, 3, 10}], 3)[0, 0] == 2 / 3


def test_one_set_cut_and_one_whole():
    large = set(range(0, 20_000, 2))
    small = set(range(40))
    assert all_pairs([large], [small], 50)[0, 0] == all_pairs([small], [large], 50)[0, 0] == 20 / 50


def test_sets_longer_than_the_cut_are_read_as_cut():
    offsets, whole = lists([set(range(10)), set(range(5, 15))], 100)
    index = np.array([0]), np.array([1])
    assert jaccard(offsets, whole, offsets, whole, *index, 8).tolist() == [3 / 8]


def test_no_pairs():
    offsets, whole = lists([{1}], 5)
    assert jaccard(offsets, whole, offsets, whole, np.empty(0, np.int64), np.empty(0, np.int64), 5).tolist() == []


@pytest.mark.parametrize("similarity", [0.3, 0.8, 0.95])
def test_the_error_of_cut_sets(similarity):
    rng, most, union, pairs = np.random.default_rng(4), 256, 2560, 600
    shared = round(similarity * union)
    kept_a, kept_b = [], []
    for _ in range(pairs):
        values = rng.integers(0, 2**64, union, dtype=np.uint64)
        half = shared + (union - shared) // 2
        kept_a.append(np.sort(values[:half])[:most])
        kept_b.append(np.sort(np.concatenate((values[:shared], values[half:])))[:most])
    offsets_a, offsets_b = (np.cumsum([0, *map(len, kept)]) for kept in (kept_a, kept_b))
    index = np.arange(pairs)
    estimates = jaccard(offsets_a, np.concatenate(kept_a), offsets_b, np.concatenate(kept_b), index, index, most)
    true = shared / union
    stated = math.sqrt(true * (1 - true) / most)
    # Drawn without replacement, 256 of 2,560: the error is smaller by sqrt(1 - 0.1).
    assert estimates.std() == pytest.approx(stated * math.sqrt(0.9), rel=0.12)
    assert abs(estimates.mean() - true) < 4 * stated / math.sqrt(pairs)
