"""Gopher's quality rules, worked by hand. The comparison with datatrove on thousands of texts is in test_quality_filters.py."""

import pyarrow as pa
import pytest

from operators.features.words import Words
from operators.text.gopher_quality import GopherQuality


def judged(*texts):
    """The first rule that rejects each text ("" where none does) and the metric's value."""
    batch = pa.RecordBatch.from_pydict({"_id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())})
    batch = batch.append_column("words", Words().open()(batch)["words"])
    metric = GopherQuality()
    return metric.signals(batch).names(), metric.value(metric.fold(batch))


GOOD = "The cat sat on the mat with the dog and they have been friends of that house. " * 5


def test_by_hand():
    names, value = judged(GOOD, "Too short.", GOOD.replace(" ", " # "), None)
    assert names[:3] == ["", "gopher_short_doc", "gopher_too_many_hashes"]
    assert value.value == 1 / 3
    assert value.n == 3
    assert sum(value.skipped.values()) == 1


def test_each_signal_is_what_the_definition_says():
    # 17 words a sentence and a full stop, five times: 85 words that are no punctuation.
    _, value = judged(GOOD)
    assert value.parts["gopher_short_doc"].value == 0.0
    short, _ = judged(" ".join(["the", "house"] * 24 + ["and"]))  # 49 words
    enough, _ = judged(" ".join(["the", "house"] * 24 + ["and", "of"]))  # 50 words
    assert short == ["gopher_short_doc"]
    assert enough == [""]


@pytest.mark.parametrize(("words", "reason"), [("the and house", ""), ("house garden window", "gopher_enough_stop_words")])
def test_two_stop_words_are_needed(words, reason):
    assert judged(" ".join([words] * 20))[0] == [reason]
