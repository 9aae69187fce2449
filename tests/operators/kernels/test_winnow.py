"""Anchors: no shared run that is long enough goes without one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.kernels.winnow import anchors, beside, longest_runs

WORDS = st.lists(st.integers(0, 3) | st.integers(0, 10**6), max_size=60)
RUNS = st.lists(st.integers(0, 2) | st.integers(0, 10**6), min_size=12, max_size=40)


def ends(words):
    return np.array([0, len(words)])


def anchored(words, gram, least):
    words = np.array(words, np.uint64)
    bounds, ats, keys = anchors(ends(words), words, gram, least)
    before, after = beside(ends(words), words, bounds, ats, gram, least)
    return ats.tolist(), keys.tolist(), before.tolist(), after.tolist()


@settings(max_examples=300, deadline=None)
@given(
    before=WORDS, run=st.lists(st.integers(0, 2) | st.integers(0, 10**6), min_size=12, max_size=40), after=WORDS, other=WORDS
)
def test_two_texts_with_a_long_run_in_common_have_an_anchor_there_and_words_beside_it(before, run, after, other):
    gram, least = 4, 12
    ats, keys, left, right = anchored(before + run + after, gram, least)
    theirs, their_keys, their_left, their_right = anchored(other + run, gram, least)
    mine = {(at - len(before), *rest) for at, *rest in zip(ats, keys, left, right, strict=True)}
    yours = {(at - len(other), *rest) for at, *rest in zip(theirs, their_keys, their_left, their_right, strict=True)}
    pairs = [(one, two) for one in mine for two in yours if one[:2] == two[:2] and 0 <= one[0] <= len(run) - gram]
    assert pairs
    context = [one[side] == two[side] > 0 for one, two in pairs for side in (2, 3)]
    assert any(context)


@given(WORDS)
def test_anchors_are_the_smallest_of_every_window(words):
    gram, least = 3, 7
    ats, keys, _, _ = anchored(words, gram, least)
    everything = dict(zip(*anchored(words, gram, gram)[:2], strict=True))
    window = least - gram + 1
    grams = max(0, len(words) - gram + 1)
    expected = set()
    for start in range(max(1, grams - window + 1) if grams else 0):
        inside = range(start, min(grams, start + window))
        expected.add(max(inside, key=lambda at: (-everything[at], at)))
    assert set(ats) == expected
    assert all(everything[at] == key for at, key in zip(ats, keys, strict=True))


@given(st.lists(st.tuples(st.booleans()), max_size=40))
def test_the_longest_run_is_the_longest_run(equal):
    flags = [one for (one,) in equal]
    a = np.arange(len(flags), dtype=np.uint64)
    b = np.where(flags, a, 1000)
    at, run = (int(part[0]) for part in longest_runs(a, np.array([0]), b.astype(np.uint64), np.array([0]), np.array([len(a)])))
    runs = [len(part) for part in "".join("x" if one else " " for one in flags).split()]
    assert run == max(runs, default=0)
    assert all(flags[at : at + run])
