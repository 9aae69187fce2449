"""What a source says for and against each sentence of a text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, Literal

import pyarrow as pa

from engine.feature import Columns
from operators.features._entailed import Entailed, Pairs
from operators.kernels.sentences import sentences

_NUMBERS = pa.list_(pa.float32())


@dataclass(frozen=True)
class Entailment(Entailed):
    """``sentence_entailment`` and ``sentence_contradiction`` of ``text`` by ``context``: a number of each sentence.

    Each is the greatest probability over the pieces of the context, every piece a premise and every sentence
    (`operators.kernels.sentences`) a hypothesis. ``entailment_cut``: whether sentences were left out or a premise did not fit
    the model's window. Null without a sentence in both. Cost: a forward pass for every pair of a sentence and a piece.

    Args:
        granularity: the pieces of the context: sentences, paragraphs (between blank lines), or the whole of it.

    Source: Laban et al. 2022, "SummaC" (arXiv 2111.09525), section 3.1.
    """

    granularity: Literal["sentence", "paragraph", "document"] = "sentence"

    reads: ClassVar[tuple[str, ...]] = ("text", "context")
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "sentence_entailment": _NUMBERS,
        "sentence_contradiction": _NUMBERS,
        "entailment_cut": pa.bool_(),
    }
    table: ClassVar[str] = "entailment"

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the model."""
        judge = self.judge()
        return lambda batch: self._columns(judge, batch)

    def _columns(self, judge: Any, batch: pa.RecordBatch) -> Columns:
        mine, theirs = sentences(batch["text"]), pieces(batch["context"], self.granularity)
        kept = [(a[: self.max_sentences], b[: self.max_sentences]) for a, b in zip(mine, theirs, strict=True)]
        asked = [row for row, (a, b) in enumerate(kept) if a and b]
        found: list[tuple[Any, Any, bool] | None] = [None] * len(kept)
        answers = judge(_pairs(kept[row]) for row in asked)
        for row, (chances, cut) in zip(asked, answers, strict=True):
            most = chances.reshape(len(kept[row][0]), -1, 2).max(1)
            beyond = max(len(mine[row]), len(theirs[row])) > self.max_sentences
            found[row] = most[:, 0], most[:, 1], bool(cut.any()) or beyond
        return {name: pa.array([one and one[at] for one in found], kind) for at, (name, kind) in enumerate(self.writes.items())}


def pieces(texts: pa.Array, granularity: str) -> list[list[str]]:
    """The pieces of each text that have a letter or digit.

    >>> pieces(pa.array(["A b. C.\\n\\nD."]), "paragraph")
    [['A b. C.', 'D.']]
    """
    whole = sentences(texts)
    if granularity == "sentence":
        return whole
    given = [text if found else "" for text, found in zip(texts.to_pylist(), whole, strict=True)]
    if granularity == "document":
        return [[text] if text else [] for text in given]
    return [[part.strip() for part in text.split("\n\n") if any(map(str.isalnum, part))] for text in given]


def _pairs(record: tuple[list[str], list[str]]) -> Pairs:
    """Every sentence with every piece, the piece as the premise."""
    return [(piece, sentence) for sentence, piece in product(*record)]
