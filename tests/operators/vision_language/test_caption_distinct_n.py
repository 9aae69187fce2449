"""The text metric over captions: equal to it, and to counting by hand."""

import pyarrow as pa

from operators.features.words import Words
from operators.text.distinct_n import DistinctN
from operators.vision_language.caption_distinct_n import CaptionDistinctN
from tests.operators.vision_language.media_given import batch, folded

CAPTIONS = ["a dog runs on a beach", "a dog runs on grass", None, "two cats sleep"]


def test_it_is_the_text_metric_over_captions():
    texts = batch(text=CAPTIONS)
    texts = texts.append_column("words", Words().open()(texts)["words"])
    expected, found = folded(DistinctN(), texts), folded(CaptionDistinctN(), batch(caption=CAPTIONS))
    assert found == expected
    pairs = [pair for text in CAPTIONS if text for pair in zip(text.split(), text.split()[1:], strict=False)]
    assert found.value == len({*pairs}) / len(pairs)
    assert folded(CaptionDistinctN(), batch(caption=pa.nulls(2, pa.string()))).value is None
