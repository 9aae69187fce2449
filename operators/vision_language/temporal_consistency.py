"""How much the frames of a clip go on showing the same thing."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import Dimension, Direction
from operators.vision_language._means import Floats, MeanOf, mean_of_lists


@dataclass(frozen=True)
class TemporalConsistency(MeanOf):
    """The mean over clips of the mean over frames of ``(max(0, cos(f, before)) + max(0, cos(f, first))) / 2``.

    VBench's subject and background consistency, over the frames of ``[features.stills]`` in the space of
    ``[features.image_text]`` (VBench takes every frame, in DINO's space for subjects and CLIP's for backgrounds, so its numbers
    are higher and not comparable). A clip of one picture scores 1: look at `operators.vision_language.frame_diversity` too.
    Part: the mean cosine of neighbouring frames alone. Skipped: records without a clip of two frames that decode.

    0 to 1, higher is better, normal interval of the mean. Cost: that of the model for each frame.

    >>> steps = pa.array([[0.9, 0.9]], pa.list_(pa.float32()))
    >>> starts = pa.array([[0.9, 0.5]], pa.list_(pa.float32()))
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "frame_steps": steps, "frame_starts": starts})
    >>> round(TemporalConsistency().value(TemporalConsistency().fold(batch)).value, 6)
    0.8

    Source: Huang et al. 2024 (VBench), subject consistency; The LLM Data Auditor (arXiv 2601.17717) for neighbours alone.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("frame_steps", "frame_starts")
    unit: ClassVar[str] = "cosine"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Huang et al. 2024 (VBench), subject consistency"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(0, 1, 41).tolist())
    label: ClassVar[str] = "consistency"
    lacking: ClassVar[str] = "no clip of two frames"
    nothing: ClassVar[str] = "no record has a clip of two frames that decode"

    def scores(self, batch: pa.RecordBatch) -> Floats:
        """The mean of both similarities."""
        steps, starts = (mean_of_lists(batch[name], _upwards) for name in ("frame_steps", "frame_starts"))
        return (steps + starts) / 2

    def others(self, batch: pa.RecordBatch) -> dict[str, Floats]:
        """Neighbours alone."""
        return {"mean cosine of neighbouring frames": mean_of_lists(batch["frame_steps"], lambda cosines: cosines)}


def _upwards(cosines: Floats) -> NDArray[np.float64]:
    return np.clip(cosines, 0, 1)
