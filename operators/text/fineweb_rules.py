"""FineWeb's quality rules."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import strings
from operators.kernels.fineweb import fineweb_counts
from operators.kernels.words import word_spans
from operators.text._rules import COUNTS, Verdicts, at_least, at_most, fold_verdicts, in_order, no_records, pass_rate, ratio

_RULES = ("empty", "line_punct_ratio", "short_line_ratio", "char_dup_ratio", "list_ratio")


@dataclass(frozen=True)
class FinewebRules(Metric[Product]):
    """The share of texts that pass FineWeb's quality rules.

    A text passes when, of its lines that are not blank, at least 12 % end in terminal punctuation (of any script) and at
    most 67 % have 30 characters or fewer; when at most 1 % of its characters are in lines that stood before; and when it has at
    most 0.3 line feeds to a word. Names, order, defaults and arithmetic of the rules are those of FineWeb's code. A blank text
    fails ``empty`` and ``line_punct_ratio``. Null texts are skipped.

    Parts are the share that each rule alone rejects, with the histogram of its signal. 0 to 1, higher is better, with a
    Wilson interval. Cost: one pass over the text, about 300 MB/s a core.

    >>> from operators.features.words import Words
    >>> texts = pa.RecordBatch.from_pydict({"text": ["It is a line long enough to stand alone.", "a\\nb"], "_id": [0, 1]})
    >>> metric = FinewebRules()
    >>> value = metric.value(metric.fold(texts.append_column("words", Words().open()(texts)["words"])))
    >>> value.value, value.evidence[0].note
    (0.5, 'line_punct_ratio: 0 < 0.12')

    Source: Penedo et al. 2024 (arXiv 2406.17557), section 3.6; as implemented in datatrove 0.10.1.
    """

    line_punct_thr: Annotated[float, Field(ge=0, le=1)] = 0.12
    line_punct_exclude_zero: bool = False
    """Pass texts in which no line at all ends in terminal punctuation."""
    short_line_thr: Annotated[float, Field(ge=0, le=1)] = 0.67
    short_line_length: Annotated[int, Field(ge=0)] = 30
    char_duplicates_ratio: Annotated[float, Field(ge=0, le=1)] = 0.01
    new_line_ratio: Annotated[float, Field(ge=0)] = 0.3

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("text", "words")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Penedo et al. 2024 (arXiv 2406.17557), section 3.6"

    def signals(self, batch: pa.RecordBatch) -> Verdicts:
        """Each rule's signal and verdict per record; meaningless where the text is null."""
        c = fineweb_counts(strings(batch["text"]), self.short_line_length)
        punctuated = at_least(_RULES[1], ratio(c.punctuated_lines, c.lines), self.line_punct_thr)
        if self.line_punct_exclude_zero:
            punctuated = punctuated._replace(fails=punctuated.fails & (c.punctuated_lines > 0))
        limits = (
            at_least(_RULES[0], c.lines, 1, COUNTS),
            punctuated,
            at_most(_RULES[2], ratio(c.short_lines, c.lines), self.short_line_thr),
            at_most(_RULES[3], ratio(c.repeated_characters, c.characters), self.char_duplicates_ratio),
            at_most(_RULES[4], ratio(c.line_feeds, np.diff(word_spans(batch["words"]).offsets)), self.new_line_ratio),
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
