"""Images that decode."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Histogram, Product, Ratio, Tally
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.first_fault import SKIPPED, judged, nothing_judged, valid_share

_FAULTS = ("empty", "unknown_format", "too_many_pixels", "truncated", "corrupt")
_MEGAPIXELS = tuple(float(2.0**power) for power in range(-14, 9))


@dataclass(frozen=True)
class ImageDecodes(Metric[Product]):
    """The share of images whose every pixel decodes.

    ``decoded / images``. All of it is decoded, not the header alone, so a cut-off file is seen; of an animation the first
    100 frames. Skipped: records
    without an image (null). Parts: the share of images with each fault, and of the decoded ones that are of each format
    (``format JPEG``). The plot counts decoded images by megapixels.

    0 to 1, higher is better, Wilson interval. Cost: the decoding, by the feature ``image_probe``; then nothing.

    >>> columns = {"image_fault": [None, "truncated"], "image_width": [640, 640], "image_height": [480, 480]}
    >>> columns |= {"image_format": ["JPEG", "JPEG"], "_id": [0, 1], "_fault": pa.nulls(2, pa.string())}
    >>> value = ImageDecodes().value(ImageDecodes().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.evidence[0].note
    (0.5, 'truncated')

    Source: The LLM Data Auditor (arXiv 2601.17717), vision-language validity.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("image_fault", "image_width", "image_height", "image_format")
    unit: ClassVar[str] = "share of images"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, vision-language validity"

    def zero(self) -> Product:
        """No images."""
        return nothing_judged() + Product({"formats": Tally(), "megapixels": Histogram(_MEGAPIXELS)})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count faults, formats and sizes."""
        faults = batch["image_fault"].cast(pa.string())
        decoded = ~valid_mask(faults) & valid_mask(batch["image_width"])
        codes = pc.index_in(faults, pa.array(_FAULTS)).fill_null(SKIPPED - 1).to_numpy().astype(np.int64) + 1
        codes = np.where(decoded, 0, codes)
        widths, heights = (batch[name].fill_null(0).to_numpy()[decoded] for name in ("image_width", "image_height"))
        formats = batch["image_format"].filter(pa.array(decoded)).value_counts()
        state = judged(batch, codes, _FAULTS, lambda row: _FAULTS[codes[row] - 1].replace("_", " "))
        return state + Product(
            {
                "formats": Tally({str(pair["values"]): pair["counts"].as_py() for pair in formats}),
                "megapixels": Histogram.of(widths.astype(np.float64) * heights / 1e6, _MEGAPIXELS),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of images that decode."""
        formats: dict[str, int] = state["formats"].nonzero()
        decoded = sum(formats.values())
        parts = {f"format {name}": Ratio(count, decoded).share() for name, count in formats.items()}
        value = valid_share(state, "no record has an image", parts)
        return value if value.value is None else value.with_(plot=state["megapixels"].bins("megapixels", log_x=True))
