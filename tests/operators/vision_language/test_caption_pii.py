"""The text metric over captions, and that it shows nothing of what it found."""

from operators.text.pii import Pii
from operators.vision_language.caption_pii import CaptionPii
from tests.operators.vision_language.media_given import batch, folded

CAPTIONS = ["A dog on a beach", "Prints: ann@mail.org or +44 20 7946 0018", None, "Card 4111 1111 1111 1111"]


def test_it_is_the_text_metric_over_captions():
    found = folded(CaptionPii(), batch(caption=CAPTIONS))
    assert found == folded(Pii(), batch(text=CAPTIONS))
    assert (found.value, found.n) == (2 / 3, 3)
    assert all("ann" not in entry.note and "4111" not in entry.note for entry in found.evidence)
