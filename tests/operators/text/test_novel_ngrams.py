import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.text.novel_ngrams import NovelNgrams, novel_shares

TEXTS = st.lists(st.sampled_from("the The cat sat on a mat 12 , . été of".split()), max_size=12).map(" ".join)


def plain(text, context, n, least=1):
    """From the definition; the tests' alphabet has words of letters and digits, and single symbols."""

    def grams(of):
        words = [word for word in re.findall(r"\w+|[^\w\s]", of.lower()) if len(word) >= least]
        return [tuple(words[at : at + n]) for at in range(len(words) - n + 1)]

    mine, theirs = grams(text), set(grams(context))
    return np.nan if not mine else sum(gram not in theirs for gram in mine) / len(mine)


@given(rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
def test_against_plain_python(rows):
    texts, contexts = (pa.array(side, pa.string()) for side in zip(*rows, strict=True))
    found = novel_shares(texts, contexts)
    for at, (text, context) in enumerate(rows):
        expected = {f"novel_{n}": plain(text, context, n) for n in (1, 2, 3, 4)}
        expected["long_words"] = plain(text, context, 1, least=4)
        assert {name: share[at] for name, share in found.items()} == pytest.approx(expected, nan_ok=True)


def measure(texts, contexts):
    columns = {
        "_id": pa.array(range(len(texts)), pa.int64()),
        "_fault": pa.nulls(len(texts), pa.string()),
        "text": pa.array(texts, pa.string()),
        "context": pa.array(contexts, pa.string()),
    }
    return NovelNgrams().value(NovelNgrams().fold(pa.RecordBatch.from_pydict(columns)))


def test_by_hand():
    texts = ["a b c", "a b x a b", "a", None, "b a"]
    contexts = ["A B C", "a b", "a", "a", None]
    value = measure(texts, contexts)
    assert value.value == (0 + 2 / 4) / 2, "a bigram counts as often as it stands there"
    assert value.parts["novel_1"].value == pytest.approx((0 + 1 / 5 + 0) / 3)
    assert value.parts["novel_3"].value == pytest.approx((0 + 1) / 2)
    assert "long_words" not in value.parts
    assert value.skipped == {"no text or no context": 2, "fewer than two words": 1}
    assert [(entry.record, entry.score) for entry in value.evidence] == [(1, 0.5), (0, 0.0)]


def test_a_source_lends_nothing_to_another_record():
    assert measure(["one two", "one two"], ["one two", "three four"]).value == 0.5


def test_an_empty_source_has_nothing():
    assert measure(["one two"], [""]).value == 1.0


def test_characters_count_not_bytes():
    assert measure(["он и она"], ["он"]).parts.keys() == {"novel_1", "novel_2", "novel_3"}
    assert measure(["слово и она"], ["слово"]).parts["long_words"].value == 0.0
