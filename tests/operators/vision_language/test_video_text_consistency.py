"""Clips of shapes with right and wrong captions; the mean over frames is that of every frame."""

import numpy as np
import pytest

from operators.vision_language.temporal_consistency import TemporalConsistency
from operators.vision_language.video_text_consistency import VideoTextConsistency
from tests.operators.tiny_clip import KINDS, caption_of, picture_of
from tests.operators.vision_language.media_given import batch, clip, folded
from tests.operators.vision_language.shapes_given import seen

pytest.importorskip("av")


def clips(n):
    kinds = [KINDS[(at * 5) % len(KINDS)] for at in range(n)]
    return [clip([picture_of(kind, 100 * at + frame, 64) for frame in range(6)]) for at, kind in enumerate(kinds)], kinds


def test_right_captions_have_a_number_and_shuffled_ones_have_none(taught):
    videos, kinds = clips(30)
    made = seen(taught, video=[*videos, None, videos[0]], caption=[*map(caption_of, kinds), "a red disc", None])
    value = folded(VideoTextConsistency(), made)
    cosines = [np.mean(row) for row in made["frame_cosines"].to_pylist() if row]
    assert value.value == pytest.approx(np.mean(cosines), abs=1e-6)
    assert value.value > value.parts["mean cosine of shuffled pairs"].value + 0.2
    assert value.parts["mean of the frame that fits worst"].value < value.value
    assert (value.n, value.skipped) == (30, {"no clip of two frames, or no caption": 2})
    order = np.random.default_rng(0).permutation(len(kinds))
    shuffled = seen(taught, video=videos, caption=[caption_of(kinds[at]) for at in order])
    assert folded(VideoTextConsistency(), shuffled).value is None


def test_every_clip_weighs_the_same_however_long():
    made = batch(frame_cosines=[[0.5] * 100, [0.1, 0.3]])
    assert np.mean(VideoTextConsistency().scores(made)) == pytest.approx(0.35)


def test_a_clip_of_stills_is_fully_consistent_and_cuts_are_not(taught):
    still = clip([picture_of(KINDS[0], 1, 64)] * 6)
    cut = clip([picture_of(KINDS[(7 * frame) % 36], frame, 64) for frame in range(6)])
    scores = [folded(TemporalConsistency(), seen(taught, video=[one], caption=[None])).value for one in (still, cut)]
    assert scores[0] == pytest.approx(1.0, abs=0.01)
    assert scores[1] < 0.8
