"""Images whose metadata give a person away."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.metadata import LEAKS
from operators.vision_language._shares import counted, nothing, share

_SAID = {"gps": "where it was taken", "serial": "which camera took it", "owner": "whose it is"}


@dataclass(frozen=True)
class ExifLeaks(Metric[Product]):
    """The share of images whose EXIF or XMP says where they were taken, which camera took them, or whose they are.

    ``images with GPS coordinates, a serial number, or an owner or artist / images``. Parts: the share with each (``gps``,
    ``serial``, ``owner``). Coordinates count where both latitude and longitude stand; a tag that is there and empty does not.
    Evidence says what was found and never its value. What the picture itself shows is not looked at, nor are makers' notes.
    Skipped: records without an image, or with one whose header cannot be read.

    0 to 1, lower is better, Wilson interval. Cost: 0.1 ms an image.

    >>> from operators.features.image_metadata import STRUCT
    >>> found = [{"leaks": ["gps"], "source": None, "reserved": False}, {"leaks": [], "source": None, "reserved": False}, None]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(3), "image_metadata": pa.array(found, STRUCT)})
    >>> value = ExifLeaks().value(ExifLeaks().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'says where it was taken')

    Source: METRICS 7.5; Exif 2.32, sections 4.6.5 and 4.6.6.
    """

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("image_metadata",)
    unit: ClassVar[str] = "share of images"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "METRICS 7.5"

    def zero(self) -> Product:
        """No images."""
        return nothing()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count what is given away."""
        seen = valid_mask(batch["image_metadata"])
        leaks = [one["leaks"] if one else [] for one in batch["image_metadata"].to_pylist()]
        kinds = {leak: [leak in found for found in leaks] for leak in LEAKS}
        return counted(
            batch,
            seen,
            np.array([bool(found) for found in leaks], np.bool_),
            kinds,
            "no image with a readable header",
            lambda row: f"says {', '.join(_SAID[leak] for leak in leaks[row])}",
        )

    def value(self, state: Product) -> Value:
        """The share of images that give something away."""
        return share(state, "no record has an image with a readable header")
