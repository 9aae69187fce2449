"""FineWeb's rules, worked by hand. The comparison with datatrove on thousands of texts is in test_quality_filters.py."""

import pyarrow as pa
import pytest

from operators.features.words import Words
from operators.text.fineweb_rules import FinewebRules


def judged(*texts):
    """The first rule that rejects each text ("" where none does) and the metric's value."""
    batch = pa.RecordBatch.from_pydict({"_id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())})
    batch = batch.append_column("words", Words().open()(batch)["words"])
    metric = FinewebRules()
    return metric.signals(batch).names(), metric.value(metric.fold(batch))


LINE = "This is a line that is long enough to stand on its own feet."


def test_by_hand():
    names, value = judged(LINE, "no full stop at the end of this rather long line", "a b.\nc d.\ne f.", None)
    # The second ends no line in punctuation (0 < 0.12); all lines of the third have at most 30 characters (1 > 0.67).
    assert names[:3] == ["", "line_punct_ratio", "short_line_ratio"]
    assert value.value == 1 / 3
    assert value.n == 3
    assert sum(value.skipped.values()) == 1


def test_repeated_lines_count_by_their_characters():
    others = "\n".join(f"{LINE[:-1]} and number {word} is not the same as any other of them." for word in "abcdefgh")
    assert judged(others)[0] == [""]
    assert judged(f"{LINE}\n{LINE}\n{others}")[0] == ["char_dup_ratio"]


@pytest.mark.parametrize(("words", "reason"), [(5, ""), (2, "list_ratio")])
def test_line_feeds_to_words(words, reason):
    long = [" ".join([f"{chr(97 + at)}{'x' * (30 // words)}{word}" for word in range(words)]) + "." for at in range(12)]
    assert judged("\n".join(long))[0] == [reason]
