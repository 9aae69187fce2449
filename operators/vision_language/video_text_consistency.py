"""How well captions fit the frames of their clips."""

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


@dataclass(frozen=True)
class VideoTextConsistency(MeanOf):
    """The mean over clips of the mean over frames of ``cos(frame, caption)``: cross-modal consistency.

    Frames are those of ``[features.stills]``, vectors those of ``[features.image_text]``, a model of pictures: what only motion
    shows it does not see. Every clip weighs the same, however long. The encoder is judged on the data's own clips and captions
    as by `operators.vision_language.clip_score`, and where it does not tell right from shuffled ones there is no number. Parts:
    the mean of the frame that fits worst, and how far the encoder can be believed. Skipped: records without a clip of two
    frames that decode, or a caption.

    -1 to 1, higher is better, normal interval of the mean. Cost: that of the model for each frame.

    >>> from operators.kernels.vectors import VECTOR
    >>> vectors = pa.array(np.eye(8, dtype=np.float16).tolist(), VECTOR)
    >>> columns = {"_id": range(8), "picture_vector": vectors, "caption_vector": vectors}
    >>> cosines = pa.array([[0.5, 0.25]] * 8, pa.list_(pa.float32()))
    >>> batch = pa.RecordBatch.from_pydict({**columns, "frame_cosines": cosines})
    >>> VideoTextConsistency().value(VideoTextConsistency().fold(batch)).value
    0.375

    Source: The LLM Data Auditor (arXiv 2601.17717), vision-language fidelity (CMC); METRICS 7.2.

    Args:
        pairs: by which the encoder is judged.
    """

    pairs: Annotated[int, Field(ge=8, le=10_000)] = _pairs.SIZE

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("frame_cosines", "picture_vector", "caption_vector")
    unit: ClassVar[str] = "cosine"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, vision-language fidelity"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(-1, 1, 41).tolist())
    label: ClassVar[str] = "cosine"
    lacking: ClassVar[str] = "no clip of two frames, or no caption"
    nothing: ClassVar[str] = "no record has a clip of two frames that decode and a caption"

    def zero(self) -> Product:
        """No records."""
        return super().zero() + Product({"pairs": VectorSample(self.pairs)})

    def scores(self, batch: pa.RecordBatch) -> Floats:
        """The mean over frames."""
        return np.clip(mean_of_lists(batch["frame_cosines"], lambda cosines: cosines), -1, 1)

    def others(self, batch: pa.RecordBatch) -> dict[str, Floats]:
        """The frame that fits worst."""
        worst = [min(one) if one else np.nan for one in batch["frame_cosines"].to_pylist()]
        return {"mean of the frame that fits worst": np.array(worst, np.float64)}

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Add up cosines, and draw pairs of clips and captions."""
        clips = batch.filter(batch["frame_cosines"].is_valid())
        return super().fold(batch) + Product({"pairs": _pairs.drawn(clips, self.pairs)})

    def value(self, state: Product) -> Value:
        """The mean, where the encoder can tell."""
        return _pairs.told(super().value(state), state["pairs"])
