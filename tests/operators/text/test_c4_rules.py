"""C4's rules, worked by hand. The comparison with datatrove on thousands of texts is in test_quality_filters.py."""

import pyarrow as pa
import pytest

from operators.features.words import Words
from operators.text.c4_rules import C4Rules


def judged(*texts):
    """The first rule that rejects each text ("" where none does) and the metric's value."""
    batch = pa.RecordBatch.from_pydict({"_id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())})
    batch = batch.append_column("words", Words().open()(batch)["words"])
    metric = C4Rules()
    return metric.signals(batch).names(), metric.value(metric.fold(batch))


SENTENCES = (
    "It rained all day long. The road was closed at noon. Nobody came to the market. We stayed inside. Then the sun came out."
)


def test_by_hand():
    lorem, code = f"{SENTENCES} Then lorem ipsum.", SENTENCES + "\nThe program is f() { return; } as before."
    names, value = judged(SENTENCES, "One sentence only is here.", lorem, code, None)
    assert names[:4] == ["", "too_few_sentences", "lorem_ipsum", "curly_bracket"]
    assert value.value == 1 / 4
    assert value.n == 4
    assert sum(value.skipped.values()) == 1


def test_lines_that_the_rules_drop_do_not_count_as_sentences():
    # The lines with a policy notice or two words are dropped; four sentences are left.
    text = "\n".join([SENTENCES.removesuffix(" Then the sun came out."), "Read our privacy policy here and now.", "Two words."])
    assert judged(text)[0] == ["too_few_sentences"]


@pytest.mark.parametrize("line", ["Javascript must be on for this page.", "So it went on as before.", "Two words"])
def test_a_dropped_line_leaves_the_rest_to_be_judged(line):
    assert judged(f"{SENTENCES}\n{line}")[0] == [""]
