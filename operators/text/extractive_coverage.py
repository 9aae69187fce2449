"""How much of a text is taken word by word from its source."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Histogram, Moments, Product, Tally, TopBy
from engine.value import Value
from operators.kernels.buffers import strings, valid_mask
from operators.kernels.fragments import fragments
from operators.kernels.words import split_words

_EDGES = tuple(at / 20 for at in range(21))
_MOST_WORDS = 1 << 20


@dataclass(frozen=True)
class ExtractiveCoverage(Metric[Product]):
    """The mean share of a text's words that stand in fragments of its source.

    ``sum |f| / |text|`` over the fragments ``f``: at each word of ``text`` the longest run of words that stands anywhere in
    ``context``, found greedily. Words are those of `operators.features.words`, in lower case, symbols included. The part
    ``density`` is the mean of ``sum |f|^2 / |text|``, the length of the fragment that a word of the text stands in. Neither
    way is better: near 1 with a high density the text is a copy, near 0 it says what the source does not. Skipped: records
    without a text, a context or a word in either, and those over 2^20 words.

    0 to 1, normal interval. Evidence: the texts with the least coverage. Cost: linear in the words of both, whatever
    they say (a suffix automaton).

    >>> columns = {"text": ["The cat sat on a dog."], "context": ["A cat: the cat sat on the mat."]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **columns})
    >>> value = ExtractiveCoverage().value(ExtractiveCoverage().fold(batch))
    >>> round(value.value, 4), round(value.parts["density"].value, 4)
    (0.8571, 2.5714)

    Source: Grusky et al. 2018 (Newsroom), section 4.1 and figure 3.
    """

    dimension: ClassVar[Dimension] = Dimension.FAITHFULNESS
    reads: ClassVar[tuple[str, ...]] = ("text", "context")
    unit: ClassVar[str] = "mean share of words"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.NONE
    source: ClassVar[str] = "Grusky et al. 2018, section 4.1"

    def zero(self) -> Product:
        """No texts."""
        return Product(
            {
                "coverage": Moments(),
                "density": Moments(),
                "histogram": Histogram.of(np.empty(0), _EDGES),
                "skipped": Tally(),
                "worst": TopBy(),
            }
        )

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Find the fragments of each text."""
        rows, words, found = measured(batch["text"], batch["context"])
        coverage, density = found[:, 0] / words, found[:, 1] / words
        present = valid_mask(batch["text"]) & valid_mask(batch["context"])
        skipped = {
            "no text or no context": int(np.count_nonzero(~present)),
            "no word, or too many": int(np.count_nonzero(present)) - len(rows),
        }
        return Product(
            {
                "coverage": Moments.of(coverage),
                "density": Moments.of(density),
                "histogram": Histogram.of(coverage, _EDGES),
                "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
                "worst": TopBy.of(
                    1 - coverage,
                    batch[ID].to_numpy()[rows],
                    lambda at: f"{coverage[at]:.0%} of {words[at]} words are the source's",
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean coverage."""
        value: Value = state["coverage"].mean("no record has a text and the context it should be true to", self.range)
        return value.with_(
            skipped=state["skipped"].nonzero(),
            parts={"density": state["density"].mean()} if value.n else {},
            plot=state["histogram"].bins("share of the text's words that are the source's") if value.n else None,
            evidence=state["worst"].evidence(),
        )


def measured(texts: pa.Array, contexts: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The rows that can be measured, how many words each text has, and its fragments (see `fragments`)."""
    mine, theirs = (split_words(strings(pc.utf8_lower(column.cast(pa.large_string())))) for column in (texts, contexts))
    counts, sources = np.diff(mine.offsets), np.diff(theirs.offsets)
    fit = (counts > 0) & (sources > 0) & (counts <= _MOST_WORDS) & (sources <= _MOST_WORDS)
    rows = np.flatnonzero(fit & valid_mask(texts) & valid_mask(contexts))
    found = fragments(mine.offsets, mine.hashes, theirs.offsets, theirs.hashes)
    return rows, counts[rows], found[rows]
