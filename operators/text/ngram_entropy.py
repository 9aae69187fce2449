"""How evenly words and runs of words are used."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Counts, Product, Tally
from engine.value import Z95, Value
from operators.kernels.ngrams import ngram_hashes, words_of

_ORDERS = (1, 2, 3)


@dataclass(frozen=True)
class NgramEntropy(Metric[Product]):
    """The Shannon entropy of the distribution of bigrams, in bits.

    ``-sum p log2 p`` over the shares ``p`` of the different bigrams; 2 to its power is the number of equally common ones that
    would be as varied. Parts: ``entropy_1`` to ``entropy_3`` for words, bigrams and trigrams, and ``next_word``, the entropy of
    a word given the one before, ``entropy_2 - entropy_1``. Unlike distinct_n it weighs how often each is used. It grows with
    the size of the data, up to the logarithm of the number of bigrams: compare at equal ``n`` only. Words are those of
    `operators.features.words` as written, symbols included; n-grams do not cross records. Skipped: null texts.

    0 and up, higher is more diverse. Beyond ``size`` different n-grams, n-grams are merged into cells by hash: the value is
    then a lower bound and says so. Interval: normal, by the delta method over n-grams taken as independent, so too narrow.
    Cost: about 100 MB/s a core; 6 MB of state at most.

    Args:
        size: different n-grams counted exactly per order.

    >>> from operators.features.words import Words
    >>> batch = pa.RecordBatch.from_pydict({"text": ["a b a c", None]})
    >>> batch = batch.append_column("words", Words().open()(batch)["words"])
    >>> value = NgramEntropy().value(NgramEntropy().fold(batch))
    >>> round(value.value, 4), value.parts["entropy_1"].value
    (1.585, 1.5)

    Source: Shannon 1948, section 6; Zhang et al. 2018 (arXiv 1809.05972), section 4 (Entropy-n).
    """

    size: Annotated[int, Field(ge=1024, le=1 << 24)] = 1 << 17

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("words",)
    unit: ClassVar[str] = "bits a bigram"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Shannon 1948, section 6"

    def zero(self) -> Product:
        """No n-grams."""
        return Product({**{str(n): Counts(self.size) for n in _ORDERS}, "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the n-grams of each order."""
        valid, offsets, words = words_of(batch)
        missing = int(np.count_nonzero(~valid))
        counts = {str(n): Counts.of(ngram_hashes(offsets, words, n)[1], self.size) for n in _ORDERS}
        return Product({**counts, "skipped": Tally({"no text": missing} if missing else {})})

    def value(self, state: Product) -> Value:
        """The entropy of the bigrams."""
        parts = {f"entropy_{n}": _entropy(state[str(n)], n) for n in _ORDERS}
        one, two = parts["entropy_1"].value, parts["entropy_2"].value
        if one is not None and two is not None and state["2"].bits == 64:
            parts["next_word"] = Value.exact(max(0.0, two - one), state["2"].total)
        return parts["entropy_2"].with_(skipped=state["skipped"].nonzero(), parts=parts)


def _entropy(counts: Counts, n: int) -> Value:
    total = counts.total
    if total == 0:
        return Value.missing(f"no text has {n} words" if n > 1 else "no text has a word")
    shares = counts.counts / total
    surprise = -np.log2(shares)
    entropy = max(0.0, math.fsum(shares * surprise))
    half = Z95 * math.sqrt(max(0.0, math.fsum(shares * surprise**2) - entropy**2) / total)
    merged = None if counts.bits == 64 else f"a lower bound: {n}-grams are merged into {len(shares)} cells"
    estimator = "exact" if counts.bits == 64 else "sketch"
    return Value(entropy, total, max(0.0, entropy - half), entropy + half, reason=merged, estimator=estimator)  # type: ignore[arg-type]
