"""How many of the n-grams of captions are different ones."""

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import pyarrow as pa

from engine.state import Product
from operators.features.words import Words
from operators.text.distinct_n import DistinctN


@dataclass(frozen=True)
class CaptionDistinctN(DistinctN):
    """The share of bigrams of captions that are different ones (distinct-2), and the same for words, trigrams and 4-grams.

    `operators.text.distinct_n` over ``caption``, parts and all: distinct-n falls with the size of the data, so compare the
    parts at fixed sizes. Null captions are skipped.

    0 to 1, higher is more diverse. Cost: about 80 MB/s a core.

    >>> batch = pa.RecordBatch.from_pydict({"caption": ["a rose is a rose", None]})
    >>> CaptionDistinctN().value(CaptionDistinctN().fold(batch)).value
    0.75

    Source: Li et al. 2016 (arXiv 1510.03055), section 5.1; METRICS 7.3.
    """

    reads: ClassVar[tuple[str, ...]] = ("caption",)

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Sample the n-grams of each order."""
        captions = pa.RecordBatch.from_pydict({"text": batch["caption"]})
        return super().fold(captions.append_column("words", _words()(captions)["words"]))


@cache
def _words() -> Any:
    return Words().open()
