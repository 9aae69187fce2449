"""How many of the n-grams are different ones."""

import math
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Distinct, Product, State, Tally
from engine.value import Z95, Curve, Value
from operators.kernels.ngrams import ngram_hashes, words_of

_ORDERS = (1, 2, 3, 4)
_HEADLINE = 2
_FIXED = (10_000, 100_000, 1_000_000)
_POINTS = 24


@dataclass(frozen=True, eq=False)
class NgramSample(State):
    """The ``size`` smallest distinct n-gram hashes, how often each occurred, and how many n-grams there were.

    A hash that is among the smallest at the end was so in every part that held it: its count is exact.
    """

    size: int = 1 << 16
    total: int = 0
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, hashes: NDArray[np.uint64], size: int) -> Self:
        """The sample of the n-grams."""
        kept, counts = _smallest(hashes, size)
        return cls(size, len(hashes), kept, counts)

    def __add__(self, other: Self) -> "Self":
        if self.size != other.size:
            raise ValueError("samples of different sizes do not merge")
        hashes, at = np.unique(np.concatenate([self.hashes, other.hashes]), return_inverse=True)
        counts = np.zeros(len(hashes), np.int64)
        np.add.at(counts, at, np.concatenate([self.counts, other.counts]))
        return type(self)(self.size, self.total + other.total, hashes[: self.size], counts[: self.size])

    def different(self) -> Value:
        """How many different n-grams there were."""
        return Distinct(self.size, self.hashes).count()

    def expected(self, kept: int) -> Value:
        """How many different n-grams to expect when ``kept`` of all are kept at random (rarefaction)."""
        with np.errstate(divide="ignore"):
            chances = -np.expm1(self.counts * np.log1p(-kept / self.total))
        found = self.different()
        scale, seen = (found.value or 0.0) / len(self.hashes), float(chances.sum())
        if found.estimator == "exact":
            return Value.exact(seen, n=self.total)
        half = Z95 * scale * math.sqrt(float(chances @ chances))
        return Value(scale * seen, self.total, scale * seen - half, scale * seen + half, estimator="sketch")


