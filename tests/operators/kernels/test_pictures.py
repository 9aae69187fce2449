"""Pictures as a viewer shows them, however they are stored; what is too large or broken is none."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from operators.kernels.pictures import upright


def stored(image, kind="PNG", **options):
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photo():
    """Its left half red, its upper edge blue: no turn leaves it as it is."""
    pixels = np.full((40, 60, 3), 200, np.uint8)
    pixels[:, :30] = (220, 20, 20)
    pixels[:8] = (20, 20, 220)
    return Image.fromarray(pixels)


TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", TURNED)
def test_exifs_orientation_is_undone(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = stored(photo().transpose(TURNED[orientation]), exif=exif)
    np.testing.assert_array_equal(np.asarray(upright(data)), np.asarray(photo()))


def test_what_is_transparent_lies_on_white():
    layered = photo().convert("RGBA")
    layered.putalpha(Image.fromarray(np.where(np.arange(60) < 30, 255, 0).astype(np.uint8)[None].repeat(40, 0)))
    found = np.asarray(upright(stored(layered)))
    np.testing.assert_array_equal(found[:, :30], np.asarray(photo())[:, :30])
    assert (found[:, 30:] == 255).all()
    palette = photo().quantize(4)
    index = palette.getpixel((50, 30))
    shown = upright(stored(palette, "PNG", transparency=index))
    assert shown.getpixel((50, 30)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "1", "YCbCr", "LAB"])
def test_every_mode_becomes_rgb(mode):
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG", "LAB": "TIFF"}.get(mode, "PNG")
    image = photo() if mode == "LAB" else photo().convert(mode)
    assert upright(stored(image, kind)).mode == "RGB"


def test_sixteen_bits_are_scaled():
    wide = Image.fromarray(np.array([[0, 257 * 100, 65_535]], np.uint16).repeat(4, 0))
    assert np.asarray(upright(stored(wide)))[0, :, 0].tolist() == [0, 100, 255]


def test_what_is_too_large_or_broken_is_none():
    data = stored(photo())
    assert upright(data, most_pixels=60 * 40) is not None
    assert upright(data, most_pixels=60 * 40 - 1) is None
    for broken in (b"", b"no image", data[:60], b"%!PS-Adobe-3.0 EPSF-3.0\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>"):
        assert upright(broken) is None
    bomb = BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert upright(bomb.getvalue()) is None
    assert upright(data, most_side=30).size == (30, 20)
