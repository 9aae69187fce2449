"""Clips whose neighbouring frames are alike."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.schema import Dimension, Direction
from operators.vision_language._means import Floats, MeanOf, field


@dataclass(frozen=True)
class TemporalFlicker(MeanOf):
    """How little clips flicker: the mean of ``(255 - d) / 255``.

    d is the mean absolute difference of the pixels of a clip's neighbouring frames. No model is asked. A frozen clip scores
    1, so look at the part beside it, the mean share of pairs of frames that are the same; what moves fast lowers the number as
    flicker does, so compare clips of one kind. Skipped: records without a clip of two frames that decode.

    0 to 1, higher is better, normal interval of the mean. Cost: a decode of every frame, at most 3,000 a clip.

    >>> motion = pa.array([{"pairs": 9, "difference": 2.55, "flow": 0.1, "still": 0.0}, None])
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "video_motion": motion})
    >>> TemporalFlicker().value(TemporalFlicker().fold(batch)).value
    0.99

    Source: Huang et al. 2024 (VBench), temporal flickering.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("video_motion",)
    unit: ClassVar[str] = "1 - mean difference of neighbouring frames"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Huang et al. 2024 (VBench), temporal flickering"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(0.5, 1, 26).tolist())
    label: ClassVar[str] = "temporal flicker"
    lacking: ClassVar[str] = "no clip of two frames"
    nothing: ClassVar[str] = "no record has a clip of two frames that decode"

    def scores(self, batch: pa.RecordBatch) -> Floats:
        """One minus the mean difference."""
        return (255 - field(batch, "video_motion", "difference")) / 255

    def others(self, batch: pa.RecordBatch) -> dict[str, Floats]:
        """How much stands still."""
        return {"share of pairs of frames that are the same": field(batch, "video_motion", "still")}
