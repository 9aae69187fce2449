"""Self-BLEU against nltk, text by text."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from operators.features.words import Words
from operators.kernels.bleu import self_bleu
from operators.text.self_bleu import SelfBleu

METHOD1 = SmoothingFunction().method1


def fold(texts, metric):
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], ["text"])
    return metric.fold(batch.append_column("words", Words().open()(batch)["words"]))


def judge(texts, metric=None):
    metric = metric or SelfBleu()
    return metric.value(fold(texts, metric))


def nltk_scores(sequences):
    return [
        sentence_bleu(sequences[:i] + sequences[i + 1 :], sequence, smoothing_function=METHOD1)
        for i, sequence in enumerate(sequences)
    ]


def scores(sequences, copies=None):
    offsets = np.cumsum([0, *map(len, sequences)])
    return self_bleu(offsets, np.array([w * 0x9E3779B97F4A7C15 % 2**64 for s in sequences for w in s], np.uint64), copies)


@given(st.lists(st.lists(st.integers(1, 6), max_size=12), min_size=2, max_size=8))
def test_every_score_equals_nltks(sequences):
    assert scores(sequences) == pytest.approx(nltk_scores(sequences), abs=1e-12)


@given(st.lists(st.lists(st.integers(1, 4), max_size=8).map(tuple), min_size=1, max_size=5, unique=True), st.data())
def test_copies_are_references_too(sequences, data):
    copies = [data.draw(st.integers(1, 3)) for _ in sequences]
    spread = [list(s) for s, count in zip(sequences, copies, strict=True) for _ in range(count)]
    if len(spread) > 1:
        expected = nltk_scores(spread)
        at = np.cumsum([0, *copies[:-1]])
        assert scores(sequences, np.array(copies)) == pytest.approx([expected[i] for i in at], abs=1e-12)


def test_by_hand():
    """3 of 4 words, 2 of 3 bigrams, 1 of 2 trigrams and (0 + 0.1) of 1 4-gram match, lengths are equal."""
    expected = (3 / 4 * 2 / 3 * 1 / 2 * 0.1) ** 0.25
    assert judge(["a b c d", "a b c e"]).value == pytest.approx(expected)


def test_the_mean_over_records_equals_nltks():
    random = np.random.default_rng(0)
    texts = [" ".join(f"w{i}" for i in random.zipf(1.5, random.integers(1, 30)) % 50) for _ in range(60)]
    texts += texts[:7]
    expected = math.fsum(nltk_scores([t.split() for t in texts])) / len(texts)
    value = judge(texts)
    assert value.value == pytest.approx(expected, abs=1e-12)
    assert (value.n, value.low, value.estimator) == (67, value.value, "exact")
    assert sum(value.plot.counts) == 67


def test_equal_texts_score_one():
    assert judge(["one and the same answer, always"] * 805).value == 1.0


def test_a_sample_covers_the_whole():
    random = np.random.default_rng(1)
    texts = [" ".join(f"w{i}" for i in random.zipf(1.5, 20) % 200) for _ in range(400)]
    sampled = judge(texts, SelfBleu(size=100))
    assert (sampled.n, sampled.estimator) == (100, "sample")
    assert sampled.low < sampled.value < sampled.high
    at_equal_size = np.mean([judge(list(random.choice(texts, 100, replace=False))).value for _ in range(10)])
    assert sampled.low < at_equal_size < sampled.high
    metric = SelfBleu(size=100)
    assert metric.value(fold(texts[:123], metric) + fold(texts[:122:-1], metric)).value == sampled.value


def test_skipped_and_too_few():
    value = judge(["one two", " \n", None])
    assert (value.value, value.skipped) == (None, {"missing": 1, "no words": 1})
    assert value.reason == "self-BLEU needs two texts with words"


def test_only_the_first_characters_count():
    head = "é" * 1990 + " same"
    assert judge([head + " x" * 30, head + " y" * 30]).value == judge([head + " x" * 40, head + " y" * 50]).value
