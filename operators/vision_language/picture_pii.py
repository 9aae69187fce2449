"""Personal data written in pictures."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.schema import ID
from engine.state import Product
from operators.text.pii import Pii


@dataclass(frozen=True)
class PicturePii(Pii):
    """The share of records in whose pictures personal data are written: `operators.text.pii` over what a reader finds there.

    The reader is that of ``[features.picture_text]``; what it misreads is missed or, rarely, made up: numbers with check digits
    are the surest. Skipped: records without a picture that decodes.

    0 to 1, lower is better, Wilson interval. Evidence shows no letter or digit of what was found. Cost: that of the reader.

    >>> batch = pa.RecordBatch.from_pydict({"_id": range(2), "picture_text": ["EXIT", "Card 4111 1111 1111 1111"]})
    >>> PicturePii().value(PicturePii().fold(batch)).value
    0.5

    Source: METRICS 7.5; Subramani et al. 2023, section 3.
    """

    reads: ClassVar[tuple[str, ...]] = ("picture_text",)
    unit: ClassVar[str] = "share of records"

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Find the personal data of each record."""
        return super().fold(pa.RecordBatch.from_pydict({ID: batch[ID], "text": batch["picture_text"]}))
