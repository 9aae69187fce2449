"""How much moves in clips."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.schema import Dimension, Direction
from operators.vision_language._means import Floats, MeanOf, field


@dataclass(frozen=True)
class FrameDiversity(MeanOf):
    """How much moves in a clip: the mean over clips of the mean length of the optical flow, in diagonals of the frame a second.

    Normalised by the diagonal and by the time between frames, so that neither the size nor the rate of a clip changes it. Flow
    is that of Lucas and Kanade over pairs of neighbouring frames (`operators.kernels.flow`): of a plain surface no motion is
    seen, so the number is a floor. A clip of one picture has 0. Skipped: records without a clip of two frames that decode.

    0 and up, higher is more diverse, normal interval of the mean. Cost: a decode of every frame, and 15 ms a pair of frames.

    >>> motion = pa.array([{"pairs": 9, "difference": 2.55, "flow": 0.25, "still": 0.0}, None])
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "video_motion": motion})
    >>> FrameDiversity().value(FrameDiversity().fold(batch)).value
    0.25

    Source: The LLM Data Auditor (arXiv 2601.17717), vision-language diversity; Lucas and Kanade 1981.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("video_motion",)
    unit: ClassVar[str] = "diagonals a second"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, vision-language diversity"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(0, 2, 41).tolist())
    label: ClassVar[str] = "diagonals a second"
    lacking: ClassVar[str] = "no clip of two frames"
    nothing: ClassVar[str] = "no record has a clip of two frames that decode"

    def scores(self, batch: pa.RecordBatch) -> Floats:
        """The mean flow."""
        return field(batch, "video_motion", "flow")
