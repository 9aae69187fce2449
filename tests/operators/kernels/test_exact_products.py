"""Exact sums and products against fractions, over the whole range of numbers, and distinct keys against numpy."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.distinct import distinct, firsts, numbers_of, ordered_keys, pair_tables
from operators.kernels.exact_products import products, sums

UNIT = 1 << 1074
NUMBERS = st.one_of(
    st.floats(-1e150, 1e150),
    st.integers(-(2**21), 2**21).map(float),
    st.sampled_from([0.0, -0.0, 0.1, 1e150, -1e150, 2.0**-200, 5e-324, float("nan")]),
)


@given(st.lists(NUMBERS, max_size=40))
def test_sums_and_squares(values):
    (n, total, squares), there = sums(np.array([values], float))[0], [Fraction(v) for v in values if v == v]
    assert n == len(there)
    assert Fraction(total, UNIT) == sum(there)
    tiny = Fraction(1, 1 << 1000)  # squares of numbers below 2**-500 underflow, the same in every cut
    assert abs(Fraction(squares, UNIT) - sum(v * v for v in there)) < tiny


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=40))
def test_products_where_both_are_there(rows):
    x, y = (np.array([row[at] for row in rows], float) for at in (0, 1))
    found = products([x, y], np.array([0]), np.array([1]))[0]
    expected = sum(Fraction(a) * Fraction(b) for a, b in rows if a == a and b == b)
    assert abs(Fraction(found, UNIT) - expected) < Fraction(1, 1 << 900)


def test_long_columns_of_every_sort():
    random = np.random.default_rng(1)
    columns = [random.normal(size=5000), random.integers(-(2**21), 2**21, 5000).astype(float), np.full(5000, 2.0**21)]
    columns += [random.normal(size=5000) * 10.0 ** random.integers(-140, 140, 5000), np.full(5000, np.nextafter(2.0, 1))]
    left, right = np.triu_indices(len(columns), 1)
    for a, b, found in zip(left, right, products(columns, left, right), strict=True):
        assert Fraction(found, UNIT) == sum(Fraction(p) * Fraction(q) for p, q in zip(columns[a], columns[b], strict=True))


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9), max_size=60))
def test_distinct_keys(keys):
    array = np.array(keys, np.uint64)
    expected = np.unique(array, return_counts=True, return_inverse=True)
    found, counts, place = distinct(array)
    assert found.tolist() == expected[0].tolist()
    assert counts.tolist() == expected[2].tolist()
    assert place.tolist() == expected[1].tolist()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40))
def test_keys_are_ordered_and_can_be_undone(values):
    array = np.array(values, float)
    keys = ordered_keys(array)
    assert np.array_equal(np.argsort(keys, kind="stable"), np.argsort(array, kind="stable"))
    assert (numbers_of(keys) == array).all()


def test_tables_of_pairs_and_first_records():
    codes = np.array([[0, 1, 1, 2], [1, 1, 0, 1]], np.int16)
    found = pair_tables(codes, np.array([0]), np.array([1]), np.array([3, 2]), np.array([0, 6]))
    assert found.reshape(3, 2).tolist() == [[0, 1], [1, 1], [0, 1]]
    assert firsts(np.array([0, -1, 0, 1]), np.array([9, 1, 4, 7]), 3).tolist()[:2] == [4, 7]
