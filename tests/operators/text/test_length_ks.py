"""Lengths and punctuation against scipy's KS test and a splitter written with regular expressions."""

import math
import re
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from operators.features.words import Words
from operators.kernels.buffers import strings
from operators.kernels.surface import BREAKS, CLOSERS, STOPS, WIDE_STOPS, surface
from operators.text.length_ks import LengthKs

METRIC = LengthKs()


def fold(texts):
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], ["text"])
    return METRIC.fold(batch.append_column("words", Words().open()(batch)["words"]))


def compare(subject, reference):
    return METRIC.compare(fold(subject), fold(reference))


def count_sentences(text):
    stop, wide, closer = (f"[{re.escape(kind)}]" for kind in (STOPS, WIDE_STOPS, CLOSERS))
    any_stop = f"(?:{stop}|{wide}|{closer})"
    text = re.sub(f"({wide}{any_stop}*)", r"\1\n", text)
    text = re.sub(rf"({stop}{any_stop}*)(?=\s)", r"\1\n", text)
    return sum(any(map(str.isalnum, piece)) for piece in re.split(f"[{BREAKS}]", text))


alphabet = st.sampled_from("aé語1 \t\n\u2028.!?…。！\"')»]},;-_$😀")


@given(st.lists(st.text(alphabet, max_size=20), max_size=6))
def test_surface_agrees_with_regular_expressions(texts):
    measured = surface(strings(pa.array(texts, pa.string())))
    assert measured.characters.tolist() == [len(text) for text in texts]
    assert measured.sentences.tolist() == [count_sentences(text) for text in texts]
    marks = [sum(unicodedata.category(c)[0] == "P" for c in text) for text in texts]
    assert measured.punctuation.tolist() == marks


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", 0),
        ("...", 0),
        ("One", 1),
        ("One. Two! Three?", 3),
        ('He said "go." She went.', 2),
        ("3.14 is pi", 1),
        ("e.g. this", 2),
        ("Title\n\nBody", 2),
        ("你好。再见！", 2),
        ("「你好。」再见。", 2),
    ],
)
def test_sentences_by_hand(text, sentences):
    assert surface(strings(pa.array([text]))).sentences.tolist() == [sentences]


def corpus(seed, longest, records=200):
    random = np.random.default_rng(seed)
    pieces = ["word", "longer,", "end.", "x", "(aside)"]
    return [" ".join(random.choice(pieces, random.integers(1, longest))) for _ in range(records)]


def test_distances_equal_scipys_where_lengths_are_exact():
    subject, reference = corpus(1, 18), corpus(2, 25)
    value = compare(subject, reference)
    words = ks_2samp([len(Words_of(t)) for t in subject], [len(Words_of(t)) for t in reference]).statistic
    characters = ks_2samp([len(t) for t in subject], [len(t) for t in reference]).statistic
    sentences = ks_2samp([count_sentences(t) for t in subject], [count_sentences(t) for t in reference]).statistic
    assert value.parts["words"].value == pytest.approx(words, abs=1e-12)
    assert value.parts["characters"].value == pytest.approx(characters, abs=1e-12)
    assert value.parts["sentences"].value == pytest.approx(sentences, abs=1e-12)
    assert value.value == max(part.value for part in value.parts.values())


def Words_of(text):  # noqa: N802
    return re.findall(r"\w+|[^\w\s]", text)


def test_ratios_and_long_texts_are_within_a_buckets_share():
    subject, reference = corpus(3, 900, 300), corpus(4, 1100, 300)
    value = compare(subject, reference)
    for name, measure in (
        ("characters", len),
        ("punctuation_ratio", lambda t: sum(unicodedata.category(c)[0] == "P" for c in t) / len(t)),
    ):
        a, b = (np.array([measure(t) for t in side]) for side in (subject, reference))
        exact = ks_2samp(a, b).statistic
        widest = max(max(np.mean(np.abs(s - x) <= 0.0041 * x) for x in s) for s in (a, b))
        assert exact - widest - 1e-12 <= value.parts[name].value <= exact + 1e-12


def test_intervals_are_those_of_dkw():
    value = compare(corpus(1, 18, 400), corpus(2, 25, 100))
    part = value.parts["words"]
    half = math.sqrt(math.log(80) / 800) + math.sqrt(math.log(80) / 200)
    assert part.low == pytest.approx(max(0.0, part.value - half))
    wider = math.sqrt(math.log(320) / 800) + math.sqrt(math.log(320) / 200)
    assert value.high == pytest.approx(min(1.0, value.value + wider))


def test_equal_sides_have_no_distance():
    value = compare(corpus(1, 30), corpus(1, 30))
    assert value.value == 0.0
    assert value.plot.counts == value.plot.reference
    assert sum(value.plot.counts) == pytest.approx(1.0)


def test_missing_and_empty_texts():
    assert compare([None], ["a"]).value is None
    assert compare(["a"], []).reason == "no record of the reference has a text"
    value = compare(["", None], ["a"])
    assert value.skipped == {"missing": 1}
    assert value.parts["characters"].value == 1.0
    assert value.parts["punctuation_ratio"].value is None
