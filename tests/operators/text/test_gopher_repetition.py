"""Gopher's repetition rules, worked by hand. datatrove is compared in test_quality_filters.py."""

import pyarrow as pa
import pytest

from operators.features.words import Words
from operators.text.gopher_repetition import GopherRepetition


def judged(*texts):
    """The first rule that rejects each text ("" where none does) and the metric's value."""
    batch = pa.RecordBatch.from_pydict({"_id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())})
    batch = batch.append_column("words", Words().open()(batch)["words"])
    metric = GopherRepetition()
    return metric.signals(batch).names(), metric.value(metric.fold(batch))


def test_by_hand():
    names, value = judged("one line\n" * 10, "".join(f"line number {word}\n" for word in "abcdefghijklm"), None)
    # Nine of ten lines repeat the first: 0.9 > 0.30.
    assert names[0] == "dup_line_frac"
    assert value.n == 2
    assert sum(value.skipped.values()) == 1


def test_a_text_without_repeats_passes_unless_one_phrase_is_much_of_it():
    words = [f"{first}{second}{third}" for first in "bcdfg" for second in "aeiou" for third in "lmn"]
    assert judged(" ".join(words))[0] == [""]  # 75 words of three letters: any four are 15 of 299 characters
    assert judged(" ".join(words[:12]))[0] == ["top_3_gram"]  # 12 words: 11 of 47 characters, more than 0.18


def test_the_share_of_repeated_lines_is_counted_after_the_first():
    lines = [f"{chr(97 + at) * 9} {chr(110 + at) * 9}" for at in range(10)]
    sound, _ = judged("\n".join([*lines[:7], *lines[:3]]))  # 3 of 10 are repeats: not more than 0.30
    repeated, _ = judged("\n".join([*lines[:6], *lines[:4]]))  # 4 of 10
    assert sound != ["dup_line_frac"]
    assert repeated == ["dup_line_frac"]


@pytest.mark.parametrize("size", [2, 3])
def test_one_sentence_over_and_over_is_rejected(size):
    assert judged("The old bridge was closed. " * 10 * size)[0] != [""]
