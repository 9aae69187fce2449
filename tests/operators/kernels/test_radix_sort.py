"""Sorted hashes against numpy, hostile ones included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.radix_sort import sort_hashes

ANY = st.integers(0, 2**64 - 1)
ALIKE = st.integers(2**63, 2**63 + 300) | st.integers(0, 2**20).map(lambda low: low << 30)


def ordered(values, count):
    values, rest = values.copy(), values[count:].tolist()
    sort_hashes(values, count, np.empty(len(values), np.uint64))
    assert values[count:].tolist() == rest
    return values[:count].tolist()


@given(st.lists(ANY, max_size=200) | st.lists(ALIKE, max_size=200), st.integers(0, 200))
def test_any_hashes(values, cut):
    count = max(len(values) - cut, 0)
    assert ordered(np.array(values, np.uint64), count) == sorted(values[:count])


@pytest.mark.parametrize("bits", [64, 40, 33, 31, 8])
@pytest.mark.parametrize("descending", [False, True])
def test_many_hashes_that_differ_in_their_lowest_bits_only(bits, descending):
    values = np.sort(np.random.default_rng(2).integers(0, 2**bits, 20_000, np.uint64, endpoint=False))
    values = values[::-1] if descending else np.random.default_rng(3).permutation(values)
    assert ordered(values, len(values)) == np.sort(values).tolist()
