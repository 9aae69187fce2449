import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from operators.features.image_probe import ImageProbe


def encoded(kind="PNG", size=(64, 48), **options):
    noise = np.random.default_rng(7).integers(0, 255, (size[1], size[0], 3), np.uint8)
    out = BytesIO()
    Image.fromarray(noise).save(out, kind, **options)
    return out.getvalue()


def probe(*images, feature=None):
    batch = pa.RecordBatch.from_pydict({"image": pa.array(images, pa.binary())})
    columns = (feature or ImageProbe()).open()(batch)
    assert {name: column.type for name, column in columns.items()} == dict(ImageProbe.writes)
    return list(zip(*(columns[name].to_pylist() for name in ImageProbe.writes), strict=True))


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM"])
def test_whole_and_cut_images(kind):
    whole = encoded(kind)
    good, cut = probe(whole, whole[: len(whole) // 2])
    assert good == (None, 64, 48, kind)
    assert cut[0] in ("truncated", "corrupt", "unknown_format")


def test_causes():
    jpeg = encoded("JPEG")
    broken = bytearray(encoded("PNG"))
    broken[60:90] = bytes(30)
    faults = [row[0] for row in probe(jpeg[:-400], bytes(broken), b"", b"<html>", None, bomb(20_000, 20_000))]
    assert faults[:1] + faults[2:] == ["truncated", "empty", "unknown_format", None, "too_many_pixels"]
    assert faults[1] in ("corrupt", "truncated")


def test_a_bomb_is_refused_before_it_is_decoded_and_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert probe(bomb(10_000, 10_000), feature=ImageProbe(max_pixels=10**7))[0][0] == "too_many_pixels"
        assert probe(bomb(60_000, 60_000))[0][0] == "too_many_pixels"


def test_no_outside_program_is_started(monkeypatch, tmp_path):
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
    assert probe(eps) == [("unknown_format", None, None, None)]


def test_no_rows():
    assert probe() == []


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "vision_language" / "imagededup"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_the_corrupt_file_is_found():
    paths = sorted(path for path in SHARED.rglob("*.*") if path.suffix in (".jpg", ".png"))
    found = probe(*(path.read_bytes() for path in paths))
    assert [path.name for path, row in zip(paths, found, strict=True) if row[0]] == ["ukbench09268_corrupt.jpg"]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "PNG"])
def test_every_frame_of_an_animation_is_decoded(kind):
    frames = [Image.fromarray(np.random.default_rng(at).integers(0, 255, (40, 40, 3), np.uint8)) for at in range(6)]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    whole = out.getvalue()
    assert probe(whole)[0][0] is None
    cut = whole[: len(whole) * 2 // 3]
    assert probe(cut)[0][0] in ("truncated", "corrupt", "unknown_format")
    if kind == "GIF":
        assert probe(cut, feature=ImageProbe(max_frames=1))[0][0] is None, "the first frame is whole"


def test_every_way_to_hold_pixels_decodes():
    picture = Image.fromarray(np.random.default_rng(7).integers(0, 255, (48, 64, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    kinds = {
        "CMYK": (picture.convert("CMYK"), "JPEG", {}),
        "alpha": (picture.convert("RGBA"), "PNG", {}),
        "palette": (picture.convert("P"), "PNG", {}),
        "bits": (picture.convert("1"), "PNG", {}),
        "turned": (picture, "JPEG", {"exif": exif}),
        "deep": (Image.fromarray(np.full((48, 64), 40_000, np.uint16)), "PNG", {}),
        "grey and alpha": (picture.convert("LA"), "PNG", {}),
    }
    images = []
    for image, kind, options in kinds.values():
        out = BytesIO()
        image.save(out, kind, **options)
        images.append(out.getvalue())
    assert [row[:3] for row in probe(*images)] == [(None, 64, 48)] * len(kinds)
