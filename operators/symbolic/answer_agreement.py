"""Final answers that are what the derivation came to."""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.kernels.answers import MAX_CHARACTERS, final_answer, same_answer

_RESULT = re.compile(
    r"=[ \t]*([-−]?[ \t]?[$€£]?(?:\d(?:[\d,]*\d)?(?:\.\d+)?|\.\d+)%?)(?![\d\w^*/+×÷·(]|[ \t]*[-−+*/×÷·^=][ \t]*[\d(])"
)
_SHOWN = 60


@dataclass(frozen=True)
class AnswerAgreement(Metric[Product]):
    """The share of derivations whose final answer is the last value that they derive.

    ``agreeing / derivations with an answer and an equation``. The final answer is found and compared as in
    `operators.symbolic.answer_accuracy`; the last derived value is the number right of the last ``=`` (GSM8K's ``<<...=x>>`` as
    well). An answer that no step leads to was not reasoned to, even where it is right. Some derivations end on a check or a
    remark after the value that counts: a value below one is where to look, not a proof. Skipped: records without a solution,
    without a stated answer, or without an equation.

    0 to 1, higher is better, Wilson interval. Cost: linear regular expressions over the last 64 Ki characters.

    >>> columns = {"solution": ["9 * 2 = 18\\nA: 18", "9 * 2 = 18\\nA: 20"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **columns})
    >>> value = AnswerAgreement().value(AnswerAgreement().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, "answers '20', the last step comes to '18'")

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic faithfulness; after Lanham et al. 2023 (arXiv 2307.13702).
    """

    dimension: ClassVar[Dimension] = Dimension.FAITHFULNESS
    reads: ClassVar[tuple[str, ...]] = ("solution",)
    unit: ClassVar[str] = "share of derivations"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, symbolic faithfulness"

    def zero(self) -> Product:
        """No derivations."""
        return Product({"agree": Ratio(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Compare each final answer with the last derived value."""
        agree, rows, notes = 0, [], []
        skipped: dict[str, int] = {}
        for row, solution in enumerate(batch["solution"].to_pylist()):
            given = None if solution is None else final_answer(solution)
            derived = None if given is None else last_result(solution)
            if given is None or derived is None:
                reason = "no solution" if solution is None else "no answer" if given is None else "no equation"
                skipped[reason] = skipped.get(reason, 0) + 1
            elif same_answer(given, derived):
                agree += 1
            else:
                rows.append(row)
                notes.append(f"answers {given[:_SHOWN]!r}, the last step comes to {derived!r}")
        return Product(
            {
                "agree": Ratio(agree, agree + len(rows)),
                "skipped": Tally(skipped),
                "worst": TopBy.of(np.ones(len(rows)), batch[ID].to_numpy()[rows], lambda at: notes[at]),
            }
        )

    def value(self, state: Product) -> Value:
        """The share that agrees."""
        value: Value = state["agree"].share("no record has a solution with an equation and a stated answer")
        return value.with_(skipped=state["skipped"].nonzero(), evidence=state["worst"].evidence())


def last_result(derivation: str) -> str | None:
    """The number right of the last ``=`` that has one, where nothing more is done with it.

    >>> last_result("2 + 3 = <<2+3=5>>5, then 5 * 2 = $10."), last_result("x = 2 + 3") is None
    ('$10', True)
    """
    found = _RESULT.findall(derivation[-MAX_CHARACTERS:])
    return found[-1].strip() if found else None
