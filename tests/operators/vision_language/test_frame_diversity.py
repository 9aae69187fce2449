"""Optical flow of windows that slide over a picture: what moved is known."""

import numpy as np
import pytest

from operators.features.video_motion import VideoMotion
from operators.kernels.flow import displacement, flow
from operators.vision_language.frame_diversity import FrameDiversity
from tests.operators.vision_language.media_given import SHARED, batch, clip, folded, scene, sliding

SIZE = (128, 96)
DIAGONAL = np.hypot(*SIZE)


def texture(seed=0, shape=(240, 320)):
    """Smooth noise: every place looks like no other."""
    noise = np.random.default_rng(seed).normal(size=shape)
    frequencies = np.hypot(*np.meshgrid(np.fft.fftfreq(shape[1]), np.fft.fftfreq(shape[0])))
    smooth = np.fft.ifft2(np.fft.fft2(noise) * np.exp(-((frequencies * 14) ** 2))).real
    return (smooth - smooth.min()) / np.ptp(smooth) * 255


@pytest.mark.parametrize("step", [(0, 0), (1, 0), (3, 0), (0, 5), (4, -3), (-6, 6), (10, 0)])
def test_a_translation_is_found(step):
    picture = texture()
    before = picture[80:176, 100:228]
    after = picture[80 - step[1] : 176 - step[1], 100 - step[0] : 228 - step[0]]
    right, down = flow(before, after)
    assert np.median(right) == pytest.approx(step[0], abs=0.35)
    assert np.median(down) == pytest.approx(step[1], abs=0.35)
    assert displacement(before, after) * DIAGONAL == pytest.approx(np.hypot(*step), rel=0.25, abs=0.05)


def test_opencv_sees_the_same_motion():
    cv2 = pytest.importorskip("cv2")
    picture = texture(4)
    before, after = picture[80:176, 100:228], picture[77:173, 96:224]
    theirs = cv2.calcOpticalFlowFarneback(before.astype(np.uint8), after.astype(np.uint8), None, 0.5, 4, 15, 3, 5, 1.2, 0)
    assert np.hypot(*theirs.transpose(2, 0, 1)).mean() == pytest.approx(displacement(before, after) * DIAGONAL, rel=0.15)


def measured(*videos):
    made = batch(video=list(videos))
    return folded(FrameDiversity(), made.append_column("video_motion", VideoMotion(side=128).open()(made)["video_motion"]))


def test_size_and_rate_do_not_change_the_number():
    pytest.importorskip("av")
    small = sliding(scene(3, (320, 240)), (2, 1), 10)
    slow = measured(clip(small, fps=10)).value
    assert slow == pytest.approx(np.hypot(2, 1) / DIAGONAL * 10, rel=0.35)
    assert measured(clip(small, fps=20)).value == pytest.approx(2 * slow, rel=0.02)
    large = [frame.resize((256, 192)) for frame in small]
    assert measured(clip(large, fps=10)).value == pytest.approx(slow, rel=0.2)


def test_what_stands_still_has_none_and_what_cannot_be_read_is_skipped():
    pytest.importorskip("av")
    value = measured(clip([scene(3, SIZE)] * 5), b"no clip", None)
    assert value.value == pytest.approx(0, abs=0.01)
    assert value.skipped == {"no clip of two frames": 2}


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_real_clips_move():
    pytest.importorskip("av")
    names = ("car-turn", "man-skiing")
    turn, skiing = (measured((SHARED / f"tune_a_video/{name}.mp4").read_bytes()).value for name in names)
    assert 0.01 < turn < skiing < 3
