"""Records whose pictures are not safe for work."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Histogram, Moments, Product, RatioBy
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.vision_language._means import column
from operators.vision_language._shares import counted, nothing, share

_EDGES = tuple(np.linspace(0, 1, 21).tolist())
_SHOWN = 32


@dataclass(frozen=True)
class Nsfw(Metric[Product]):
    """The share of records with a picture, or a frame of their clip, that a detector finds not safe for work.

    ``records whose greatest P(nsfw) over pictures >= threshold / records with a picture that decodes``; the detector is that of
    ``[features.nsfw]``. Parts: the mean of that greatest probability, and for a detector with labels the share of records with
    each over the threshold. The default detector errs: of 60 photographs of everyday life it takes one for not safe. Skipped:
    records without a picture that decodes.

    0 to 1, lower is better, Wilson interval. Cost: that of the detector, 25 ms a picture on a core for the default.

    >>> from operators.features.nsfw import LABELS
    >>> columns = {"_id": range(2), "nsfw": pa.array([0.9, 0.1], pa.float32()), "nsfw_labels": pa.nulls(2, LABELS)}
    >>> Nsfw().value(Nsfw().fold(pa.RecordBatch.from_pydict(columns))).value
    0.5

    Source: METRICS 7.5; Mahadeokar and Pesavento 2016 (open_nsfw).

    Args:
        threshold: from which a probability counts, for every label.
    """

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.5

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("nsfw", "nsfw_labels")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "METRICS 7.5"

    def zero(self) -> Product:
        """No records."""
        return nothing() + Product({"mean": Moments(), "scores": Histogram(_EDGES), "labels": RatioBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the records over the threshold."""
        seen, scores = valid_mask(batch["nsfw"]), column(batch, "nsfw")
        hit = np.nan_to_num(scores, nan=0.0) >= np.float32(self.threshold)
        state = counted(batch, seen, hit, {}, "no picture that decodes", lambda row: f"P(nsfw) {scores[row]:.3f}")
        labels: list[Any] = [one for record in batch["nsfw_labels"].to_pylist() if record for one in record]
        over = np.array([one["score"] >= np.float32(self.threshold) for one in labels], np.bool_)
        return state + Product(
            {
                "mean": Moments.of(scores[seen]),
                "scores": Histogram.of(scores[seen], _EDGES),
                "labels": RatioBy.of(pa.array([one["label"] for one in labels], pa.string()), over),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of such records."""
        if not state["hits"].n:
            return share(state, "no record has a picture that decodes")
        ranked = sorted(state["labels"].ratios.items(), key=lambda item: (-item[1][0], item[0]))[:_SHOWN]
        parts = {f"label {name}": Value.exact(hits / n, n) for name, (hits, n) in ranked}
        parts["mean P(nsfw)"] = state["mean"].mean(within=self.range)
        found = share(state, "no record has a picture that decodes", parts)
        return found.with_(plot=state["scores"].bins("P(nsfw)"))
