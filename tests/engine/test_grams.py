"""Runs of values, however the rows are cut, beside plain Python."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.state import Counts, Grams, decode, encode


def make(k, ids, rows, chosen):
    chosen = list(chosen)
    value, known = (np.array([rows[at][which] for at in chosen], int) for which in range(2))
    return Grams.of(k, Counts(1 << 10), np.array([ids[at] for at in chosen], int), value, known.astype(bool))


@settings(max_examples=200, deadline=None)
@given(
    st.integers(2, 5),
    st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=30),
    st.sets(st.integers(0, 40)),
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_runs_are_those_of_the_whole_however_it_is_cut(k, rows, gaps, random, cuts):
    ids = [at for at in range(len(rows) + len(gaps)) if at not in gaps][: len(rows)]
    expected, run = Counter(), []
    for at, (value, known) in zip(ids, rows, strict=True):
        run = [] if at - 1 not in ids else run
        if known:
            run.append(value)
            if len(run) >= k:
                expected[tuple(run[-k:])] += 1
    whole, pieces = make(k, ids, rows, range(len(ids))), make(k, ids, rows, [])
    order, cuts = random.sample(range(len(ids)), len(ids)), sorted(cuts)
    for start, stop in zip([0, *cuts], [*cuts, len(ids)], strict=True):
        pieces = make(k, ids, rows, order[start:stop]) + pieces
    assert encode(pieces) == encode(whole) == encode(decode(encode(whole)))
    assert sorted(whole.grams.counts.tolist()) == sorted(expected.values())


def test_runs_of_different_lengths_do_not_merge():
    with pytest.raises(ValueError, match="different lengths"):
        Grams(3) + Grams(4)
