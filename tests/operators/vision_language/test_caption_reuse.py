"""Reuse against a set; a template is found out."""

import csv

import pytest

from operators.vision_language.caption_reuse import CaptionReuse
from tests.operators.vision_language.media_given import SHARED, batch, folded


def test_it_is_that_of_a_set():
    captions = [f"a {at % 7} of {at % 3}" for at in range(60)] + ["A DOG ", "a dog", None]
    different = {text.strip().lower() for text in captions if text}
    value = folded(CaptionReuse(), batch(caption=captions))
    assert value.value == pytest.approx(1 - len(different) / 62)
    assert (value.n, value.low, value.high, value.skipped) == (62, value.value, value.value, {"no caption": 1})


def test_over_a_sketch_the_interval_holds():
    captions = [f"caption {at // 2}" for at in range(200_000)]
    value = folded(CaptionReuse(), batch(caption=captions))
    assert value.estimator == "sketch"
    assert value.low <= 0.5 <= value.high


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_people_seldom_write_the_same():
    with (SHARED / "flickr8k/captions.csv").open() as file:
        captions = [row["caption"] for row in csv.DictReader(file)]
    own = folded(CaptionReuse(), batch(caption=captions)).value
    templates = [f"a photo of a {'dog' if 'dog' in text else 'person'}" for text in captions]
    assert own < 0.02 < 0.99 < folded(CaptionReuse(), batch(caption=templates)).value
