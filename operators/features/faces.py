"""Faces in a record's pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.feature import Columns, Feature, Resources
from operators.kernels import pictures
from operators.models import centerface

LEAST = 0.3
"""Surer than this a face is kept; what counts is the metric's to say."""


@dataclass(frozen=True)
class Faces(Feature):
    """``faces``: of the one of ``stills`` with the most faces, how sure the detector is of each, from 0.3 to 1, surest first.

    The detector is CenterFace (`operators.models.centerface`). Null where a record has no picture that decodes. On 165
    photographs of 200 x 160 pixels it finds a face in 59 % of those whose captions speak of people, many of whom are turned
    away, and in 6 % of the others. Cost: 80 ms a picture on a core.

    Args:
        side: the longer side that pictures are scaled to: smaller is faster and misses small faces.

    Source: Xu et al. 2020 (CenterFace, arXiv 1911.03599); METRICS 7.5.
    """

    side: Annotated[int, Field(ge=64, le=4096)] = 512
    max_pixels: Annotated[int, Field(ge=1)] = pictures.MOST_PIXELS

    reads: ClassVar[tuple[str, ...]] = ("stills",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"faces": pa.list_(pa.float32())}
    requires: ClassVar[tuple[str, ...]] = ("onnxruntime",)
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it sends every picture through a model"

    @property
    def resources(self) -> Resources:
        """A core and a model."""
        return Resources(pool=True)

    def obstacle(self) -> str | None:
        """Whether the weights are here."""
        return centerface.obstacle()

    def identity(self) -> Mapping[str, Any]:
        """The weights."""
        return centerface.identity()

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the detector."""
        detector = centerface.CenterFace(self.side)
        return lambda batch: {
            "faces": pa.array([self._faces(detector, record) for record in batch["stills"]], self.writes["faces"])
        }

    def _faces(self, detector: centerface.CenterFace, record: pa.Scalar) -> list[float] | None:
        if not record.is_valid:
            return None
        opened = (pictures.upright(still.as_buffer(), self.max_pixels) for still in record.values if still.is_valid)
        found = [detector(image, LEAST).tolist() for image in opened if image is not None]
        return max(found, key=len, default=None)
