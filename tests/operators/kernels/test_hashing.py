"""Content hashes against mmh3, and the equalities they promise."""

import mmh3
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.kernels.hashing import hash_array

VALUES = st.recursive(
    st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.binary(max_size=70), max_size=30))
def test_bytes_hash_as_mmh3_does(values):
    ours = hash_array(pa.array(values, pa.binary())).tolist()
    assert [tuple(pair) for pair in ours] == [mmh3.hash64(value, 0, signed=False) for value in values]


def test_golden_values():
    texts = ["", "auditor", "the quick brown fox jumps over the lazy dog"]
    assert [f"{high:016x}{low:016x}" for high, low in hash_array(pa.array(texts)).tolist()] == [
        "00000000000000000000000000000000",
        "ee8d38fb0c3b7e8f3134fce62956403e",
        "bce4e9fee2ad86b30ae2e374406e4b7f",
    ]


@settings(max_examples=50)
@given(
    st.lists(
        st.fixed_dictionaries({"a": st.none() | st.text(max_size=5), "b": st.lists(st.integers(0, 3), max_size=3)}), max_size=10
    )
)
def test_rows_hash_alike_exactly_when_they_are_equal(rows):
    array = pa.array(rows, pa.struct([("a", pa.string()), ("b", pa.list_(pa.int64()))]))
    hashes = [tuple(pair) for pair in hash_array(array).tolist()]
    for i, left in enumerate(rows):
        for j, right in enumerate(rows):
            assert (left == right) == (hashes[i] == hashes[j])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (pa.array([1, None, 3], pa.int8()), pa.array([1.0, None, 3.0], pa.float64())),
        (pa.array(["a", None]), pa.array(["a", None], pa.large_string())),
        (pa.array(["a", "b", "a"]), pa.array(["a", "b", "a"]).dictionary_encode()),
        (pa.array([[1], None, []], pa.list_(pa.int32())), pa.array([[1], None, []], pa.large_list(pa.int64()))),
        (pa.array([b"ab"], pa.binary(2)), pa.array([b"ab"], pa.binary())),
        (pa.array([True, False]), pa.array([1, 0])),
        (pa.array(["a" * 20]), pa.array(["a" * 20], pa.string_view())),
        (pa.array([2**63], pa.uint64()), pa.array([2**63], pa.uint64())),
    ],
)
def test_the_width_of_a_type_does_not_matter(left, right):
    assert hash_array(left).tolist() == hash_array(right).tolist()


def test_slices_and_column_order_do_not_matter():
    array = pa.array([{"a": str(i), "b": [i, None]} for i in range(10)])
    assert hash_array(array[3:7]).tolist() == hash_array(array).tolist()[3:7]
    assert hash_array(pa.array([{"x": 1, "y": 2}])).tolist() == hash_array(pa.array([{"y": 2, "x": 1}])).tolist()


def test_nothing_hashes_like_null():
    array = pa.array(["", None])
    first, null = map(tuple, hash_array(array).tolist())
    assert first != null
    assert hash_array(pa.nulls(2)).tolist() == [list(null)] * 2


def test_fractions_and_other_types_are_told_apart():
    hashes = hash_array(pa.array([0.1, 0.2, 0.1, float("inf"), -0.0, 0.0]))
    assert hashes[0].tolist() == hashes[2].tolist() != hashes[1].tolist()
    assert hashes[4].tolist() == hashes[5].tolist()
    assert len(np.unique(hashes, axis=0)) == 4
