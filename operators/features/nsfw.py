"""How probable it is that a record's pictures are not safe for work."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pyarrow as pa
from PIL import Image
from pydantic import Field

from engine.errors import PlanError
from engine.feature import Columns, Feature, Resources
from operators import plugged
from operators.kernels import pictures
from operators.models import open_nsfw

Detector = Callable[[Sequence[Image.Image]], Any]
LABELS = pa.list_(pa.struct([("label", pa.string()), ("score", pa.float32())]))
_MOST_LABELS = 64


@dataclass(frozen=True)
class Nsfw(Feature):
    """``nsfw``: the greatest P(not safe for work) of any of ``stills``; ``nsfw_labels``: that of each label, greatest too.

    The default (``detector = ""``) is Yahoo's open_nsfw (`operators.models.open_nsfw`), which has no labels. Null where a
    record has no picture that decodes. Cost: 25 ms a picture on a core for the default.

    Args:
        detector: "" for the default, or a function "package.module:function" from a list of pictures (PIL, RGB) to as many
            numbers from 0 to 1, or mappings from a label to one, of which the greatest counts.
        batch: pictures that the function is given at once.

    Source: METRICS 7.5; Mahadeokar and Pesavento 2016 (open_nsfw).
    """

    detector: str = ""
    batch: Annotated[int, Field(ge=1, le=4096)] = 32
    max_pixels: Annotated[int, Field(ge=1)] = pictures.MOST_PIXELS

    reads: ClassVar[tuple[str, ...]] = ("stills",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"nsfw": pa.float32(), "nsfw_labels": LABELS}
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it sends every picture through a model"

    @property
    def resources(self) -> Resources:
        """A core and a model."""
        return Resources(pool=True)

    def obstacle(self) -> str | None:
        """Whether the detector can be had."""
        return plugged.obstacle(self.detector) if self.detector else open_nsfw.obstacle()

    def identity(self) -> Mapping[str, Any]:
        """The weights, or the function's source."""
        return plugged.identity(self.detector) if self.detector else open_nsfw.identity()

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the detector."""
        detect: Detector = plugged.plugged(self.detector) if self.detector else open_nsfw.OpenNsfw()
        return lambda batch: self._columns(detect, batch["stills"])

    def _columns(self, detect: Detector, stills: pa.Array) -> Columns:
        worst: list[float | None] = []
        labels: list[list[dict[str, Any]] | None] = []
        for record in stills:
            found = self._scores(detect, record)
            worst.append(max((score for one in found for score in one.values()), default=None))
            named = sorted({label for one in found for label in one if label})[:_MOST_LABELS]
            greatest = [{"label": label, "score": max(one.get(label, 0.0) for one in found)} for label in named]
            labels.append(greatest if found else None)
        return {"nsfw": pa.array(worst, pa.float32()), "nsfw_labels": pa.array(labels, LABELS)}

    def _scores(self, detect: Detector, record: pa.Scalar) -> list[dict[str, float]]:
        if not record.is_valid:
            return []
        opened = (pictures.upright(still.as_buffer(), self.max_pixels) for still in record.values if still.is_valid)
        shown = [image for image in opened if image is not None]
        runs = [shown[at : at + self.batch] for at in range(0, len(shown), self.batch)]
        return [_read(one, self.detector) for run in runs for one in _as_many(detect(run), len(run), self.detector)]


def _as_many(found: Any, n: int, name: str) -> list[Any]:
    scores = list(found)
    if len(scores) != n:
        raise PlanError(f"'{name}' gave {len(scores)} answers to {n} pictures")
    return scores


def _read(said: Any, name: str) -> dict[str, float]:
    """Scores by label; that of a bare number has no name."""
    try:
        scores = (
            {str(key)[:100]: float(value) for key, value in dict(said).items()}
            if isinstance(said, Mapping)
            else {"": float(said)}
        )
    except (TypeError, ValueError) as error:
        raise PlanError(f"'{name}' gave {type(said).__name__}, no number and no mapping to numbers") from error
    if not all(0 <= score <= 1 for score in scores.values()):
        raise PlanError(f"'{name}' must give numbers from 0 to 1")
    return scores
