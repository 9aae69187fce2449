"""Gopher's quality rules."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import strings
from operators.kernels.gopher_quality import gopher_counts
from operators.kernels.words import word_spans
from operators.text._rules import COUNTS, Verdicts, at_least, at_most, fold_verdicts, in_order, no_records, pass_rate, ratio

_RULES = (
    "gopher_short_doc",
    "gopher_long_doc",
    "gopher_below_avg_threshold",
    "gopher_above_avg_threshold",
    "gopher_too_many_hashes",
    "gopher_too_many_ellipsis",
    "gopher_too_many_bullets",
    "gopher_too_many_end_ellipsis",
    "gopher_below_alpha_threshold",
    "gopher_enough_stop_words",
)
_WORD_LENGTHS = tuple(map(float, range(21)))


@dataclass(frozen=True)
class GopherQuality(Metric[Product]):
    """The share of texts that pass Gopher's quality rules.

    A text passes with 50 to 100,000 words that are not punctuation alone, of 3 to 10 characters on average; at most
    0.1 hash signs, and 0.1 ellipses, to a word; at most 90 % of lines that start with a bullet and 30 % that end in
    an ellipsis; at least 80 % of words with a letter; and two different stop words. Names, order, defaults and
    arithmetic of the rules are those of FineWeb's code; words are the feature ``words``'. Rules were made for English
    web pages: short answers fail the first. Texts without a word fail every lower limit. Null texts are skipped.

    Parts are the share that each rule alone rejects, with the histogram of its signal. 0 to 1, higher is better, with
    a Wilson interval. Cost: one pass over the text and one over its words, about 150 MB/s a core.

    >>> from operators.features.words import Words
    >>> texts = pa.RecordBatch.from_pydict({"text": ["to be and to have the cat " * 10, "# # #"], "_id": [0, 1]})
    >>> metric = GopherQuality(min_avg_word_length=2)
    >>> value = metric.value(metric.fold(texts.append_column("words", Words().open()(texts)["words"])))
    >>> value.value, value.evidence[0].note
    (0.5, 'gopher_short_doc: 0 < 50')

    Source: Rae et al. 2021 (arXiv 2112.11446), table A1; as implemented for FineWeb (datatrove 0.10.1).
    """

    min_doc_words: Annotated[int, Field(ge=0)] = 50
    max_doc_words: Annotated[int, Field(ge=1)] = 100_000
    min_avg_word_length: Annotated[float, Field(ge=0)] = 3
    max_avg_word_length: Annotated[float, Field(gt=0)] = 10
    max_symbol_word_ratio: Annotated[float, Field(gt=0)] = 0.1
    max_bullet_lines_ratio: Annotated[float, Field(gt=0, le=1)] = 0.9
    max_ellipsis_lines_ratio: Annotated[float, Field(gt=0, le=1)] = 0.3
    max_non_alpha_words_ratio: Annotated[float, Field(ge=0, le=1)] = 0.8
    """The least share of words with a letter, under the name that it has in FineWeb's code."""
    min_stop_words: Annotated[int, Field(ge=0)] = 2
    stop_words: tuple[str, ...] = ("the", "be", "to", "of", "and", "that", "have", "with")

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("text", "words")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Rae et al. 2021 (arXiv 2112.11446), table A1"

    def signals(self, batch: pa.RecordBatch) -> Verdicts:
        """Each rule's signal and verdict per record; meaningless where the text is null."""
        c = gopher_counts(strings(batch["text"]), word_spans(batch["words"]), self.stop_words)
        length = ratio(c.plain_characters, c.plain_words)
        limits = (
            at_least(_RULES[0], c.plain_words, self.min_doc_words, COUNTS),
            at_most(_RULES[1], c.plain_words, self.max_doc_words, COUNTS),
            at_least(_RULES[2], length, self.min_avg_word_length, _WORD_LENGTHS),
            at_most(_RULES[3], length, self.max_avg_word_length, _WORD_LENGTHS),
            at_most(_RULES[4], ratio(c.hashes, c.words), self.max_symbol_word_ratio),
            at_most(_RULES[5], ratio(c.ellipses, c.words), self.max_symbol_word_ratio),
            at_most(_RULES[6], ratio(c.bullet_lines, c.lines), self.max_bullet_lines_ratio),
            at_most(_RULES[7], ratio(c.ellipsis_lines, c.lines), self.max_ellipsis_lines_ratio),
            at_least(_RULES[8], ratio(c.alphabetic_words, c.words), self.max_non_alpha_words_ratio),
            at_least(_RULES[9], c.stop_words, self.min_stop_words, COUNTS),
        )
        return in_order(limits)

    def zero(self) -> Product:
        """No records."""
        return no_records()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Judge each record."""
        return fold_verdicts(batch, self.signals(batch))

    def value(self, state: Product) -> Value:
        """The share of texts that pass."""
        return pass_rate(state, _RULES)
