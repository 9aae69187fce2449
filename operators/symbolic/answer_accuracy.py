"""Final answers that are right."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.kernels.answers import final_answer, same_answer

_SHOWN = 60


@dataclass(frozen=True)
class AnswerAccuracy(Metric[Product]):
    """The share of derivations whose final answer is the gold answer: Acc_verify.

    ``right / records with a gold answer``. The answer is what stands last of ``#### x``, ``\\boxed{x}``, ``A: x`` and "the
    answer is x"; ``gold`` is an answer, or a derivation that ends with one. Answers are compared as exact numbers where both
    are numbers, as normalised text otherwise (`operators.kernels.answers.same_answer`); nothing is evaluated but arithmetic.
    A derivation that states no answer counts as wrong (part ``stated`` is the share that states one). Skipped: records
    without a gold answer or without a solution.

    0 to 1, higher is better, Wilson interval. Cost: regular expressions over the last 64 Ki characters, 23 us a GSM8K record.

    >>> columns = {"solution": ["9*2\\n#### 18", "so \\\\boxed{4}", "no idea"], "gold": ["#### 18", "5", "1"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], "_fault": pa.nulls(3, pa.string()), **columns})
    >>> value = AnswerAccuracy().value(AnswerAccuracy().fold(batch))
    >>> round(value.value, 3), value.evidence[0].note
    (0.333, "answers '4', right is '5'")

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic validity; Hendrycks et al. 2021 (arXiv 2103.03874), section 3.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("solution", "gold")
    unit: ClassVar[str] = "share of derivations"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2103.03874, section 3"

    def zero(self) -> Product:
        """No derivations."""
        return Product({"right": Ratio(), "skipped": Tally(), "stated": Ratio(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Compare each final answer with the gold one."""
        rows, notes = [], []
        right = stated = 0
        skipped: dict[str, int] = {}
        pairs = zip(batch["solution"].to_pylist(), batch["gold"].to_pylist(), strict=True)
        for row, (solution, gold) in enumerate(pairs):
            if solution is None or gold is None or not gold.strip():
                reason = "no solution" if solution is None else "no gold answer"
                skipped[reason] = skipped.get(reason, 0) + 1
                continue
            given, wanted = final_answer(solution), final_answer(gold) or gold
            stated += given is not None
            if given is not None and same_answer(given, wanted):
                right += 1
                continue
            rows.append(row)
            notes.append("states no answer" if given is None else f"answers {given[:_SHOWN]!r}, right is {wanted[:_SHOWN]!r}")
        n = batch.num_rows - sum(skipped.values())
        scores = np.array([note != "states no answer" for note in notes], np.float64)
        return Product(
            {
                "right": Ratio(right, n),
                "skipped": Tally(skipped),
                "stated": Ratio(stated, n),
                "worst": TopBy.of(scores, batch[ID].to_numpy()[rows], lambda at: notes[at]),
            }
        )

    def value(self, state: Product) -> Value:
        """The share that is right."""
        value: Value = state["right"].share("no record has a solution and a gold answer")
        stated: Ratio = state["stated"]
        parts = {"stated": stated.share()} if stated.n else {}
        return value.with_(skipped=state["skipped"].nonzero(), parts=parts, evidence=state["worst"].evidence())
