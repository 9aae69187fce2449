import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from operators.text.self_check import SelfCheck


def measure(texts, samples):
    columns = {
        "_id": pa.array(range(len(texts)), pa.int64()),
        "_fault": pa.nulls(len(texts), pa.string()),
        "text": pa.array(texts, pa.string()),
        "samples": pa.array(samples, pa.list_(pa.string())),
    }
    batch = pa.RecordBatch.from_pydict(columns)
    whole = SelfCheck().fold(batch)
    cut = SelfCheck().fold(batch[:1]) + SelfCheck().fold(batch[1:])
    assert SelfCheck().value(whole) == SelfCheck().value(cut)
    return SelfCheck().value(whole)


def published(text, samples):
    """The unigram model of Manakul et al. 2023: counts of the passage and of all samples, no smoothing."""
    counts = Counter(text.split())
    for sample in samples:
        counts.update(sample.split())
    total = sum(counts.values())
    surprise = [-math.log(counts[word] / total) for word in text.split()]
    return np.mean(surprise), max(surprise)


def test_equals_the_published_model():
    rng = np.random.default_rng(0)
    vocabulary = [f"w{at}" for at in range(30)]
    for _ in range(50):
        draw = [" ".join(rng.choice(vocabulary, rng.integers(1, 40))) for _ in range(rng.integers(2, 6))]
        mean, worst = published(draw[0], draw[1:])
        value = measure([draw[0]], [draw[1:]])
        assert value.value == pytest.approx(mean, rel=1e-12)
        assert value.parts["worst_word"].value == pytest.approx(worst, rel=1e-12)


def test_what_is_skipped():
    value = measure(["a b", None, "", "a", "a", "A"], [["a b", None], ["a"], ["a"], [], None, ["", "a"]])
    assert value.n == 2
    assert value.skipped == {"no text or no sample": 4}
    assert value.evidence[0].record == 0


def test_an_answer_given_again_surprises_less():
    agree = measure(["the capital is paris"], [["the capital is paris"] * 5]).value
    differ = measure(["the capital is paris"], [["the capital is lyon", "the capital is nice", "it may be rome"] * 2]).value
    assert agree < differ
