"""Flicker against its formula over frames as they decode; frozen and flashing clips."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from operators.features.video_motion import VideoMotion
from operators.kernels import clips
from operators.vision_language.temporal_flicker import TemporalFlicker
from tests.operators.vision_language.media_given import batch, clip, folded, scene, sliding

pytest.importorskip("av")


def measured(*videos):
    made = batch(video=list(videos))
    return made.append_column("video_motion", VideoMotion(side=128).open()(made)["video_motion"])


def test_it_is_the_formula_over_decoded_frames():
    video = clip(sliding(scene(3, (300, 200)), (5, 2), 8))
    frames = [np.asarray(image, float) for _, image in clips.frames(video, 128)]
    expected = (255 - np.mean([np.abs(b - a).mean() for a, b in pairwise(frames)])) / 255
    value = folded(TemporalFlicker(), measured(video, None, b"no clip"))
    assert value.value == pytest.approx(expected, abs=1e-9)
    assert (value.n, value.skipped) == (1, {"no clip of two frames": 2})


def test_frozen_clips_score_one_and_flashing_ones_what_they_flash():
    black, white = (Image.new("RGB", (64, 64), shade) for shade in ("black", "white"))
    value = folded(TemporalFlicker(), measured(clip([black] * 6)))
    assert value.value == 1.0
    assert value.parts["share of pairs of frames that are the same"].value == 1.0
    assert folded(TemporalFlicker(), measured(clip([black, white] * 4))).value == pytest.approx(0.0, abs=0.03)
    assert folded(TemporalFlicker(), measured(clip([black]))).value is None


def test_more_motion_flickers_more():
    clips_of = [clip(sliding(scene(3, (400, 300)), (step, 0), 8)) for step in (1, 4, 16)]
    scores = [folded(TemporalFlicker(), measured(video)).value for video in clips_of]
    assert scores == sorted(scores, reverse=True)
