"""Records with one fault each, planted; what a record does not say is no fault."""

import hashlib

import pyarrow as pa
import pytest

from operators.kernels.media_types import media_type, types_of
from operators.vision_language.well_formed import WellFormed
from tests.operators.vision_language.media_given import audited, clip, encoded, scene

NAME = "vision_language.well_formed"
GOOD = encoded(scene(1, (80, 60)))


def row(image=GOOD, caption="a dog", path="a.png", sha256=None, video=None):
    return {"image": image, "caption": caption, "path": path, "sha256": sha256, "video": video}


PLANTED = {
    "not_decoded": row(image=GOOD[:200]),
    "no_caption": row(caption="  "),
    "too_small": row(image=encoded(scene(1, (80, 20)))),
    "aspect": row(image=encoded(scene(1, (800, 40)))),
    "extension": row(path="folder/a.jpg"),
    "hash": row(sha256=hashlib.sha256(GOOD + b"x").hexdigest()),
    "no_media": row(image=None),
}


def measured(folder, rows, lines=()):
    kinds = {"image": pa.binary(), "video": pa.binary()}
    columns = {name: pa.array([one[name] for one in rows], kinds.get(name, pa.string())) for name in rows[0]}
    return audited(folder, [NAME], lines, **columns).result(NAME).value


def test_every_planted_fault_is_named(tmp_path):
    good = [row(), row(path=None), row(path="readme"), row(sha256=f"sha256:{hashlib.sha256(GOOD).hexdigest().upper()}")]
    value = measured(tmp_path, [*PLANTED.values(), *good])
    n = len(PLANTED) + len(good)
    assert (value.value, value.n) == (len(good) / n, n)
    assert {name: round(part.value * n) for name, part in value.parts.items()} == dict.fromkeys(PLANTED, 1)


def test_clips_have_limits_of_their_own(tmp_path):
    pytest.importorskip("av")
    frames = [scene(at, (64, 64)) for at in range(6)]
    slow, quick = clip(frames, fps=2), clip(frames, fps=20)
    rows = [row(image=None, video=one, path="c.mp4") for one in (slow, quick, slow[:100])]
    rows.append(row(image=None, video=quick, path="c.webm"))
    metric = WellFormed(least_seconds=1.0, least_fps=1.0)
    assert metric.least_seconds == 1.0
    lines = [f'[metrics."{NAME}"]\nleast_seconds = 1.0']
    kinds = {"image": pa.binary(), "video": pa.binary()}
    columns = {name: pa.array([one[name] for one in rows], kinds.get(name, pa.string())) for name in rows[0]}
    value = audited(tmp_path, [], lines, **columns).result(NAME).value
    assert {name: part.value for name, part in value.parts.items()} == {"not_decoded": 0.25, "too_short": 0.5}
    assert value.value == 0.25


def test_without_captions_in_the_data_none_is_wanted(tmp_path):
    assert audited(tmp_path, [NAME], image=[GOOD, None]).result(NAME).value.value == 1.0


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_signatures_and_extensions_agree(kind):
    try:
        data = encoded(scene(1, (32, 32)), kind)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow writes no {kind}")
    assert media_type(data) in types_of(f"a.{kind.lower()}")
    assert media_type(data[:3]) is None or kind in ("JPEG", "BMP")
