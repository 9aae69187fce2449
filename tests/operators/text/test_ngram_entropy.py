from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from operators.features.words import Words
from operators.text.ngram_entropy import NgramEntropy


def measure(texts, **parameters):
    batch = pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.string())})
    metric = NgramEntropy(**parameters)
    return metric.value(metric.fold(batch.append_column("words", Words().open()(batch)["words"])))


def test_by_hand():
    value = measure(["a b a c", "a b", None])
    assert value.parts["entropy_1"].value == pytest.approx(0.5 + 1 / 3 * np.log2(3) + 1 / 6 * np.log2(6))
    assert value.value == pytest.approx(0.5 + 2 * 0.25 * 2)  # ab twice, ba and ac
    assert value.parts["next_word"].value == pytest.approx(value.value - value.parts["entropy_1"].value)
    assert (value.n, value.skipped) == (4, {"no text": 1})


@given(texts=st.lists(st.lists(st.sampled_from("abcde"), max_size=30), min_size=1, max_size=8))
def test_scipy_says_the_same(texts):
    value = measure([" ".join(text) for text in texts])
    for n in (1, 2, 3):
        grams = Counter(tuple(text[at : at + n]) for text in texts for at in range(len(text) - n + 1))
        found = value.parts[f"entropy_{n}"].value
        assert found == (pytest.approx(stats.entropy(list(grams.values()), base=2), abs=1e-9) if grams else None)


def test_a_uniform_vocabulary_has_the_logarithm_of_its_size():
    assert measure([" ".join(map(str, range(1024)))]).parts["entropy_1"].value == pytest.approx(10)
    assert measure(["the the the"]).parts["entropy_1"].value == 0.0


def test_beyond_the_size_it_is_a_lower_bound_and_says_so():
    texts = [" ".join(map(str, range(9000)))]
    exact, bound = (measure(texts, size=size) for size in (1 << 17, 1024))
    assert bound.value < exact.value
    assert "a lower bound" in bound.reason
    assert "next_word" not in bound.parts
