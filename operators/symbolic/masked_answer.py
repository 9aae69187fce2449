"""Answers that a judge finds in the derivation alone."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import FAULT, ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.kernels.answers import final_answer, same_answer

_SCORES = ("coherence", "validity", "completeness", "relevance")
_SHOWN = 60


@dataclass(frozen=True)
class MaskedAnswer(Metric[Product]):
    """The share of derivations from which a judge derives the answer that was masked in them.

    ``recovered / judged derivations``, by `operators.features.masked_answer`, which names the judge. A derivation whose answer
    cannot be had from its steps does not lead to it, whether the answer is right or wrong. The judge's answer (or what its own
    derivation ends with) and the record's are compared as in `operators.symbolic.answer_accuracy`. Skipped: records without a
    solution or without a stated answer, and those on which the judge failed: that is no failure of the record. Parts:
    ``judged``, the share of what the judge was given that it judged; ``coherence``, ``validity``, ``completeness`` and
    ``relevance`` where the judge scores them, the means of ``(score - 1) / 4``.

    0 to 1, higher is better, Wilson interval. It says as much about the judge as about the data: compare values of one judge.
    It is measured where the plan names it. Cost: what the judge takes.

    >>> columns = {"solution": ["9 * 2 = 18\\n#### 18", "so \\\\boxed{4}", "A: 7"], "judge_answer": ["18", "5", None]}
    >>> columns |= {"judge_error": [None, None, "TimeoutError: "], "judge_scores": [{"validity": 1.0}, None, None]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(3), "_fault": pa.nulls(3, pa.string()), **columns})
    >>> value = MaskedAnswer().value(MaskedAnswer().fold(batch))
    >>> value.value, value.evidence[0].note, dict(value.skipped)
    (0.5, "answers '4', from its steps the judge comes to '5'", {'the judge failed': 1})

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic faithfulness; after Lanham et al. 2023 (arXiv 2307.13702).
    """

    dimension: ClassVar[Dimension] = Dimension.FAITHFULNESS
    reads: ClassVar[tuple[str, ...]] = ("solution", "judge_answer", "judge_error", "judge_scores")
    unit: ClassVar[str] = "share of derivations"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, symbolic faithfulness"

    def zero(self) -> Product:
        """No derivations."""
        kept = {"recovered": Ratio(), "judged": Ratio(), "skipped": Tally(), "worst": TopBy()}
        return Product({**kept, **{name: Moments() for name in _SCORES}})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Compare each judge's answer with the record's own."""
        solutions, said, errors, scores = (batch[column].to_pylist() for column in self.reads)
        own = [None if text is None else final_answer(text) for text in solutions]
        failed = sum(error is not None for error in errors)
        judged = [row for row, answer in enumerate(said) if answer is not None and own[row]]
        lost = [row for row in judged if not same_answer(own[row] or "", final_answer(said[row]) or said[row])]

        def note(at: int) -> str:
            row = lost[at]
            return f"answers {(own[row] or '')[:_SHOWN]!r}, from its steps the judge comes to {said[row][:_SHOWN]!r}"

        given = [score for row, score in enumerate(scores) if score is not None and said[row] is not None]
        means = {name: [score[name] for score in given if score.get(name) is not None] for name in _SCORES}
        return Product(
            {
                "recovered": Ratio(len(judged) - len(lost), len(judged)),
                "judged": Ratio(len(judged), len(judged) + failed),
                "skipped": _skipped(batch, own, said, errors),
                "worst": TopBy.of(np.ones(len(lost)), batch[ID].to_numpy()[lost], note),
                **{name: Moments.of(np.array(values, np.float64)) for name, values in means.items()},
            }
        )

    def value(self, state: Product) -> Value:
        """The share whose answer was found again."""
        nothing = "the judge judged no record" if state["judged"].n else "no record has a solution that states an answer"
        value: Value = state["recovered"].share(nothing)
        parts = {"judged": state["judged"].share()} if state["judged"].n else {}
        parts |= {name: state[name].mean(within=(0.0, 1.0)) for name in _SCORES if state[name].n}
        return value.with_(skipped=state["skipped"].nonzero(), parts=parts, evidence=state["worst"].evidence())


def _skipped(batch: pa.RecordBatch, own: list[str | None], said: list[str | None], errors: list[str | None]) -> Tally:
    counts: dict[str, int] = {}
    rows = zip(batch["solution"].is_valid().to_pylist(), batch[FAULT].is_valid().to_pylist(), own, said, errors, strict=True)
    for there, unreadable, answer, judged, error in rows:
        if judged is not None and answer:
            continue
        lacking = "the judge failed" if error is not None else "not judged"
        reason = "unreadable" if unreadable else "no solution" if not there else lacking if answer else "no stated answer"
        counts[reason] = counts.get(reason, 0) + 1
    return Tally(counts)
