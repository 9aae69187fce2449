"""Gopher's repetition rules."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import strings
from operators.kernels.repetition import gram_counts, part_counts
from operators.kernels.words import word_spans
from operators.text._rules import COUNTS, Verdicts, at_least, at_most, fold_verdicts, in_order, no_records, pass_rate, ratio

_Share = Annotated[float, Field(ge=0, le=1)]
_Grams = tuple[tuple[Annotated[int, Field(ge=1, le=32)], _Share], ...]
_PART_RULES = ("empty", "dup_para_frac", "dup_para_char_frac", "dup_line_frac", "dup_line_char_frac")


@dataclass(frozen=True)
class GopherRepetition(Metric[Product]):
    """The share of texts that do not repeat themselves too much.

    A text passes when at most 30 % of its paragraphs, and of its lines, stood before in it, with at most 20 % of its
    characters; when its commonest 2-, 3- and 4-gram of words cover at most 20, 18 and 16 % of its characters; and
    when n-grams seen before cover at most 15, 14, 13, 12, 11 and 10 % of them for n from 5 to 10. Names, order,
    defaults and arithmetic of the rules are those of FineWeb's code, but for one: n-grams are equal when their words
    are, not when their words joined are. The commonest n-gram counts even if it occurs once, so that texts of very
    few words fail. Null texts are skipped.

    Parts are the share that each rule alone rejects, with the histogram of its signal. 0 to 1, higher is better, with
    a Wilson interval. Cost: three passes over the text and one over its words, about 80 MB/s a core.

    >>> from operators.features.words import Words
    >>> texts = pa.RecordBatch.from_pydict({"text": ["the quick brown fox jumps over a lazy dog", "so\\nso"], "_id": [0, 1]})
    >>> metric = GopherRepetition(top_n_grams=((2, 0.3),))
    >>> value = metric.value(metric.fold(texts.append_column("words", Words().open()(texts)["words"])))
    >>> value.value, value.evidence[0].note
    (0.5, 'dup_line_frac: 0.5 > 0.3')

    Source: Rae et al. 2021 (arXiv 2112.11446), table A1; as implemented for FineWeb (datatrove 0.10.1).
    """

    dup_line_frac: _Share = 0.3
    dup_para_frac: _Share = 0.3
    dup_line_char_frac: _Share = 0.2
    dup_para_char_frac: _Share = 0.2
    top_n_grams: _Grams = ((2, 0.2), (3, 0.18), (4, 0.16))
    dup_n_grams: _Grams = ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("text", "words")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Rae et al. 2021 (arXiv 2112.11446), table A1"

    def signals(self, batch: pa.RecordBatch) -> Verdicts:
        """Each rule's signal and verdict per record; meaningless where the text is null."""
        texts, sizes = strings(batch["text"]), [n for n, _ in self.top_n_grams + self.dup_n_grams] or [1]
        c, grams = part_counts(texts), gram_counts(texts, word_spans(batch["words"]), min(sizes), max(sizes))
        limits = (
            at_least(_PART_RULES[0], c.characters, 1, COUNTS),
            at_most(_PART_RULES[1], ratio(c.repeated_paragraphs, c.paragraphs), self.dup_para_frac),
            at_most(_PART_RULES[2], ratio(c.repeated_paragraph_characters, c.characters), self.dup_para_char_frac),
            at_most(_PART_RULES[3], ratio(c.repeated_lines, c.lines), self.dup_line_frac),
            at_most(_PART_RULES[4], ratio(c.repeated_line_characters, c.characters), self.dup_line_char_frac),
            *(at_most(_top(n), ratio(grams.top[n], c.characters), limit) for n, limit in self.top_n_grams),
            *(at_most(_duplicated(n), ratio(grams.repeated[n], c.characters), limit) for n, limit in self.dup_n_grams),
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
        top, duplicated = [_top(n) for n, _ in self.top_n_grams], [_duplicated(n) for n, _ in self.dup_n_grams]
        return pass_rate(state, (*_PART_RULES, *top, *duplicated))


def _top(n: int) -> str:
    return f"top_{n}_gram"


def _duplicated(n: int) -> str:
    return f"duplicated_{n}_n_grams"
