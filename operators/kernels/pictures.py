"""Encoded images as pixels: upright, in one colour space, bounded before anything is decoded."""

import warnings
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")
"""What Pillow decodes itself; EPS, for one, would start Ghostscript."""
MOST_PIXELS = 178_956_970
"""Pillow's own line, beyond which it takes an image for a bomb."""
Pixels = NDArray[np.uint8]

# Pillow warns from half its limit on; a verdict may not depend on whether warnings are errors here.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def upright(data: Any, most_pixels: int = MOST_PIXELS, most_side: int | None = None) -> Image.Image | None:
    """The first frame as a viewer shows it, in RGB; None where it does not decode, or has more pixels than allowed.

    EXIF's orientation is applied, what is transparent lies on white, CMYK, palettes and 16 bits become 8 bits a channel.

    Args:
        data: a buffer of bytes.
        most_pixels: by the header; an image of more is not decoded.
        most_side: a larger image is scaled down to it by Lanczos, its aspect kept.

    >>> png = BytesIO(); Image.new("LA", (40, 30), (0, 0)).save(png, "PNG")
    >>> image = upright(png.getvalue(), most_side=20)
    >>> image.size, image.getpixel((0, 0))
    ((20, 15), (255, 255, 255))
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > most_pixels:
                return None
            opened.load()
            turned = ImageOps.exif_transpose(opened)
            plain = _on_white(turned) if turned.has_transparency_data else _eight_bits(turned).convert("RGB")
    except Exception:  # decoders raise whatever the bytes make them; `features.image_probe` says what is wrong with each
        return None
    if most_side is not None and max(plain.size) > most_side:
        scale = most_side / max(plain.size)
        plain = plain.resize(
            (max(1, round(plain.width * scale)), max(1, round(plain.height * scale))), Image.Resampling.LANCZOS
        )
    return plain


def _on_white(image: Image.Image) -> Image.Image:
    layered = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Pillow clips 16 bits to 8 where it should scale them."""
    if not image.mode.startswith(("I;16", "I")) or image.mode == "1":
        return image
    wide = np.asarray(image, np.float64)
    return Image.fromarray((np.clip(wide, 0, 65_535) / 257).round().astype(np.uint8), "L")


def luma(image: Image.Image) -> Pixels:
    """(height, width) the brightness of an image's pixels, ITU-R BT.601, 0 to 255.

    >>> luma(Image.new("RGB", (2, 1), (255, 0, 0))).tolist()
    [[76, 76]]
    """
    return np.asarray(image.convert("L"))
