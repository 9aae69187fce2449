"""n-gram divergence against scipy over dictionaries of tuples."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from operators.features.words import Words
from operators.text.ngram_jsd import NgramJsd

METRIC = NgramJsd()


def fold(texts, metric=METRIC):
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], ["text"])
    return metric.fold(batch.append_column("words", Words().open()(batch)["words"]))


def compare(subject, reference, metric=METRIC):
    return metric.compare(fold(subject, metric), fold(reference, metric))


def grams(texts, n):
    return Counter(tuple(w[i : i + n]) for w in (t.split() for t in texts) for i in range(len(w) - n + 1))


def scipy_jsd(subject, reference, n):
    a, b = grams(subject, n), grams(reference, n)
    if not a or not b:
        return None
    keys = [*{*a, *b}]
    return jensenshannon([a[k] for k in keys], [b[k] for k in keys], base=2) ** 2


def test_by_hand():
    """P = (1/2, 1/2, 0), Q = (1/2, 0, 1/2): half of the mass is apart."""
    value = compare(["a b"], ["a c"])
    assert value.value == pytest.approx(0.5)
    assert value.parts["jsd_2"].value == 1.0
    assert value.parts["jsd_3"].reason == "no text of the subject has 3 words"


texts = st.lists(st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=8).map(" ".join), min_size=1, max_size=6)


@given(texts, texts)
def test_agrees_with_scipy(subject, reference):
    value = compare(subject, reference)
    for n in (1, 2, 3):
        expected = scipy_jsd(subject, reference, n)
        found = value.parts[f"jsd_{n}"].value
        assert found == (None if expected is None else pytest.approx(expected, abs=1e-9))


def corpus(seed, records=400, vocabulary=3000):
    random = np.random.default_rng(seed)
    return [" ".join(f"w{i}" for i in random.zipf(1.3, 30) % vocabulary) for _ in range(records)]


def test_a_small_table_gives_a_lower_bound_and_says_so():
    subject, reference = corpus(1), [text.upper() for text in corpus(2)]
    exact, coarse = compare(subject, reference), compare(subject, reference, NgramJsd(size=1024))
    assert exact.parts["jsd_2"].estimator == "exact"
    assert coarse.parts["jsd_2"].estimator == "sketch"
    assert "lower bound" in coarse.parts["jsd_2"].reason
    assert 0 < coarse.parts["jsd_2"].value < exact.parts["jsd_2"].value


def test_the_interval_is_as_wide_as_the_bootstraps():
    subject, reference = corpus(1), [text.replace("w1 ", "w2 ") for text in corpus(2)]
    value = compare(subject, reference)
    a, b = grams(subject, 1), grams(reference, 1)
    keys = sorted({*a, *b})
    p, q = (np.array([side[k] for k in keys], float) for side in (a, b))
    random = np.random.default_rng(0)
    draws = [
        jensenshannon(random.multinomial(int(p.sum()), p / p.sum()), random.multinomial(int(q.sum()), q / q.sum()), 2) ** 2
        for _ in range(400)
    ]
    assert (value.high - value.low) / 2 / 1.96 == pytest.approx(np.std(draws), rel=0.25)


def test_the_same_source_floor_tells_finite_size_from_difference():
    value = compare(corpus(1), corpus(2))
    for n in (1, 2, 3):
        assert value.parts[f"jsd_{n}"].value == pytest.approx(value.parts[f"same_source_{n}"].value, rel=0.1)
    other = compare(corpus(1), corpus(2, vocabulary=100))
    assert other.low > 2 * other.parts["same_source_1"].value


def test_missing_texts_are_skipped():
    value = compare(["a", None], ["a"])
    assert (value.value, value.n, value.skipped) == (0.0, 1, {"missing": 1})
    assert compare([None], ["a"]).value is None
    assert compare(["a"], []).reason == "no text of the reference has a word"
