"""Derivations whose answer is the one that other derivations come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.kernels.answers import final_answer, same_answer

_MOST_SAMPLES = 256
_SHOWN = 60


@dataclass(frozen=True)
class SelfConsistency(Metric[Product]):
    """The share of derivations whose answer is the plurality answer of other derivations of the same problem.

    ``agreeing / records with samples``. The answers of ``samples`` (as `operators.symbolic.answer_accuracy` finds and compares
    them; the first 256) are grouped; the derivation agrees when its answer is in the largest group (any of the largest, at a
    tie). A derivation without an answer does not agree. Part ``margin`` is the mean over records of how far the largest group
    is ahead of the second, as a share of the samples. Skipped: records without a solution, or whose samples state no answer.

    0 to 1, higher is better, Wilson interval. Cost: 15 us a GSM8K derivation.

    >>> columns = {"solution": ["A: 4", "A: 9"], "samples": [["A: 4", "A: 4", "A: 5"], ["A: 7", "A: 7.0"]]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **columns})
    >>> value = SelfConsistency().value(SelfConsistency().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, "answers '9', 2 of 2 samples answer '7'")

    Source: Wang et al. 2023 (arXiv 2203.11171), section 2.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("solution", "samples")
    unit: ClassVar[str] = "share of derivations"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2203.11171, section 2"

    def zero(self) -> Product:
        """No derivations."""
        return Product({"agree": Ratio(), "margin": Moments(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Group the answers of each record's samples."""
        agree, margins, rows, notes = 0, [], [], []
        skipped: dict[str, int] = {}
        pairs = zip(batch["solution"].to_pylist(), batch["samples"].to_pylist(), strict=True)
        for row, (solution, samples) in enumerate(pairs):
            answers = [final_answer(sample) for sample in (samples or ())[:_MOST_SAMPLES] if sample]
            groups = grouped([answer for answer in answers if answer is not None])
            if solution is None or not groups:
                reason = "no solution" if solution is None else "no sample states an answer"
                skipped[reason] = skipped.get(reason, 0) + 1
                continue
            sizes = [size for _, size in groups]
            margins.append((sizes[0] - (sizes[1] if len(sizes) > 1 else 0)) / len(answers))
            given = final_answer(solution)
            if given is not None and any(same_answer(given, best) for best, size in groups if size == sizes[0]):
                agree += 1
                continue
            rows.append(row)
            said = "states no answer" if given is None else f"answers {given[:_SHOWN]!r}"
            notes.append((margins[-1], f"{said}, {sizes[0]} of {len(answers)} samples answer {groups[0][0][:_SHOWN]!r}"))
        scores = np.array([margin for margin, _ in notes], np.float64)
        return Product(
            {
                "agree": Ratio(agree, batch.num_rows - sum(skipped.values())),
                "margin": Moments.of(np.array(margins, np.float64)),
                "skipped": Tally(skipped),
                "worst": TopBy.of(scores, batch[ID].to_numpy()[rows], lambda at: notes[at][1]),
            }
        )

    def value(self, state: Product) -> Value:
        """The share that agrees."""
        value: Value = state["agree"].share("no record has a solution and samples that state an answer")
        parts = {"margin": state["margin"].mean()} if state["margin"].n else {}
        return value.with_(skipped=state["skipped"].nonzero(), parts=parts, evidence=state["worst"].evidence())


def grouped(answers: Sequence[str]) -> list[tuple[str, int]]:
    """Answers that are the same, with how many they are, the most first.

    >>> grouped(["4", "5", "4.0"])
    [('4', 2), ('5', 1)]
    """
    groups: list[tuple[str, int]] = []
    for answer in answers:
        at = next((at for at, (other, _) in enumerate(groups) if same_answer(answer, other)), None)
        if at is None:
            groups.append((answer, 1))
        else:
            groups[at] = (groups[at][0], groups[at][1] + 1)
    return sorted(groups, key=lambda group: -group[1])