def _smallest(hashes: NDArray[np.uint64], size: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The smallest distinct hashes and their counts, looking first only where enough of them should lie."""
    if len(hashes) > 8 * size:
        kept, counts = np.unique(hashes[hashes < np.uint64(4 * size / len(hashes) * 2**64)], return_counts=True)
        if len(kept) >= size:
            return kept[:size], counts[:size].astype(np.int64)
    kept, counts = np.unique(hashes, return_counts=True)
    return kept[:size], counts[:size].astype(np.int64)


@dataclass(frozen=True)
class DistinctN(Metric[Product]):
    """The share of bigrams that are different ones (distinct-2), and the same for words, trigrams and 4-grams.

    ``distinct_n = different n-grams / all n-grams``. Bigrams are the headline: different words run out in any large corpus,
    while nearly every 4-gram of ordinary text is new. Parts:

    - ``distinct_1`` to ``distinct_4``.
    - ``ead_1`` to ``ead_4``, expectation-adjusted: ``C / (V (1 - ((V - 1) / V)**T))`` for ``C`` different among ``T``
      n-grams, with ``V = vocabulary**n`` possible ones. It is relative to a uniform draw from all that is possible, and
      exceeds 1 where the text has more words than ``vocabulary``.
    - ``distinct_2_at_10000``, ``_100000``, ``_1000000``: distinct-2 to expect when each bigram is kept with the probability
      that leaves so many: ``sum over bigrams of (1 - (1 - m / T)**count) / m``.

    Distinct-n falls with the size of the data whatever its diversity: compare across datasets only the fixed sizes (their
    curve is the plot; bigrams are kept one by one, so they say nothing about repetition within one text).
    Words are those of the `words` feature as written, symbols included; n-grams do not cross records. Texts without
    words add nothing; null texts are skipped.

    0 to 1, higher is more diverse. Exact up to ``size`` different n-grams, beyond with the interval of a bottom-k sketch (0.8 %
    at the default). Cost: about 80 MB/s a core; 4 MB of state at most.

    Args:
        size: distinct n-grams kept per order.
        vocabulary: number of words taken as possible by the adjustment; Liu et al. use that of BERT.

    >>> from operators.features.words import Words
    >>> batch = pa.RecordBatch.from_pydict({"text": ["a rose is a rose", None]})
    >>> batch = batch.append_column("words", Words().open()(batch)["words"])
    >>> DistinctN().value(DistinctN().fold(batch)).value
    0.75

    Source: Li et al. 2016 (arXiv 1510.03055), section 5.1; Liu et al. 2022 (arXiv 2202.13587), section 3; Hurlbert 1971
    (rarefaction).
    """

    size: Annotated[int, Field(ge=1024, le=1 << 24)] = 1 << 16
    vocabulary: Annotated[int, Field(ge=2, le=1 << 32)] = 30_522

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("words",)
    unit: ClassVar[str] = "different bigrams per bigram"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Li et al. 2016 (arXiv 1510.03055); Liu et al. 2022 (arXiv 2202.13587)"

    def zero(self) -> Product:
        """No n-grams."""
        return Product({**{str(n): NgramSample(self.size) for n in _ORDERS}, "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Sample the n-grams of each order."""
        valid, offsets, words = words_of(batch)
        missing = int(np.count_nonzero(~valid))
        samples = {str(n): NgramSample.of(ngram_hashes(offsets, words, n)[1], self.size) for n in _ORDERS}
        return Product({**samples, "skipped": Tally({"missing": missing} if missing else {})})

    def value(self, state: Product) -> Value:
        """Distinct-2, with the other orders and fixed sizes as parts."""
        bigrams: NgramSample = state[str(_HEADLINE)]
        parts = {f"distinct_{n}": _distinct(state[str(n)], n) for n in _ORDERS}
        parts |= {f"ead_{n}": self._adjusted(state[str(n)], n) for n in _ORDERS}
        parts |= {f"distinct_{_HEADLINE}_at_{size}": _at(bigrams, size) for size in _FIXED}
        return parts[f"distinct_{_HEADLINE}"].with_(
            skipped=state["skipped"].nonzero(), parts=parts, plot=_curve(bigrams) if bigrams.total else None
        )

    def _adjusted(self, sample: NgramSample, n: int) -> Value:
        possible = float(self.vocabulary) ** n
        return _over(sample, -possible * math.expm1(sample.total * math.log1p(-1 / possible)), n)


def _distinct(sample: NgramSample, n: int) -> Value:
    return _over(sample, sample.total, n)


def _over(sample: NgramSample, base: float, n: int) -> Value:
    """Different n-grams over a base, never more of them than there were n-grams."""
    if sample.total == 0:
        return Value.missing(f"no text has {n} words" if n > 1 else "no text has a word")
    found = sample.different()
    value, low, high = (min(bound or 0.0, sample.total) / base for bound in (found.value, found.low, found.high))
    return Value(value, sample.total, low, high, estimator=found.estimator)


def _at(sample: NgramSample, kept: int) -> Value:
    if sample.total < kept:
        return Value.missing(f"there are {sample.total} n-grams, fewer than {kept}")
    expected = sample.expected(kept)
    return expected.with_(
        value=min(1.0, (expected.value or 0.0) / kept),
        low=(expected.low or 0.0) / kept,
        high=min(1.0, (expected.high or 0.0) / kept),
    )


def _curve(sample: NgramSample) -> Curve:
    sizes = np.unique(np.geomspace(1, sample.total, _POINTS).astype(np.int64))
    shares = [min(1.0, (sample.expected(int(size)).value or 0.0) / int(size)) for size in sizes]
    return Curve(tuple(map(float, sizes)), tuple(shares), "bigrams kept", "different bigrams per bigram")
