"""Clips by hand: whole, cut, of other kinds; nothing but a clip's own bytes is opened."""

import numpy as np
import pytest

from operators.features.stills import Stills
from operators.features.video_probe import VideoProbe
from operators.kernels import clips
from operators.vision_language.video_decodes import VideoDecodes
from tests.operators.vision_language.media_given import SHARED, audited, batch, clip, encoded, folded, scene

pytest.importorskip("av")
FRAMES = [scene(seed, (64, 48)) for seed in range(12)]
WHOLE = clip(FRAMES)
FAULTS = ("empty", "unknown_format", "no_video", "too_many_pixels", "no_frames", "truncated", "corrupt")


def probed(*videos, **parameters):
    made = batch(video=list(videos))
    for name, column in VideoProbe(**parameters).open()(made).items():
        made = made.append_column(name, column)
    return made


def test_what_a_whole_clip_is():
    (row,) = probed(WHOLE).to_pylist()
    found = {name: row[f"video_{name}"] for name in ("fault", "width", "height", "fps", "frames", "codec")}
    assert found == {"fault": None, "width": 64, "height": 48, "fps": 10.0, "frames": 12, "codec": "h264"}
    assert row["video_seconds"] == pytest.approx(1.2)


def test_every_fault_has_its_name():
    sound = SHARED / "c2pa_python/files-for-reading-tests/sample1_signed.wav"
    videos = [WHOLE, b"", b"no clip", encoded(scene(1)), WHOLE[:200], None]
    made = probed(*videos)
    faults = made["video_fault"].to_pylist()
    assert faults == [None, "empty", "unknown_format", "unknown_format", "corrupt", None]
    value = folded(VideoDecodes(), made)
    assert (value.value, value.n, value.skipped) == (0.2, 5, {"null": 1})
    assert probed(WHOLE, max_pixels=100)["video_fault"].to_pylist() == ["too_many_pixels"]
    if sound.exists():
        assert probed(b"RIFF" + sound.read_bytes()[4:])["video_fault"].to_pylist() == ["unknown_format"]


def test_a_clip_that_ends_early_is_truncated_or_corrupt():
    matroska = clip(FRAMES, kind="matroska")
    assert probed(matroska)["video_fault"].to_pylist() == [None]
    half = probed(matroska[: len(matroska) // 2])
    assert half["video_frames"].to_pylist()[0] < 12
    avi = clip(FRAMES, kind="avi")
    assert probed(avi[: len(avi) * 2 // 3])["video_fault"].to_pylist()[0] in ("truncated", "corrupt")


@pytest.mark.parametrize("kind", ["mp4", "avi", "matroska"])
def test_no_change_of_bytes_is_more_than_a_fault(kind):
    rng, whole = np.random.default_rng(0), clip(FRAMES, kind=kind)
    for _ in range(60):
        changed = np.frombuffer(whole, np.uint8).copy()
        changed[rng.integers(0, len(whole), 8)] = rng.integers(0, 256, 8)
        probe = clips.probe(changed.tobytes()[: int(rng.integers(len(whole) // 2, len(whole) + 1))])
        assert probe.fault is None or probe.fault in FAULTS
        assert len(clips.sampled(changed.tobytes(), 3, 32)) <= 3


def test_an_unknown_codec_is_corrupt():
    unknown = clip(FRAMES).replace(b"avc1", b"zzz1")
    assert clips.probe(unknown).fault == "corrupt"


def test_decoding_is_bounded_by_frames():
    assert probed(WHOLE, max_frames=5)["video_frames"].to_pylist() == [5]
    assert len(list(clips.frames(WHOLE, 32, most_frames=3))) == 3


@pytest.mark.parametrize("text", ["#EXTM3U\n#EXTINF:1,\n{path}\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile {path}\n"])
def test_a_playlist_opens_no_other_file(tmp_path, text):
    (tmp_path / "whole.mp4").write_bytes(WHOLE)
    playlist = text.format(path=tmp_path / "whole.mp4").encode()
    assert probed(playlist)["video_fault"].to_pylist() == ["unknown_format"]
    assert list(clips.frames(playlist, 32)) == []


def test_stills_are_even_and_hold_both_ends():
    shown = clips.sampled(WHOLE, 4, 64)
    assert len(shown) == 4
    for still, frame in zip((shown[0], shown[-1]), (FRAMES[0], FRAMES[-1]), strict=True):
        assert np.abs(np.asarray(still, float) - np.asarray(frame, float)).mean() < 12
    long = clip([FRAMES[at % 12] for at in range(90)])
    assert len(clips.sampled(long, 4, 64)) == 4
    columns = Stills(frames=4).open()(batch(image=[encoded(scene(1)), None, None], video=[WHOLE, WHOLE, b"no clip"]))
    assert [len(row) if row else row for row in columns["stills"].to_pylist()] == [5, 4, None]
    assert columns["stills_of_clip"].to_pylist() == [4, 4, None]


def test_a_broken_clip_is_quarantined(tmp_path):
    report = audited(tmp_path, ["vision_language.video_decodes"], video=[WHOLE, WHOLE[:200], None], caption=["a", "b", "c"])
    value = report.result("vision_language.video_decodes").value
    assert (value.value, value.n) == (0.5, 2)
    assert [(entry.record, entry.note) for entry in value.evidence] == [(1, "corrupt")]
    assert folded(VideoDecodes(), probed(None)).reason == "no record has a clip"
