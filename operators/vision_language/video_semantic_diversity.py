"""How much the content of clips changes."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.schema import Dimension, Direction
from operators.vision_language._means import Floats, MeanOf, column


@dataclass(frozen=True)
class VideoSemanticDiversity(MeanOf):
    """The mean over clips of ``exp(mean over frames of KL(p_t || mean p))``: the inception score of a clip's own frames.

    p_t are the probabilities that the classifier of ``[features.frame_classes]`` gives frame t of ``[features.stills]``. 1 for
    a clip of one scene; at most the number of frames. A classifier that is never sure of anything gives 1 for every clip.
    Numbers of one classifier and one number of frames only can be compared. Skipped: records without a clip of two frames that
    decode.

    1 and up, higher is more diverse, normal interval of the mean. Cost: that of the classifier for each frame.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], "frame_spread": [1.0, 2.0, None]})
    >>> VideoSemanticDiversity().value(VideoSemanticDiversity().fold(batch)).value
    1.5

    Source: The LLM Data Auditor (arXiv 2601.17717), vision-language diversity; Salimans et al. 2016, section 4.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("frame_spread",)
    unit: ClassVar[str] = "classes to a clip"
    range: ClassVar[tuple[float, float]] = (1.0, math.inf)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, vision-language diversity"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(1, 8, 29).tolist())
    label: ClassVar[str] = "classes to a clip"
    lacking: ClassVar[str] = "no clip of two frames"
    nothing: ClassVar[str] = "no record has a clip of two frames that decode"

    def scores(self, batch: pa.RecordBatch) -> Floats:
        """The spread of each clip."""
        return column(batch, "frame_spread")
