"""How much shorter texts get when they are compressed together."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
import zstandard
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, VectorSample
from engine.value import Z95, Value
from operators.text._drawn import drawn_texts, no_texts, texts_of

_CHARACTERS = 4000
_LEVEL = 9
_LEAST_WINDOW_LOG, _LARGEST_WINDOW_LOG = 10, 27
_GROUPS = 10


@dataclass(frozen=True)
class CompressionRatio(Metric[Product]):
    """The bytes of a sample of texts over the bytes that zstd makes of them: what they repeat, within and among one another.

    ``bytes / compressed bytes`` of ``size`` distinct texts with the smallest hash, of each the first 4,000 characters, joined
    by line feeds in the order of their hash; the installed zstd at level 9 with a window over all of them. Phrases, templates
    and formatting that come again lower the compressed size, wherever they stand, so that it sees what distinct_n's words do
    not. It grows with the size of the sample and the length of texts: compare at equal ``n`` and kind only. Copies count
    once (`corpus.exact_duplicates` counts them). The part ``alone`` is the same for each text compressed by itself: what is
    repeated within texts. Skipped: null, blank.

    Above 0, lower is more diverse; below 1 only for short, random texts. Interval: jackknife over ten groups of the sample; a
    point where it is all there is. Cost: a hash of each text, then some 30 MB/s for the sample, twelve times; 4 bytes a
    character of state at most.

    Args:
        size: distinct texts to sample.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "text": ["to be or not to be " * 20, "so it is, " * 20]})
    >>> metric = CompressionRatio()
    >>> metric.value(metric.fold(batch)).value > 5
    True

    Source: Shaib et al. 2024, Standardizing the Measurement of Text Diversity (arXiv 2403.00553), section 2.1.
    """

    size: Annotated[int, Field(ge=2, le=10_000)] = 1000

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("text",)
    unit: ClassVar[str] = "bytes per compressed byte"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Shaib et al. 2024 (arXiv 2403.00553), section 2.1"

    def zero(self) -> Product:
        """No texts."""
        return no_texts(self.size)

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw from the texts that are not blank."""
        return drawn_texts(batch, self.size, _CHARACTERS)

    def value(self, state: Product) -> Value:
        """The ratio of the sample."""
        sample: VectorSample = state["sample"]
        skipped = state["skipped"].nonzero()
        texts = [text.encode() for text in texts_of(sample).to_pylist()]
        if not texts:
            return Value.missing("no record has a text", skipped)
        apart = sum(map(len, texts)) / sum(_compressed(text) for text in texts)
        value = Value.exact(ratio(texts), len(texts)) if sample.complete else _jackknifed(texts)
        return value.with_(skipped=skipped, parts={"alone": Value.exact(apart, len(texts)).with_(estimator=value.estimator)})


def ratio(texts: list[bytes]) -> float:
    """Bytes over compressed bytes of the texts joined by line feeds."""
    joined = b"\n".join(texts)
    return len(joined) / _compressed(joined)


def _compressed(data: bytes) -> int:
    window = min(_LARGEST_WINDOW_LOG, max(_LEAST_WINDOW_LOG, len(data).bit_length()))
    parameters = zstandard.ZstdCompressionParameters.from_level(_LEVEL, source_size=len(data), window_log=window)
    return len(zstandard.ZstdCompressor(compression_params=parameters).compress(data))


def _jackknifed(texts: list[bytes]) -> Value:
    """With the interval of a jackknife that leaves out one group after the other."""
    bounds = np.linspace(0, len(texts), min(_GROUPS, len(texts)) + 1).astype(int).tolist()
    without = np.array([ratio(texts[:a] + texts[b:]) for a, b in pairwise(bounds)])
    groups, whole = len(without), ratio(texts)
    half = Z95 * math.sqrt((groups - 1) / groups * float(((without - without.mean()) ** 2).sum()))
    return Value(whole, len(texts), max(0.0, whole - half), whole + half, estimator="sample")
