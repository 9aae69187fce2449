"""How much the classes that a classifier sees in a clip change from frame to frame."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.errors import PlanError
from engine.feature import Columns, Feature, Resources
from operators import plugged
from operators.embedding import vision
from operators.kernels import pictures
from operators.kernels.divergence import spread_of
from operators.models import model_files, scorer
from operators.models.scorer import is_function


@dataclass(frozen=True)
class FrameClasses(Feature):
    """``frame_spread``: ``exp(mean over frames of KL(p_t || mean p))`` of a clip's frames, p_t what a classifier says of frame
    t.

    1 where all frames are of the same classes, the number of frames where each is of another. Null where a record has no clip
    of two frames that decode. Cost: a forward pass of the classifier a frame.

    Args:
        model: a classifier of images of transformers (a name on the hub, a folder, its URL), or a function
            "package.module:function" from a list of pictures (PIL, RGB) to as many lists of probabilities.

    Source: The LLM Data Auditor (arXiv 2601.17717), vision-language diversity; Salimans et al. 2016 (inception score).
    """

    model: str = ""
    dtype: Literal["float32", "bfloat16"] = "float32"
    batch: Annotated[int, Field(ge=1)] = 32
    max_pixels: Annotated[int, Field(ge=1)] = pictures.MOST_PIXELS

    reads: ClassVar[tuple[str, ...]] = ("stills", "stills_of_clip")
    writes: ClassVar[Mapping[str, pa.DataType]] = {"frame_spread": pa.float64()}
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it sends every frame through a classifier"

    @property
    def resources(self) -> Resources:
        """A core and a model, a GPU where there is one."""
        return Resources(pool=True)

    def obstacle(self) -> str | None:
        """Whether a classifier is named and can be had."""
        if not self.model:
            return 'needs a classifier of images in [features.frame_classes]: model = "..."'
        return scorer.obstacle(self.model)

    def identity(self) -> Mapping[str, Any]:
        """The weights, or the function's source."""
        return scorer.identity(self.model)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the classifier."""
        classify = self._function() if is_function(self.model) else self._model()

        def columns(batch: pa.RecordBatch) -> Columns:
            rows = zip(batch["stills"], batch["stills_of_clip"].to_pylist(), strict=True)
            return {"frame_spread": pa.array([self._spread(classify, *row) for row in rows], pa.float64())}

        return columns

    def _spread(
        self, classify: Callable[[list[Any]], NDArray[np.float64]], stills: pa.Scalar, moving: int | None
    ) -> float | None:
        if not stills.is_valid or not moving or moving < 2:
            return None
        shares = classify([still.as_buffer() for still in list(stills.values)[-moving:]])
        return spread_of(shares) if len(shares) > 1 else None

    def _function(self) -> Callable[[list[Any]], NDArray[np.float64]]:
        function = plugged.plugged(self.model)

        def classify(frames: list[Any]) -> NDArray[np.float64]:
            opened = [image for frame in frames if (image := pictures.upright(frame, self.max_pixels)) is not None]
            shares = np.asarray(function(opened), np.float64).reshape(len(opened), -1) if opened else np.zeros((0, 1))
            if not np.isfinite(shares).all() or (shares < 0).any():
                raise PlanError(f"'{self.model}' must give probabilities, a list for each of the {len(opened)} pictures")
            return shares

        return classify

    def _model(self) -> Callable[[list[Any]], NDArray[np.float64]]:
        folder = model_files.fetched(self.model)
        encoder = vision.load(folder, "classes", self.dtype, self.batch, self.max_pixels, "AutoModelForImageClassification")
        return lambda frames: encoder(frames)[0].astype(np.float64)
