"""How often other answers of the same model contradict a text."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.schema import Direction
from operators.text._sentences import SentenceMean


@dataclass(frozen=True)
class SelfCheckNli(SentenceMean):
    """SelfCheckGPT with natural-language inference: the mean probability that a sample contradicts a sentence of the text.

    By record the mean over the sentences of ``text`` and over ``samples`` of ``P(contradicts) / (P(entails) +
    P(contradicts))``, by the model under ``[features.sample_entailment]``; the value is the mean over records. What a model
    knows it says again; what it makes up it says differently each time. Skipped: records without a sentence or a sample. The
    part is the share of records of which the model saw a part only. The published code gives the model the sentence first and
    the sample second; here the sample is the premise, as in the paper's formula.

    0 to 1, lower is better, normal interval. Evidence: the records with the worst sentence. Cost: a forward pass for every
    sentence and sample.

    >>> import pyarrow as pa
    >>> numbers = {"sample_contradiction": [[0.1, 0.7]], "sample_entailment_cut": [False]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **numbers})
    >>> value = SelfCheckNli().value(SelfCheckNli().fold(batch))
    >>> round(value.value, 6), value.evidence[0].note
    (0.4, 'sentence 2 of 2: contradicted 0.70')

    Source: Manakul et al. 2023 (arXiv 2303.08896), section 5.4.
    """

    reads: ClassVar[tuple[str, ...]] = ("sample_contradiction", "sample_entailment_cut")
    unit: ClassVar[str] = "mean probability of contradiction"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2303.08896, section 5.4"
    skip: ClassVar[str] = "no sentence or no sample"

    def scored(self, each: list[list[NDArray[np.float64]]]) -> list[list[NDArray[np.float64]]]:
        """As they are."""
        return [each[0], each[0]]

    def note(self, at: int, numbers: list[NDArray[np.float64]]) -> str:
        """The sentence that is contradicted most."""
        return f"sentence {at + 1} of {len(numbers[0])}: contradicted {numbers[0][at]:.2f}"
