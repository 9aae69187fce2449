"""Captions that a classifier finds toxic."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.schema import ID
from engine.state import Product
from operators.text.toxicity import Toxicity


@dataclass(frozen=True)
class CaptionToxicity(Toxicity):
    """The share of captions that a classifier finds toxic: `operators.text.toxicity` over ``caption``, parts and all.

    The classifier is that of ``[features.caption_toxicity]``. It judges the words alone: what is harmless words under an ugly
    picture, or the other way round, passes. Skipped: records without a caption, or with one that has no score.

    0 to 1, lower is better, Wilson interval. Cost: that of the classifier, 0.4 ms a caption on a core for the default.

    >>> scores = {"caption_toxicity": pa.array([0.9, 0.1], pa.float32()), "caption_toxicity_labels": [{"insult": 0.8}, None]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "caption": ["You idiot.", "Two dogs."], **scores})
    >>> CaptionToxicity().value(CaptionToxicity().fold(batch)).value
    0.5

    Source: METRICS 7.5; Gehman et al. 2020 (arXiv 2009.11462), section 3.
    """

    reads: ClassVar[tuple[str, ...]] = ("caption", "caption_toxicity", "caption_toxicity_labels")
    unit: ClassVar[str] = "share of captions"

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the captions over the threshold."""
        names = {"text": "caption", "toxicity": "caption_toxicity", "toxicity_labels": "caption_toxicity_labels"}
        return super().fold(pa.RecordBatch.from_pydict({ID: batch[ID], **{name: batch[of] for name, of in names.items()}}))
