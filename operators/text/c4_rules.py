"""C4's cleaning rules."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Tally
from engine.value import Value
from operators.kernels.buffers import strings
from operators.kernels.c4 import CURLY_BRACKET, LOREM_IPSUM, C4Counts, C4Options, c4_counts
from operators.text._rules import COUNTS, Verdicts, at_least, at_most, fold_verdicts, in_order, no_records, pass_rate

_RULES = ("lorem_ipsum", "curly_bracket", "too_few_sentences")
_LINES = ("kept", "too_long_word", "no_terminal_punctuation", "too_few_words", "javascript", "policy", *_RULES[:2])
_Limit = Annotated[int, Field(ge=-1)]


@dataclass(frozen=True)
class C4Rules(Metric[Product]):
    """The share of texts that C4's rules would keep.

    A line is dropped when it has a word of over 1,000 characters, does not end in ``. ! ? " '`` (or ends in ``...``),
    has fewer than 3 words, or mentions javascript or a policy on cookies, privacy or use. A text is rejected when one
    of the other lines has "lorem ipsum" or ``{``, or when the lines that are kept hold fewer than 5 sentences. Names,
    order, defaults and arithmetic are those of FineWeb's code; where that asks a model for sentences, a rule does
    (`c4_counts`). -1 switches a number's rule off. Nothing is removed: the verdict is what counts. Null texts are
    skipped.

    Parts are the share of texts that each rule alone rejects, with the histogram of its signal (lines, sentences),
    and ``lines ...``, the share of all lines that each line rule drops. 0 to 1, higher is better, with a Wilson
    interval. Cost: three passes over the text, about 150 MB/s a core.

    >>> texts = pa.RecordBatch.from_pydict({"text": ["It is so. " * 5, "Buy it now!\\nfunction() { return; }"], "_id": [0, 1]})
    >>> metric = C4Rules()
    >>> value = metric.value(metric.fold(texts))
    >>> value.value, value.evidence[0].note
    (0.5, 'too_few_sentences: 1 < 5')

    Source: Raffel et al. 2020 (JMLR 21:140), section 2.2; as implemented for FineWeb (datatrove 0.10.1).
    """

    remove_citations: bool = True
    filter_no_terminal_punct: bool = True
    min_num_sentences: _Limit = 5
    min_words_per_line: _Limit = 3
    max_word_length: _Limit = 1000
    filter_lorem_ipsum: bool = True
    filter_javascript: bool = True
    filter_curly_bracket: bool = True
    filter_policy: bool = True

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("text",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Raffel et al. 2020 (JMLR 21:140), section 2.2"

    def signals(self, batch: pa.RecordBatch) -> Verdicts:
        """Each rule's signal and verdict per record; meaningless where the text is null."""
        return self._verdicts(self._counts(batch))

    def _counts(self, batch: pa.RecordBatch) -> C4Counts:
        options = C4Options(
            self.remove_citations,
            self.filter_no_terminal_punct,
            self.min_words_per_line,
            self.max_word_length,
            self.filter_lorem_ipsum,
            self.filter_javascript,
            self.filter_curly_bracket,
            self.filter_policy,
        )
        return c4_counts(strings(batch["text"]), options)

    def _verdicts(self, counts: C4Counts) -> Verdicts:
        rules = (
            at_most(_RULES[0], counts.lines[LOREM_IPSUM], 0, COUNTS),
            at_most(_RULES[1], counts.lines[CURLY_BRACKET], 0, COUNTS),
            at_least(_RULES[2], counts.sentences, self.min_num_sentences, COUNTS),
        )
        verdicts = in_order(rules)
        # Of a forbidden phrase and a bracket, the one that comes first in the text rejects it.
        by_line = np.where(counts.rejected == CURLY_BRACKET, 1, verdicts.rejected_by)
        return verdicts._replace(rejected_by=by_line)

    def zero(self) -> Product:
        """No records."""
        return Product({**no_records().states, "lines": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Judge each record."""
        counts = self._counts(batch)
        lines = dict(zip(_LINES, counts.lines.sum(axis=1).tolist(), strict=True))
        return Product({**fold_verdicts(batch, self._verdicts(counts)).states, "lines": Tally(lines)})

    def value(self, state: Product) -> Value:
        """The share of texts that pass."""
        passed, lines = pass_rate(state, _RULES), state["lines"].counts
        total = sum(lines.values())
        if passed.value is None or total == 0:
            return passed
        shares = {f"lines {name}": Value.exact(lines[name] / total, total) for name in _LINES}
        return passed.with_(parts={**passed.parts, **shares})
