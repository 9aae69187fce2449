"""What follows what, however the rows are cut, beside plain Python."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.state import Counts, Quantiles, Succession, decode, encode


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(-5, 5), st.booleans()), max_size=30),
    st.sets(st.integers(0, 40)),
    st.randoms(use_true_random=False),
    st.integers(0, 30),
)
def test_pairs_are_those_of_neighbours_however_they_are_cut(rows, gaps, random, cut):
    ids = [at for at in range(len(rows) + len(gaps)) if at not in gaps][: len(rows)]
    expected, last = Counter(), {}
    for at, (source, value, known) in zip(ids, rows, strict=True):
        if at - 1 not in ids:
            last = {}
        if known:
            if source in last:
                expected[last[source], value] += 1
            last[source] = value
    for empty in (Quantiles(), Counts(1 << 10)):
        whole, pieces = make(empty, ids, rows, range(len(ids))), make(empty, ids, rows, [])
        order = random.sample(range(len(ids)), len(ids))
        for piece in (order[:cut], order[cut:]):
            pieces = make(empty, ids, rows, piece) + pieces
        assert encode(pieces) == encode(whole) == encode(decode(encode(whole)))
        assert sorted(whole.pairs.counts.tolist()) == sorted(
            (expected if isinstance(empty, Counts) else differences(expected)).values()
        )


def differences(pairs):
    found = Counter()
    for (earlier, later), count in pairs.items():
        found[later - earlier] += count
    return found


def make(empty, ids, rows, chosen):
    chosen = list(chosen)
    source, value, known = (np.array([rows[at][which] for at in chosen], int) for which in range(3))
    return Succession.of(empty, np.array([ids[at] for at in chosen], int), source, value, known.astype(bool))
