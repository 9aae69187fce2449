"""distinct-n against Python sets, and its rarefaction against the closed form and drawing."""

import math
import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalog import metric
from engine.errors import PlanError
from operators.features.words import Words
from operators.text.distinct_n import DistinctN


def judge(texts, measure=None):
    measure = measure or DistinctN()
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], ["text"])
    return measure.value(measure.fold(batch.append_column("words", Words().open()(batch)["words"])))


def grams(texts, n):
    return [tuple(w[i : i + n]) for w in (t.split() for t in texts) for i in range(len(w) - n + 1)]


def test_by_hand():
    value = judge(["a rose is a rose", "a rose", None])
    assert value.value == 3 / 5  # (a rose), (rose is), (is a) of 4 + 1
    assert value.parts["distinct_1"].value == 3 / 7
    assert value.parts["distinct_4"].value == 1.0
    assert (value.n, value.skipped, value.low, value.high) == (5, {"missing": 1}, 3 / 5, 3 / 5)


texts = st.lists(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=9).map(" ".join), max_size=6)


@given(texts)
def test_agrees_with_sets(lines):
    value = judge(lines)
    for n in (1, 2, 3, 4):
        found = grams(lines, n)
        assert value.parts[f"distinct_{n}"].value == (len(set(found)) / len(found) if found else None)


@given(texts, st.integers(2, 50))
def test_expectation_adjustment(lines, vocabulary):
    value = judge(lines, DistinctN(vocabulary=vocabulary))
    for n in (1, 2):
        found, possible = grams(lines, n), vocabulary**n
        if found:
            expected = len(set(found)) / (possible * (1 - ((possible - 1) / possible) ** len(found)))
            assert value.parts[f"ead_{n}"].value == pytest.approx(expected, rel=1e-9)


def corpus(seed, records, words=40, vocabulary=4000):
    generator = np.random.default_rng(seed)
    return [" ".join(f"w{i}" for i in generator.zipf(1.4, words) % vocabulary) for _ in range(records)]


def test_fixed_sizes_match_the_closed_form_and_drawing():
    lines = corpus(5, 1000)
    value = judge(lines)
    found = grams(lines, 2)
    counts, total = Counter(found), len(found)
    closed = sum(1 - (1 - 10_000 / total) ** count for count in counts.values()) / 10_000
    drawn = len(set(random.Random(1).sample(found, 10_000))) / 10_000
    assert value.parts["distinct_2_at_10000"].value == pytest.approx(closed, rel=1e-9)
    assert value.parts["distinct_2_at_10000"].value == pytest.approx(drawn, rel=0.02)
    assert value.parts["distinct_2_at_100000"].reason == f"there are {total} n-grams, fewer than 100000"


def test_fixed_size_does_not_depend_on_the_size_of_the_data_while_distinct_n_does():
    small, large = judge(corpus(6, 500)), judge(corpus(7, 4000))
    assert large.value < 0.8 * small.value
    small_at, large_at = (v.parts["distinct_2_at_10000"].value for v in (small, large))
    assert large_at == pytest.approx(small_at, rel=0.05)


def test_the_sketch_covers_the_truth():
    lines = corpus(8, 3000)
    value = judge(lines, DistinctN(size=2048))
    found = grams(lines, 2)
    counts, total = Counter(found), len(found)
    closed = sum(1 - (1 - 10_000 / total) ** count for count in counts.values()) / 10_000
    assert value.estimator == "sketch"
    assert value.value == pytest.approx(len(counts) / total, rel=4 / math.sqrt(2048))
    assert value.low < value.value < value.high
    fixed = value.parts["distinct_2_at_10000"]
    assert fixed.value == pytest.approx(closed, rel=4 / math.sqrt(2048))
    assert fixed.low < closed < fixed.high


def test_equal_texts_are_at_the_floor():
    value = judge(["one two three four five"] * 805)
    assert value.value == 4 / (4 * 805)


def test_nothing_to_measure():
    assert judge([]).value is None
    assert judge([None, "one"]).reason == "no text has 2 words"
    assert judge([None, "one"]).parts["distinct_1"].value == 1.0


def test_a_misspelt_parameter_is_corrected():
    with pytest.raises(PlanError, match="did you mean 'size'"):
        metric("text.distinct_n", {"siez": 3})
    with pytest.raises(PlanError, match="greater than or equal to 1024"):
        metric("text.distinct_n", {"size": 3})


def test_a_full_sketch_is_the_same_for_every_cut():
    measure, lines = DistinctN(size=1024), corpus(9, 1500)
    batch = pa.RecordBatch.from_arrays([pa.array(lines)], ["text"])
    batch = batch.append_column("words", Words().open()(batch)["words"])
    cuts = [0, 3, 700, 1500]
    pieces = [measure.fold(batch.slice(a, b - a)) for a, b in pairwise(cuts)]
    assert pieces[2] + (pieces[0] + pieces[1]) == measure.fold(batch)
