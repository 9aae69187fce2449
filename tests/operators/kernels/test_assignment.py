import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.assignment import heaviest

matrices = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 2**32 - 1), st.sampled_from([2, 5, 10**12]))


def drawn(shape):
    n, m, seed, most = shape
    return np.random.default_rng(seed).integers(0, most, (n, m))


def total(weights, pairs):
    return int(sum(weights[row, column] for row, column in pairs))


@given(matrices)
def test_no_permutation_weighs_more(shape):
    weights = drawn(shape)
    pairs = heaviest(weights)
    assert len(pairs) == min(weights.shape) == len({row for row, _ in pairs}) == len({column for _, column in pairs})
    tall = weights if weights.shape[0] <= weights.shape[1] else weights.T
    best = max(
        sum(int(tall[row, column]) for row, column in enumerate(order))
        for order in itertools.permutations(range(tall.shape[1]), tall.shape[0])
    )
    assert total(weights, pairs) == best


@pytest.mark.parametrize("shape", [(40, 40), (30, 70), (70, 30), (1, 200)])
def test_weighs_what_scipys_does(shape):
    optimize = pytest.importorskip("scipy.optimize")
    weights = np.random.default_rng(3).integers(0, 1000, shape)
    rows, columns = optimize.linear_sum_assignment(weights, maximize=True)
    assert total(weights, heaviest(weights)) == int(weights[rows, columns].sum())
