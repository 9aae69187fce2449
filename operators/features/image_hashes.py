"""What an image looks like, in 64 and in 256 bits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.feature import Columns, Feature
from operators.kernels import perceptual, pictures


@dataclass(frozen=True)
class ImageHashes(Feature):
    """``image_phash`` (8 bytes), ``image_pdq`` (32 bytes) and ``image_pdq_quality`` (0 to 100) of ``image``.

    Of the image as a viewer shows it (`operators.kernels.pictures.upright`). An image that does not decode has none. Cost: a
    full decode, 11 ms for PDQ at 512 x 512 and 1 ms for pHash.

    >>> from io import BytesIO
    >>> from PIL import Image
    >>> png = BytesIO(); Image.new("RGB", (3, 2)).save(png, "PNG")
    >>> columns = ImageHashes().open()(pa.RecordBatch.from_pydict({"image": pa.array([png.getvalue(), b"?"], pa.binary())}))
    >>> [len(one) if one else one for one in columns["image_pdq"].to_pylist()], columns["image_pdq_quality"].to_pylist()
    ([32, None], [0, None])

    Source: Zauner 2010 (pHash); Facebook 2019 (PDQ).
    """

    max_pixels: Annotated[int, Field(ge=1)] = pictures.MOST_PIXELS

    reads: ClassVar[tuple[str, ...]] = ("image",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "image_phash": pa.binary(),
        "image_pdq": pa.binary(),
        "image_pdq_quality": pa.int32(),
    }

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: self._columns(batch["image"])

    def _columns(self, images: pa.Array) -> Columns:
        hashed = [_hashed(image.as_buffer(), self.max_pixels) for image in images]
        return {name: pa.array([one[at] for one in hashed], kind) for at, (name, kind) in enumerate(self.writes.items())}


def _hashed(data: Any, max_pixels: int) -> tuple[bytes | None, bytes | None, int | None]:
    image = None if data is None else pictures.upright(data, max_pixels)
    if image is None:
        return None, None, None
    return perceptual.phash(image).to_bytes(8, "big"), *perceptual.pdq(image)
