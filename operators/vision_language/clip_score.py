"""How well captions fit their pictures."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.schema import Dimension, Direction
from engine.state import Product, VectorSample
from engine.value import Value
from operators.vision_language import _pairs
from operators.vision_language._means import Floats, MeanOf, mean_of_lists

_SCALE = 2.5


@dataclass(frozen=True)
class ClipScore(MeanOf):
    """CLIPScore: the mean over records of ``2.5 max(cos(picture, caption), 0)``.

    Of several captions of a record the mean. The vectors are those of ``[features.image_text]``; of a clip the mean of its
    frames'. Numbers of one model only can be compared. Before anything is said the encoder is judged on these very data: on a
    sample of up to ``pairs`` distinct pairs the right caption must lie above the shuffled ones, both ways, by four standard
    errors (a chance of 3 in 100,000); else there is no number, for then similarities mean nothing: the weights are untrained,
    the data of another domain, the captions wrong throughout, or too few. Parts: the mean cosine as it is; that of shuffled
    pairs; how far right ones lie above them (the share of shuffled partners that rank below, 0.5 by chance) and by how many
    standard errors. Skipped: records without a picture that decodes and a caption.

    0 to 2.5, higher is better, normal interval of the mean. Cost: that of the model, then n * n cosines of the sample.

    >>> from operators.kernels.vectors import VECTOR
    >>> vectors = pa.array(np.eye(8, dtype=np.float16).tolist(), VECTOR)
    >>> columns = {"_id": range(8), "picture_vector": vectors, "caption_vector": vectors}
    >>> cosines = pa.array([[0.4]] * 8, pa.list_(pa.float32()))
    >>> batch = pa.RecordBatch.from_pydict({**columns, "caption_cosines": cosines})
    >>> value = ClipScore().value(ClipScore().fold(batch))
    >>> round(value.value, 6), round(value.parts["mean cosine"].value, 6)
    (1.0, 0.4)

    Source: Hessel et al. 2021, "CLIPScore", section 3; METRICS 7.2.

    Args:
        pairs: by which the encoder is judged.
    """

    pairs: Annotated[int, Field(ge=8, le=10_000)] = _pairs.SIZE

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("caption_cosines", "picture_vector", "caption_vector")
    unit: ClassVar[str] = "2.5 times the cosine"
    range: ClassVar[tuple[float, float]] = (0.0, 2.5)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Hessel et al. 2021, section 3"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(0, 2.5, 51).tolist())
    label: ClassVar[str] = "CLIPScore"
    lacking: ClassVar[str] = "no picture that decodes, or no caption"
    nothing: ClassVar[str] = "no record has a picture that decodes and a caption"

    def zero(self) -> Product:
        """No records."""
        return super().zero() + Product({"pairs": VectorSample(self.pairs)})

    def scores(self, batch: pa.RecordBatch) -> Floats:
        """The mean score of each record's captions."""
        return mean_of_lists(batch["caption_cosines"], lambda cosines: np.clip(_SCALE * cosines, 0, _SCALE))

    def others(self, batch: pa.RecordBatch) -> dict[str, Floats]:
        """The cosines as they are."""
        return {"mean cosine": mean_of_lists(batch["caption_cosines"], lambda cosines: cosines)}

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Add up scores, and draw pairs."""
        return super().fold(batch) + Product({"pairs": _pairs.drawn(batch, self.pairs)})

    def value(self, state: Product) -> Value:
        """The mean score, where the encoder can tell."""
        return _pairs.told(super().value(state), state["pairs"])
