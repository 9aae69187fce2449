"""How many captions are used again."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Distinct, Product, Ratio
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array


@dataclass(frozen=True)
class CaptionReuse(Metric[Product]):
    """The share of captions that were used before: ``1 - different captions / captions``.

    Captions are the same whose letters, in lower case and without white space at their ends, are. A template ("a photo of a
    dog") in place of a description is used again for every picture of one. Of several captions of a record the first counts.
    Skipped: records without a caption.

    0 to 1, lower is better. Exact up to 65,536 different captions, beyond with the interval of a bottom-k sketch (0.8 %). Cost:
    a hash a caption.

    >>> batch = pa.RecordBatch.from_pydict({"caption": ["A dog.", "a dog. ", "A cat.", None]})
    >>> round(CaptionReuse().value(CaptionReuse().fold(batch)).value, 3)
    0.333

    Source: METRICS 7.3; Bar-Yossef et al. 2002 (counting different ones).
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("caption",)
    unit: ClassVar[str] = "share of captions"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "METRICS 7.3"

    def zero(self) -> Product:
        """No captions."""
        return Product({"different": Distinct(), "there": Ratio()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Hash the captions."""
        there = valid_mask(batch["caption"])
        plain = pc.utf8_lower(pc.utf8_trim_whitespace(batch["caption"].filter(pa.array(there)).cast(pa.string())))
        hashes = hash_array(plain)[:, 0]
        return Product({"different": Distinct.of(hashes), "there": Ratio(int(np.count_nonzero(there)), len(there))})

    def value(self, state: Product) -> Value:
        """The share that was used before."""
        n, lacking = state["there"].hits, state["there"].n - state["there"].hits
        skipped = {"no caption": lacking} if lacking else {}
        if not n:
            return Value.missing("no record has a caption", skipped)
        different = state["different"].count()
        low, middle, high = (
            min(1.0, max(0.0, 1 - (one or 0.0) / n)) for one in (different.high, different.value, different.low)
        )
        parts = {"different captions": different}
        return Value(middle, n=n, low=low, high=high, estimator=different.estimator, skipped=skipped, parts=parts)
