"""Runs of words in a text that its source does not have."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Histogram, Moments, Product, Tally, TopBy
from engine.value import Value
from operators.kernels.buffers import Strings, strings, valid_mask
from operators.kernels.hashing import hash_array
from operators.kernels.ngrams import ngram_hashes
from operators.kernels.words import WordSpans, split_words

_ORDERS = (1, 2, 3, 4)
_HEADLINE = 2
_LONG = 4
_LONG_WORDS = "long_words"
_EDGES = tuple(at / 20 for at in range(21))


@dataclass(frozen=True)
class NovelNgrams(Metric[Product]):
    """The mean share of a text's bigrams that do not stand in its source.

    ``novel n-grams of text / n-grams of text``, by record, counted as often as they stand there; an n-gram is novel when
    ``context`` has it nowhere. Words are those of `operators.features.words`, in lower case, symbols included. Parts: the
    same for words, bigrams, trigrams and 4-grams (``novel_1``, what `text.extractive_coverage` leaves of 1, to ``novel_4``),
    and for words of four characters or more (``long_words``). Neither way is better: near 0 the text is put together from its
    source, near 1 it is in other words, or about something else. Beside human verdicts on summaries (QAGS), few novel
    trigrams tell true sentences from others where summaries copy (AUC 0.84 on CNN/DailyMail) and hardly where they
    paraphrase (0.56 on XSum, few novel long words 0.66). Skipped: records without a text or a context, and texts too short
    for a bigram.

    0 to 1, normal interval over records. Evidence: the texts with the greatest share. Cost: one hash table of the
    sources' n-grams for each n, about 7 MB/s of both a core.

    >>> columns = {"text": ["The cat sat on a dog."], "context": ["A cat: the cat sat on the mat."]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **columns})
    >>> value = NovelNgrams().value(NovelNgrams().fold(batch))
    >>> value.value, round(value.parts["novel_1"].value, 4)
    (0.5, 0.1429)

    Source: See et al. 2017 (arXiv 1704.04368), section 7.2; Narayan et al. 2018 (arXiv 1808.08745), section 2.
    """

    dimension: ClassVar[Dimension] = Dimension.FAITHFULNESS
    reads: ClassVar[tuple[str, ...]] = ("text", "context")
    unit: ClassVar[str] = "mean share of bigrams"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.NONE
    source: ClassVar[str] = "See et al. 2017 (arXiv 1704.04368), section 7.2"

    def zero(self) -> Product:
        """No texts."""
        means = {_name(n): Moments() for n in _ORDERS}
        empty = Histogram.of(np.empty(0), _EDGES)
        return Product({**means, _LONG_WORDS: Moments(), "histogram": empty, "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Look each n-gram up."""
        shares = novel_shares(batch["text"], batch["context"])
        present = valid_mask(batch["text"]) & valid_mask(batch["context"])
        headline = shares[_name(_HEADLINE)]
        rows = np.flatnonzero(~np.isnan(headline))
        skipped = {
            "no text or no context": int(np.count_nonzero(~present)),
            "fewer than two words": int(np.count_nonzero(present)) - len(rows),
        }
        states = {name: Moments.of(found[~np.isnan(found)]) for name, found in shares.items()}
        return Product(
            {
                **states,
                "histogram": Histogram.of(headline[rows], _EDGES),
                "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
                "worst": TopBy.of(
                    headline[rows], batch[ID].to_numpy()[rows], lambda at: f"{headline[rows[at]]:.0%} of its bigrams are novel"
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean share of novel bigrams."""
        headline: Moments = state[_name(_HEADLINE)]
        value = headline.mean("no record has a text of two words and the context it should be true to", self.range)
        names = (*(_name(n) for n in _ORDERS), _LONG_WORDS)
        return value.with_(
            skipped=state["skipped"].nonzero(),
            parts={name: state[name].mean(within=self.range) for name in names if state[name].n},
            plot=state["histogram"].bins("share of the text's bigrams that are novel") if value.n else None,
            evidence=state["worst"].evidence(),
        )


def novel_shares(texts: pa.Array, contexts: pa.Array) -> dict[str, NDArray[np.float64]]:
    """By kind of n-gram the share of each text's that its context lacks; NaN where there is none or no context."""
    mine, theirs = (_Words.of(column) for column in (texts, contexts))
    present = valid_mask(texts) & valid_mask(contexts)
    found = {_name(n): _share(_keyed(mine.spans, n), _keyed(theirs.spans, n)) for n in _ORDERS}
    found[_LONG_WORDS] = _share(mine.long(), theirs.long())
    return {name: np.where(present, share, np.nan) for name, share in found.items()}


class _Words(NamedTuple):
    spans: WordSpans
    texts: Strings

    @classmethod
    def of(cls, column: pa.Array) -> "_Words":
        """The words in lower case."""
        texts = strings(pc.utf8_lower(column.cast(pa.large_string())))
        return cls(split_words(texts), texts)

    def long(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Where the keys of each text start, and those of its words that are long."""
        begins = np.concatenate([[0], np.cumsum((self.texts.data & 0xC0) != 0x80)])
        first = np.repeat(self.texts.offsets[:-1], np.diff(self.spans.offsets))
        kept = begins[first + self.spans.ends] - begins[first + self.spans.starts] >= _LONG
        bounds, keys = _keyed(self.spans, 1)
        return np.concatenate([[0], np.cumsum(kept)])[bounds], keys[kept]


def _name(n: int) -> str:
    return f"novel_{n}"


def _keyed(spans: WordSpans, n: int) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The n-grams as hashes that differ from row to row, so that one search serves a whole batch."""
    bounds, hashes = ngram_hashes(spans.offsets, spans.hashes, n)
    rows = hash_array(pa.array(np.arange(len(bounds) - 1)))[:, 0]
    return bounds, hashes + np.repeat(rows, np.diff(bounds))


def _share(
    mine: tuple[NDArray[np.int64], NDArray[np.uint64]], theirs: tuple[NDArray[np.int64], NDArray[np.uint64]]
) -> NDArray[np.float64]:
    bounds, keys = mine
    novel = np.concatenate([[0], np.cumsum(~_among(keys, theirs[1]))])[bounds]
    counts = np.diff(bounds)
    shares: NDArray[np.float64] = np.divide(np.diff(novel), counts, out=np.full(len(counts), np.nan), where=counts > 0)
    return shares


def _among(keys: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which keys are among the others: by Arrow's hash table, several times as fast as `numpy.isin`'s sort."""
    found: NDArray[np.bool_] = pc.is_in(pa.array(keys), pa.array(others)).to_numpy(zero_copy_only=False)
    return found
