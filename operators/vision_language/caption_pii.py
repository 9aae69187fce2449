"""Personal data in captions."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.schema import ID
from engine.state import Product
from operators.text.pii import Pii


@dataclass(frozen=True)
class CaptionPii(Pii):
    """The share of captions with personal data in them: `operators.text.pii` over ``caption``, types, parts and all.

    Names of people without a title, the most usual personal data of captions, are not found without a model of the language:
    this is a floor. Skipped: records without a caption.

    0 to 1, lower is better, Wilson interval. Evidence shows no letter or digit of what was found. Cost: one pass over the
    bytes.

    >>> batch = pa.RecordBatch.from_pydict({"_id": range(2), "caption": ["A dog on a beach", "Mail ann@mail.org for prints"]})
    >>> CaptionPii().value(CaptionPii().fold(batch)).value
    0.5

    Source: METRICS 7.5; Subramani et al. 2023, section 3.
    """

    reads: ClassVar[tuple[str, ...]] = ("caption",)
    unit: ClassVar[str] = "share of captions"

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Find the personal data of each caption."""
        return super().fold(pa.RecordBatch.from_pydict({ID: batch[ID], "text": batch["caption"]}))
