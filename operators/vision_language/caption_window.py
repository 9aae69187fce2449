"""Captions that a model takes whole."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Histogram, Product
from engine.value import Value
from operators.vision_language._shares import counted, nothing, share

_EDGES = tuple(float(2.0**power) for power in range(13))


@dataclass(frozen=True)
class CaptionWindow(Metric[Product]):
    """The share of records whose every caption fits the window of the model that pairs texts with pictures: 77 tokens for CLIP.

    ``records with no caption of more tokens than the window / records with a caption``, tokens those of the tokenizer of
    ``[features.image_text]``, the two at the ends included. What is longer is cut before it is scored, so the end of such a
    caption is never compared with its picture, and is lost on whoever trains that model. The plot counts records by the tokens
    of their longest caption. Skipped: records without a caption.

    0 to 1, higher is better, Wilson interval. Cost: that of the feature.

    >>> columns = {"_id": range(2), "caption_tokens": [[9, 12], [80]], "caption_window": [77, 77]}
    >>> CaptionWindow().value(CaptionWindow().fold(pa.RecordBatch.from_pydict(columns))).value
    0.5

    Source: METRICS 7.1; Radford et al. 2021 (CLIP), section 2.4.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("caption_tokens", "caption_window")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "METRICS 7.1"

    def zero(self) -> Product:
        """No records."""
        return nothing() + Product({"tokens": Histogram(_EDGES)})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Compare the longest caption with the window."""
        tokens: list[Any] = batch["caption_tokens"].to_pylist()
        longest = np.array([max(one) if one else -1 for one in tokens], np.int64)
        window = batch["caption_window"].fill_null(0).to_numpy()
        seen, fits = longest >= 0, longest <= window
        state = counted(batch, seen, fits, {}, "no caption", lambda row: f"{longest[row]} tokens of {window[row]}", ~fits)
        return state + Product({"tokens": Histogram.of(longest[seen], _EDGES)})

    def value(self, state: Product) -> Value:
        """The share that fits."""
        found = share(state, "no record has a caption")
        return found if found.value is None else found.with_(plot=state["tokens"].bins("tokens", log_x=True))
