"""Clips of one content in other sizes, rates and compressions; and the public clips."""

import pytest

from operators.features.clip_hash import ClipHash
from tests.operators.vision_language.media_given import SHARED, audited, batch, clip, scene, sliding

pytest.importorskip("av")
METRIC = "vision_language.duplicate_clips"


def frames(seed, count=20):
    return sliding(scene(seed, (400, 300)), (6, 3), count, (192, 144))


def test_other_sizes_rates_and_lengths_in_frames_are_found(tmp_path):
    one, other = frames(1), frames(2)
    small = [frame.resize((96, 72)) for frame in one]
    videos = [clip(one), clip(small), clip(one[::2], fps=5), clip(other), None, b"no clip", clip(one)]
    value = audited(tmp_path, [METRIC], video=videos).result(METRIC).value
    assert (value.value, value.n, value.skipped) == (3 / 5, 5, {"no clip to hash": 2})
    assert value.parts["largest group (records)"].value == 4
    assert value.parts["with the very hash of an earlier one"].value >= 1 / 5


def test_a_clip_of_fewer_frames_than_the_hash_has_repeats_them():
    hashed = ClipHash().open()(batch(video=[clip(frames(1)[:3]), clip(frames(1)[:1])]))["clip_hash"].to_pylist()
    assert [len(one) for one in hashed] == [128, 128]
    assert len({hashed[0][at : at + 8] for at in range(0, 128, 8)}) == 3
    assert len({hashed[1][at : at + 8] for at in range(0, 128, 8)}) == 1


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_the_public_clips_are_grouped(tmp_path):
    paths = [*sorted((SHARED / "tmk_videos").glob("*.mp4")), *sorted((SHARED / "tune_a_video").glob("*.mp4"))]
    assert len(paths) == 9
    value = audited(tmp_path, [METRIC], video=[path.read_bytes() for path in paths]).result(METRIC).value
    assert value.value == pytest.approx(3 / 9), "four patterns are one clip; the doorknob and four others are their own"
    (largest,) = value.parts["largest group (records)"].evidence
    assert (largest.score, paths[largest.record].name) == (4.0, "pattern-hd-no-bar.mp4")
