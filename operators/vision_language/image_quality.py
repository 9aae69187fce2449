"""Images without a fault that their pixels alone show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Histogram, Moments, Product
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.first_fault import SKIPPED, VALID, judged, nothing_judged, valid_share
from operators.kernels.signals import Signals
from operators.vision_language._means import Floats, field

_FAULTS = ("solid_colour", "dark", "bright", "low_contrast", "low_entropy", "blurry", "blocky", "odd_aspect")
_SHARPNESS = (0.0, *(float(2.0**power) for power in range(-2, 17)))


@dataclass(frozen=True)
class ImageQuality(Metric[Product]):
    """The share of images without a fault that their pixels alone show: no reference and no model is asked.

    In this order, the first one counting: ``solid_colour`` (the most varied channel deviates by less than ``spread``), ``dark``
    (99 % of the pixels are darker than ``darkest``), ``bright`` (99 % are brighter than ``brightest``), ``low_contrast`` (the
    standard deviation of brightness is under ``contrast``), ``low_entropy`` (of the levels of brightness, under ``entropy``
    bits), ``blurry`` (the variance of the Laplacian is under ``sharpness``), ``blocky`` (steps are over ``blockiness`` times
    greater at the borders of 8 x 8 blocks than inside them) and ``odd_aspect`` (the shorter side is under ``aspect`` of the
    longer). Parts: the share with each, and the mean of each signal. The plot counts images by sharpness.

    These are faults of photographs: a night scene is dark, a diagram is of few colours, and nothing is wrong with either. Of
    Flickr8k's photographs, 500 of them, one has such a fault. Sharpness depends on the size of an image: compare images of one
    size. Skipped: no image, or one that does not decode.

    0 to 1, higher is better, Wilson interval. Cost: the decoding, and 65 ms a megapixel.

    >>> signals = [[0, 1, 0.2, 7, 900, 1, 0.2, 0.7], [0, 0.1, 0.2, 7, 900, 1, 0.2, 0.7]]
    >>> columns = {"image_signals": [dict(zip(Signals._fields, one)) for one in signals], "_id": [0, 1]}
    >>> columns |= {"_fault": pa.nulls(2, pa.string())}
    >>> value = ImageQuality().value(ImageQuality().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.evidence[0].note
    (0.5, 'dark: light_end 0.1')

    Source: METRICS 7.1; dark, bright, entropy and aspect as CleanVision draws its lines; the others are our own.
    """

    spread: Annotated[float, Field(ge=0)] = 0.01
    darkest: Annotated[float, Field(ge=0, le=1)] = 0.32
    brightest: Annotated[float, Field(ge=0, le=1)] = 0.95
    contrast: Annotated[float, Field(ge=0)] = 0.03
    entropy: Annotated[float, Field(ge=0, le=8)] = 3.0
    sharpness: Annotated[float, Field(ge=0)] = 10.0
    blockiness: Annotated[float, Field(ge=1)] = 4.0
    aspect: Annotated[float, Field(ge=0, le=1)] = 0.35

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("image_signals",)
    unit: ClassVar[str] = "share of images"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "METRICS 7.1"

    def zero(self) -> Product:
        """No images."""
        means = Product({name: Moments() for name in Signals._fields})
        return nothing_judged() + Product({"means": means, "sharpness": Histogram(_SHARPNESS)})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the faults of a batch's images."""
        column = batch["image_signals"]
        seen = valid_mask(column)
        found = {name: field(batch, "image_signals", name) for name in Signals._fields}
        codes = np.where(seen, self._codes(found), SKIPPED)
        state = judged(batch, codes, _FAULTS, lambda row: self._note(found, int(codes[row]) - 1, row), "no image that decodes")
        means = Product({name: Moments.of(values[seen]) for name, values in found.items()})
        return state + Product({"means": means, "sharpness": Histogram.of(found["sharpness"][seen], _SHARPNESS)})

    def _codes(self, found: Mapping[str, Floats]) -> NDArray[np.int64]:
        faulty = (
            found["colours"] < self.spread,
            found["light_end"] < self.darkest,
            found["dark_end"] > self.brightest,
            found["contrast"] < self.contrast,
            found["entropy"] < self.entropy,
            found["sharpness"] < self.sharpness,
            found["blockiness"] > self.blockiness,
            found["aspect"] < self.aspect,
        )
        return np.select(faulty, range(1, len(_FAULTS) + 1), VALID)

    def _note(self, found: Mapping[str, Floats], fault: int, row: int) -> str:
        signal = ("colours", "light_end", "dark_end", "contrast", "entropy", "sharpness", "blockiness", "aspect")[fault]
        return f"{_FAULTS[fault].replace('_', ' ')}: {signal} {found[signal][row]:.4g}"

    def value(self, state: Product) -> Value:
        """The share of images without a fault."""
        n = state["valid"].n
        means = {f"mean {name}": state["means"][name].mean() for name in Signals._fields} if n else {}
        value = valid_share(state, "no record has an image that decodes", means)
        return (
            value if value.value is None else value.with_(plot=state["sharpness"].bins("variance of the Laplacian", log_x=True))
        )
