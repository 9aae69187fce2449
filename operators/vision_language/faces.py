"""Records that show a face."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Moments, Product
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.vision_language._shares import counted, nothing, share


@dataclass(frozen=True)
class Faces(Metric[Product]):
    """The share of records with a picture, or a frame of their clip, in which a detector finds a face.

    ``records with a face of which the detector is at least ``threshold`` sure / records with a picture that decodes``. A face
    is biometric data of whoever it belongs to: nothing is recognised here, only counted. Parts: the mean number of faces, and
    the share of records with more than one. Faces that are turned away, covered or smaller than about 10 pixels are missed,
    drawn ones often found. Skipped: records without a picture that decodes.

    0 to 1, lower is better, Wilson interval. Cost: that of the detector, 80 ms a picture on a core.

    >>> faces = pa.array([[0.9, 0.6], [], [0.4]], pa.list_(pa.float32()))
    >>> value = Faces().value(Faces().fold(pa.RecordBatch.from_pydict({"_id": range(3), "faces": faces})))
    >>> value.value == 1 / 3, value.parts["mean number of faces"].value == 2 / 3
    (True, True)

    Source: METRICS 7.5; Xu et al. 2020 (arXiv 1911.03599).

    Args:
        threshold: how sure the detector has to be.
    """

    threshold: Annotated[float, Field(ge=0.3, le=1)] = 0.5

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("faces",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "METRICS 7.5"

    def zero(self) -> Product:
        """No records."""
        return nothing() + Product({"number": Moments()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count faces."""
        seen = valid_mask(batch["faces"])
        found: list[Any] = batch["faces"].to_pylist()
        number = np.array([sum(sure >= np.float32(self.threshold) for sure in one or ()) for one in found], np.int64)
        kinds = {"more than one face": number > 1}
        state = counted(batch, seen, number > 0, kinds, "no picture that decodes", lambda row: f"{number[row]} found")
        return state + Product({"number": Moments.of(number[seen])})

    def value(self, state: Product) -> Value:
        """The share of records with a face."""
        if not state["hits"].n:
            return share(state, "no record has a picture that decodes")
        return share(state, "no record has a picture", {"mean number of faces": state["number"].mean()})
