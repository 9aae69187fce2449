"""How large an image is, by its header alone: a bomb is refused before anything is decoded."""

from io import BytesIO

import pyarrow as pa
from PIL import Image

from engine.source.dataset import Limits

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


def refuse_large(images: pa.Array, limits: Limits, faults: dict[int, str]) -> None:
    """Note a fault for every image with more pixels than the limits allow. What is no image is left to metrics."""
    for row, data in enumerate(images.to_pylist()):
        if data is not None and row not in faults:
            pixels = pixel_count(data)
            if pixels > limits.image_pixels:
                faults[row] = f"an image of {pixels:,} pixels is over limits.image_pixels = {limits.image_pixels:,}"


def pixel_count(data: bytes) -> int:
    """Width times height; 0 where the header shows no image of a format we know.

    Pillow's registry is walked by hand: `Image.open` has a limit of its own that is global to the process.
    """
    Image.init()
    for name in _FORMATS:
        factory, accept = Image.OPEN.get(name, (None, None))
        if factory is None or accept is None or accept(data[:16]) is not True:
            continue
        try:
            with factory(BytesIO(data), "") as image:
                return image.width * image.height
        except Exception:
            return 0
    return 0
