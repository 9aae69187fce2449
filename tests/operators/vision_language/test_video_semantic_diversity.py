"""The inception score of a clip's own frames against numpy, through a function and through a classifier of transformers."""

import json

import numpy as np
import pytest

from operators.features.frame_classes import FrameClasses
from operators.features.stills import Stills
from operators.kernels.divergence import spread_of
from operators.vision_language.video_semantic_diversity import VideoSemanticDiversity
from tests.operators.tiny_clip import COLOURS, KINDS, picture_of
from tests.operators.vision_language.media_given import batch, clip, folded
from tests.operators.vision_model import PROCESSOR, SMALL

pytest.importorskip("av")


def by_colour(pictures):
    """Which of the colours a picture is of, nearly for sure."""
    known = np.array(list(COLOURS.values()), float)
    found = []
    for picture in pictures:
        pixels = np.asarray(picture, float).reshape(-1, 3)
        shape = pixels[pixels.max(1) > 120].mean(0)
        found.append(np.exp(-((known - shape) ** 2).sum(1) / 1000).tolist())
    return found


def made_of(*videos):
    made = batch(video=list(videos))
    for name, column in Stills(frames=6).open()(made).items():
        made = made.append_column(name, column)
    return made


def measured(model, made):
    column = FrameClasses(model=model).open()(made)["frame_spread"]
    return made.append_column("frame_spread", column)


def showing(*colours):
    kinds = [next(kind for kind in KINDS if kind[0] == colour) for colour in colours]
    return clip([picture_of(kind, 3, 64) for kind in kinds])


def test_clips_of_one_two_and_three_colours():
    videos = [showing(*["red"] * 6), showing(*["red", "blue"] * 3), showing(*["red", "blue", "green"] * 2)]
    made = measured(f"{__name__}:by_colour", made_of(*videos, b"no clip", None, showing("red")))
    found = made["frame_spread"].to_pylist()
    assert found[:3] == pytest.approx([1, 2, 3], abs=0.1)
    assert found[3:] == [None] * 3
    value = folded(VideoSemanticDiversity(), made)
    assert (value.value, value.n) == (pytest.approx(2, abs=0.1), 3)


def test_the_formula_is_numpys():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(7) * 0.3, 9)
    middle = shares.mean(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(shares > 0, shares * np.log(shares / middle), 0)
    assert spread_of(shares) == pytest.approx(np.exp(terms.sum(1).mean()))
    assert 1 <= spread_of(np.eye(3)[[0, 0, 1]]) <= 3
    assert spread_of(np.zeros((4, 2))) == 1.0, "a classifier that says nothing sees no change"


def test_a_classifier_of_transformers(tmp_path):
    torch = pytest.importorskip("torch")
    from transformers import ViTConfig, ViTForImageClassification

    torch.manual_seed(0)
    model = ViTForImageClassification(ViTConfig(**SMALL, image_size=32, patch_size=8, num_labels=5, initializer_range=0.5))
    model.save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    made = measured(str(tmp_path), made_of(showing(*["red", "blue"] * 3), showing(*["red"] * 6)))
    first, second = made["frame_spread"].to_pylist()
    assert 1 <= second < first <= 6


def test_a_plan_must_name_a_classifier():
    assert "needs a classifier of images" in FrameClasses().obstacle()
