"""How far a text's sentences follow from its source."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.schema import Direction
from operators.text._sentences import SentenceMean


@dataclass(frozen=True)
class Summac(SentenceMean):
    """SummaC-ZS: what the source says for each sentence of a text, less what it says against it.

    By record ``mean_j(max_i P(entails | c_i, t_j) - max_i P(contradicts | c_i, t_j))`` over the sentences ``t_j`` of ``text``
    and ``c_i`` of ``context``, by the model of natural-language inference under ``[features.entailment]``; the value is the
    mean over records. The parts are the means of either half, and the share of records of which the model saw a part only.
    Skipped: records without a sentence in text or context. Unlike the published code, short sentences count too, and a text
    without any has no score rather than 0. The number is the model's as much as the data's: compare under one model.

    -1 to 1, higher is better, normal interval. Evidence: the records with the worst sentence. Cost: a forward pass for every
    pair of sentences, up to 10,000 a record.

    >>> import pyarrow as pa
    >>> numbers = {"sentence_entailment": [[0.9, 0.2]], "sentence_contradiction": [[0.0, 0.7]], "entailment_cut": [False]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **numbers})
    >>> value = Summac().value(Summac().fold(batch))
    >>> round(value.value, 6), value.evidence[0].note
    (0.2, 'sentence 2 of 2: entailed 0.20, contradicted 0.70')

    Source: Laban et al. 2022 (arXiv 2111.09525), section 3.2.1.
    """

    reads: ClassVar[tuple[str, ...]] = ("sentence_entailment", "sentence_contradiction", "entailment_cut")
    unit: ClassVar[str] = "mean difference of probabilities"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2111.09525, section 3.2.1"
    skip: ClassVar[str] = "no sentence in text or context"
    parts: ClassVar[tuple[str, ...]] = ("entailment", "contradiction")

    def scored(self, each: list[list[NDArray[np.float64]]]) -> list[list[NDArray[np.float64]]]:
        """For less against."""
        entailed, contradicted = each
        score = [a - b for a, b in zip(entailed, contradicted, strict=True)]
        return [score, [-one for one in score], entailed, contradicted]

    def note(self, at: int, numbers: list[NDArray[np.float64]]) -> str:
        """The sentence with the least score."""
        entailed, contradicted = numbers
        return f"sentence {at + 1} of {len(entailed)}: entailed {entailed[at]:.2f}, contradicted {contradicted[at]:.2f}"
