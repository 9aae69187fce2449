"""Pairs of buckets against plain Python loops, and what is promised of hot ones."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.buckets import FIRST, Buckets, bucket_pairs

ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(-3, 40)), max_size=60, unique=True)


def split(rows):
    both = np.array(rows, np.int64).reshape(-1, 2)
    return both[:, 0].astype(np.uint64), both[:, 1].copy()


def pairs_of(keys, ids, references, **limits):
    u, v, found = bucket_pairs(keys, ids, references, **limits)
    assert found.pairs == len(u) == len(v)
    assert (u < v).all()
    assert not ((u >= references) & (v >= references)).any()
    return sorted(zip(u.tolist(), v.tolist(), strict=True)), found


def members(rows):
    buckets = defaultdict(list)
    for key, record in sorted(rows):
        buckets[key].append(record)
    return list(buckets.values())


def in_python(rows, references, whole, near):
    """The rule as its docstring has it, pair by pair."""
    pairs = []
    for bucket in members(rows):
        subjects = [record for record in bucket if record < references]
        others = [record for record in bucket if record >= references]
        for i, a in enumerate(bucket):
            for j in range(i + 1, len(bucket)):
                if i >= len(subjects):
                    continue
                if len(bucket) <= whole or i < FIRST:
                    given = True
                elif j < len(subjects):
                    given = j - i <= near
                else:
                    reference = j - len(subjects)
                    turn = (i - reference * near) % len(subjects)
                    given = reference < FIRST or len(subjects) <= FIRST or turn < near
                if given:
                    pairs.append((a, bucket[j]))
        assert len(others) + len(subjects) == len(bucket)
    return sorted(pairs)


@given(ROWS, st.integers(-3, 41), st.integers(2, 12), st.integers(1, 9))
def test_against_plain_python(rows, references, whole, near):
    assert pairs_of(*split(rows), references, whole=whole, near=near)[0] == in_python(rows, references, whole, near)


def test_by_hand():
    keys, ids = split([(5, 30), (5, 10), (9, 1), (5, 20), (8, 10), (8, 2)])
    pairs, found = pairs_of(keys, ids, 100)
    assert pairs == [(2, 10), (10, 20), (10, 30), (20, 30)]
    assert found == Buckets(buckets=2, hot=0, hot_records=0, largest=3, pairs=4)
    assert pairs_of(keys, ids, 11)[0] == [(2, 10), (10, 20), (10, 30)]
    assert pairs_of(keys, ids, 2) == ([], Buckets())
    assert pairs_of(*split([]), 0) == ([], Buckets())


def test_all_of_a_bucket_up_to_the_limit():
    rows = [(1, record) for record in range(32)]
    pairs, found = pairs_of(*split(rows), 32)
    assert len(pairs) == 32 * 31 // 2
    assert found.hot == 0
    assert pairs_of(*split([*rows, (1, 32)]), 33)[1].hot == 1


def test_a_hot_bucket_grows_with_its_records_and_not_their_square():
    n = 100_000
    pairs, found = pairs_of(np.zeros(n, np.uint64), np.arange(n), n)
    assert found == Buckets(1, 1, n, n, len(pairs))
    assert len(set(pairs)) == len(pairs) <= n * (8 + FIRST)
    assert {v for _, v in pairs} == set(range(1, n))
    assert pairs[:2] == [(0, 1), (0, 2)]
    assert [(u, v) for u, v in pairs if v == 50_000] == [(u, 50_000) for u in (0, 1, 2, 3, *range(49_992, 50_000))]


@pytest.mark.parametrize(("subjects", "references"), [(1, 5000), (5000, 1), (3000, 3000), (40, 5000)])
def test_a_hot_bucket_of_both_sides(subjects, references):
    n = subjects + references
    pairs, found = pairs_of(np.zeros(n, np.uint64), np.arange(n), subjects)
    assert len(set(pairs)) == len(pairs) <= n * (8 + 2 * FIRST)
    across = [(u, v) for u, v in pairs if v >= subjects]
    assert {v for _, v in across} == set(range(subjects, n))
    assert {u for u, _ in across} == set(range(subjects))
    assert found.hot_records == n


def test_many_rows_in_any_order():
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 20_000, 50_000).astype(np.uint64) << np.uint64(20)
    ids = rng.permutation(50_000) << 36
    expected = in_python(list(zip(keys.tolist(), ids.tolist(), strict=True)), 30_000 << 36, 4, 2)
    pairs, found = pairs_of(keys, ids, 30_000 << 36, whole=4, near=2)
    assert pairs == expected
    order = np.argsort(ids)
    assert pairs_of(keys[order], ids[order], 30_000 << 36, whole=4, near=2) == (pairs, found)


def test_keys_that_differ_in_bits_that_the_tag_leaves_out():
    inverse = pow(0x9E3779B97F4A7C15, -1, 2**64)
    rng = np.random.default_rng(0)
    keys = np.array([low * inverse % 2**64 for low in rng.integers(0, 300, 1000).tolist()], np.uint64)
    rows = list(zip(keys.tolist(), range(1000), strict=True))
    assert pairs_of(keys, np.arange(1000), 1000)[0] == in_python(rows, 1000, 32, 8)


def test_counts_add_up():
    assert Buckets(1, 1, 40, 40, 9) + Buckets(2, 0, 0, 7, 1) == Buckets(3, 1, 40, 40, 10)
