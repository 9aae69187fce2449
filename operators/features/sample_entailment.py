"""Whether other answers of the same model contradict a text's sentences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.feature import Columns
from operators.features._entailed import Entailed
from operators.kernels.sentences import sentences


@dataclass(frozen=True)
class SampleEntailment(Entailed):
    """``sample_contradiction``: of each sentence of ``text``, the mean over ``samples`` of ``c / (e + c)``.

    ``e`` and ``c`` are the probabilities that the sample, as the premise, entails and contradicts the sentence: what is
    neither does not count, as in the paper. ``sample_entailment_cut``: whether sentences or samples were left out or a sample
    did not fit the model's window. Null without a sentence or a sample. Cost: a forward pass for every pair of a sentence and
    a sample.

    Source: Manakul et al. 2023, "SelfCheckGPT" (arXiv 2303.08896), section 5.4.
    """

    reads: ClassVar[tuple[str, ...]] = ("text", "samples")
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "sample_contradiction": pa.list_(pa.float32()),
        "sample_entailment_cut": pa.bool_(),
    }
    table: ClassVar[str] = "sample_entailment"

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the model."""
        judge = self.judge()
        return lambda batch: self._columns(judge, batch)

    def _columns(self, judge: Any, batch: pa.RecordBatch) -> Columns:
        mine = sentences(batch["text"])
        theirs = [[sample for sample in samples or () if sample] for samples in batch["samples"].to_pylist()]
        kept = [(a[: self.max_sentences], b[: self.max_sentences]) for a, b in zip(mine, theirs, strict=True)]
        asked = [row for row, (a, b) in enumerate(kept) if a and b]
        answers = judge([(sample, sentence) for sentence in kept[row][0] for sample in kept[row][1]] for row in asked)
        found: list[tuple[Any, bool] | None] = [None] * len(kept)
        for row, (chances, cut) in zip(asked, answers, strict=True):
            pairs = chances.reshape(len(kept[row][0]), -1, 2).astype(np.float64)
            either = pairs.sum(2)
            against = np.divide(pairs[..., 1], either, out=np.full_like(either, 0.5), where=either > 0)
            beyond = max(len(mine[row]), len(theirs[row])) > self.max_sentences
            found[row] = against.mean(1), bool(cut.any()) or beyond
        return {name: pa.array([one and one[at] for one in found], kind) for at, (name, kind) in enumerate(self.writes.items())}
