"""Tokens by hand: words of a tokenizer of words, and what surrounds them."""

from operators.vision_language.caption_window import CaptionWindow
from tests.operators.tiny_clip import WINDOW
from tests.operators.vision_language.media_given import batch, folded
from tests.operators.vision_language.shapes_given import seen, shapes


def test_the_longest_caption_decides():
    made = batch(caption_tokens=[[77, 3], [78], None, [3, 90]], caption_window=[77, 77, None, 77])
    value = folded(CaptionWindow(), made)
    assert (value.value, value.n, value.skipped) == (1 / 3, 3, {"no caption": 1})
    assert {entry.record: entry.note for entry in value.evidence} == {1: "78 tokens of 77", 3: "90 tokens of 77"}
    assert folded(CaptionWindow(), made.slice(2, 1)).reason == "no record has a caption"


def test_tokens_are_counted_with_those_at_the_ends_and_before_the_cut(taught):
    pictures, _ = shapes(4)
    fits, over = " ".join(["red"] * (WINDOW - 2)), " ".join(["red"] * (WINDOW - 1))
    made = seen(taught, image=pictures, caption=[fits, over, "<eos> <bos>", " "])
    assert made["caption_tokens"].to_pylist()[:2] == [[WINDOW], [WINDOW + 1]]
    assert made["caption_window"].to_pylist() == [WINDOW, WINDOW, WINDOW, None]
    assert folded(CaptionWindow(), made).value == 2 / 3
