"""Whether an image decodes, in full, and what it then is."""

import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pyarrow as pa
from PIL import Image, ImageFile, UnidentifiedImageError

from engine.feature import Columns, Feature
from operators.kernels.pictures import FORMATS, MOST_PIXELS

Probe = tuple[str | None, int | None, int | None, str | None]


@dataclass(frozen=True)
class ImageProbe(Feature):
    """``image_fault`` (null where every pixel decodes; of an animation up to ``max_frames`` frames), ``image_width`` and
    ``image_height`` in pixels as stored (EXIF orientation is not applied) and ``image_format`` (Pillow's name). Null image: all
    null.

    Faults: ``empty``, ``unknown_format``, ``too_many_pixels`` (by the header, before decoding), ``truncated``,
    ``corrupt``. Only formats that Pillow decodes itself are tried. Cost: a full
    decode, about 300 megapixels/s of JPEG a core; the interpreter's lock is free meanwhile.

    >>> from io import BytesIO
    >>> png = BytesIO(); Image.new("RGB", (3, 2)).save(png, "PNG")
    >>> batch = pa.RecordBatch.from_pydict({"image": pa.array([png.getvalue(), b"GIF89a", None], pa.binary())})
    >>> columns = ImageProbe().open()(batch)
    >>> columns["image_fault"].to_pylist(), columns["image_width"].to_pylist()
    ([None, 'unknown_format', None], [3, None, None])
    """

    max_pixels: int = MOST_PIXELS
    max_frames: int = 100

    version = 2
    reads = ("image",)
    writes = {  # noqa: RUF012  (read-only by the type of Feature.writes)
        "image_fault": pa.string(),
        "image_width": pa.int32(),
        "image_height": pa.int32(),
        "image_format": pa.string(),
    }
    faults = "image_fault"

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        # Pillow warns from half its limit on; a verdict may not depend on whether warnings are errors here.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)

        def probe_all(batch: pa.RecordBatch) -> Columns:
            probes = [_probe(data.as_buffer(), self.max_pixels, self.max_frames) for data in batch["image"]]
            columns = zip(*probes, strict=True) if probes else ([], [], [], [])
            pairs = zip(self.writes.items(), columns, strict=True)
            return {name: pa.array(column, type_) for (name, type_), column in pairs}

        return probe_all


def _probe(data: Any, max_pixels: int, max_frames: int) -> Probe:
    if data is None:
        return None, None, None, None
    if len(data) == 0:
        return "empty", None, None, None
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        return "unknown_format", None, None, None
    except Image.DecompressionBombError:
        return "too_many_pixels", None, None, None
    except Exception:  # Pillow's readers of headers raise whatever the bytes make them
        return "corrupt", None, None, None
    with image:
        size = (*image.size, image.format)
        return _decode_fault(image, max_pixels, max_frames), *size


def _decode_fault(image: ImageFile.ImageFile, max_pixels: int, max_frames: int) -> str | None:
    if image.width * image.height > max_pixels:
        return "too_many_pixels"
    try:
        image.load()
        for _ in range(max_frames - 1) if getattr(image, "is_animated", False) else ():
            try:
                image.seek(image.tell() + 1)
            except EOFError:
                break
            if image.width * image.height > max_pixels:
                return "too_many_pixels"
            image.load()
    except Image.DecompressionBombError:
        return "too_many_pixels"
    except (OSError, EOFError, struct.error) as error:
        return "truncated" if "truncated" in str(error) or isinstance(error, EOFError | struct.error) else "corrupt"
    except Exception:  # decoders raise whatever the bytes make them: SyntaxError, ValueError, IndexError, MemoryError
        return "corrupt"
    return None
