"""How hard texts are to read."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Histogram, Product, Quantiles, Tally, TopBy
from engine.value import Z95, Value
from operators.kernels.buffers import strings
from operators.kernels.gopher_quality import gopher_counts
from operators.kernels.surface import surface
from operators.kernels.words import word_spans

_NUMBERS = ("automated_readability_index", "coleman_liau_index", "words_per_sentence", "characters_per_word")
_GRADES = tuple(map(float, range(-15, 41)))


@dataclass(frozen=True)
class Readability(Metric[Product]):
    """The median over texts of the automated readability index: the school grade in the United States that a text asks for.

    ``4.71 characters / words + 0.5 words / sentences - 21.43``, where a word has a character that is not punctuation, and a
    sentence ends by the rule of `operators.kernels.surface`. Parts are the medians of it, of the Coleman-Liau index
    (``5.88 characters / words - 29.6 sentences / words - 15.8``), and of the two ratios that both are made of. Neither counts
    syllables, so neither needs a dictionary; both were fitted to English prose. Of other alphabets they say which text is
    harder, of scripts without spaces, of code and of lists little. Evidence: the texts with the highest index, often
    those without a full stop. Skipped: null texts and those without a word.

    Any number: below 1 a first reader's, above 14 a scholar's; neither end is better in itself. Interval: that of a median by
    order statistics, each within 0.2 %. Cost: one pass over the text and one over its words, about 150 MB/s a core.

    >>> from operators.features.words import Words
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "text": ["We saw a dog. It ran.", None]})
    >>> batch = batch.append_column("words", Words().open()(batch)["words"])
    >>> value = Readability().value(Readability().fold(batch))
    >>> round(value.value, 1), value.skipped  # 14 characters in 6 words in 2 sentences
    (-8.9, {'no text': 1})

    Source: Senter and Smith 1967 (AMRL-TR-66-220); Coleman and Liau 1975 (Journal of Applied Psychology 60).
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("text", "words")
    unit: ClassVar[str] = "school grade"
    range: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    direction: ClassVar[Direction] = Direction.NONE
    source: ClassVar[str] = "Senter and Smith 1967; Coleman and Liau 1975"

    def zero(self) -> Product:
        """No texts."""
        sketches = {name: Quantiles() for name in _NUMBERS}
        return Product({**sketches, "histogram": Histogram(_GRADES), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """The indices of each text."""
        texts = strings(batch["text"])
        counts = gopher_counts(texts, word_spans(batch["words"]), ())
        sentences = surface(texts).sentences
        rows = np.flatnonzero(texts.valid & (counts.plain_words > 0) & (sentences > 0))
        words, characters = counts.plain_words[rows], counts.plain_characters[rows]
        numbers = _numbers(words, characters, sentences[rows])
        index, missing = numbers[_NUMBERS[0]], int(np.count_nonzero(~texts.valid))
        skipped = {"no text": missing, "no word": len(batch) - missing - len(rows)}
        return Product(
            {
                **{name: Quantiles.of(number) for name, number in numbers.items()},
                "histogram": Histogram.of(index, _GRADES),
                "skipped": Tally({why: count for why, count in skipped.items() if count}),
                "worst": TopBy.of(
                    index,
                    batch[ID].to_numpy()[rows],
                    lambda at: f"{words[at]:,} words of {characters[at] / words[at]:.1f} in {sentences[rows][at]:,} sentences",
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The median index."""
        skipped = state["skipped"].nonzero()
        if not state[_NUMBERS[0]].n:
            return Value.missing("no record has a text with a word", skipped)
        parts = {name: _median(state[name]) for name in _NUMBERS}
        plot = state["histogram"].bins("automated readability index")
        return parts[_NUMBERS[0]].with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())


def _numbers(
    words: NDArray[np.int64], characters: NDArray[np.int64], sentences: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    length, span = characters / words, words / sentences
    return dict(
        zip(_NUMBERS, (4.71 * length + 0.5 * span - 21.43, 5.88 * length - 29.6 / span - 15.8, span, length), strict=True)
    )


def _median(sketch: Quantiles) -> Value:
    """The median, between the order statistics that 95 % of samples have it between."""
    half = Z95 * 0.5 / math.sqrt(sketch.n)
    low, value, high = (sketch.quantile(min(1.0, max(0.0, share))) for share in (0.5 - half, 0.5, 0.5 + half))
    return Value(value, sketch.n, low, high, estimator="sketch")
