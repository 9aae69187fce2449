"""What can be said of an image's quality from its pixels alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.feature import Columns, Feature
from operators.kernels import pictures
from operators.kernels.signals import Signals, signals

STRUCT = pa.struct([(name, pa.float64()) for name in Signals._fields])


@dataclass(frozen=True)
class ImageSignals(Feature):
    """``image_signals``: exposure, contrast, entropy, sharpness, blockiness, colours and aspect (`operators.kernels.signals`).

    Of the first frame as a viewer shows it; of a picture of more than 2,048 pixels a side, of its middle. An image that does
    not decode has none. Cost: a full decode, and 65 ms a megapixel.

    >>> from io import BytesIO
    >>> from PIL import Image
    >>> png = BytesIO(); Image.new("RGB", (30, 20), "white").save(png, "PNG")
    >>> columns = ImageSignals().open()(pa.RecordBatch.from_pydict({"image": pa.array([png.getvalue(), b"?"], pa.binary())}))
    >>> [one and one["entropy"] for one in columns["image_signals"].to_pylist()]
    [0.0, None]

    Source: METRICS 7.1; Wang, Sheikh and Bovik 2002; Pech-Pacheco et al. 2000.
    """

    max_pixels: Annotated[int, Field(ge=1)] = pictures.MOST_PIXELS

    reads: ClassVar[tuple[str, ...]] = ("image",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"image_signals": STRUCT}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"image_signals": pa.array([self._signals(image.as_buffer()) for image in batch["image"]], STRUCT)}

    def _signals(self, data: Any) -> dict[str, float] | None:
        image = None if data is None else pictures.upright(data, self.max_pixels)
        return None if image is None else signals(image)._asdict()
