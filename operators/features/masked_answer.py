"""What a judge takes a derivation's answer to be, when the derivation does not say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from engine.feature import Columns, Feature, Resources
from operators import plugged
from operators.kernels.answers import final_answer, masked_answer
from operators.models import causal, model_files, scorer
from operators.models.generator import continued
from operators.models.scorer import is_function

MASK = "[MASK]"
QUESTION = "{problem}\n\n{solution}\n\nThe answer that belongs in place of [MASK] is:"
"""What a model is asked."""
SCORES = ("coherence", "validity", "completeness", "relevance")
Judge = Callable[[list[dict[str, str]]], Sequence[Any]]
_SHOWN = 200


@dataclass(frozen=True)
class MaskedAnswer(Feature):
    """``judge_answer``, ``judge_error`` and ``judge_scores``: what a judge says of ``solution`` with its final answer masked.

    The judge is a function of the user's own. It is given a list of ``{"problem": ..., "solution": ...}`` in which every
    statement of the final answer (``#### x``, ``\\\\boxed{x}``, ``A: x``, "the answer is x") has ``[MASK]`` in its place, and
    returns as many answers: a string; or a mapping with ``answer`` and, if it likes, ``coherence``, ``validity``,
    ``completeness`` and ``relevance`` from 1 to 5; or None where it could not judge. That, and whatever the function raises,
    is an error of the judge and says nothing of the record. Rows without a solution that states an answer have none; a
    missing problem is an empty one. What it said is kept, so that it need not say the same again.

    Args:
        judge: "package.module:function" (`operators.plugged`).
        batch: how many records the function is given at once.

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic faithfulness.
    """

    judge: str = ""
    batch: Annotated[int, Field(ge=1, le=4096)] = 64
    max_new_tokens: Annotated[int, Field(ge=1, le=1024)] = 32
    dtype: Literal["float32", "bfloat16"] = "float32"

    reads: ClassVar[tuple[str, ...]] = ("problem", "solution")
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "judge_answer": pa.string(),
        "judge_error": pa.string(),
        "judge_scores": pa.struct([(name, pa.float64()) for name in SCORES]),
    }
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it gives every derivation to a judge, which the plan must name"

    @property
    def resources(self) -> Resources:
        """A core; for a model, a GPU where there is one."""
        return Resources(pool=not is_function(self.judge))

    def obstacle(self) -> str | None:
        """Whether a judge is named and can be had."""
        if not self.judge:
            return 'needs [features.masked_answer] in the plan: judge = "package.module:function", or a model'
        return scorer.obstacle(self.judge)

    def identity(self) -> Mapping[str, Any]:
        """The function's source, or the model's weights."""
        return scorer.identity(self.judge)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Import the function, or load the model."""
        if is_function(self.judge):
            judge: Judge = partial(_asked, plugged.plugged(self.judge))
        else:
            model = causal.load(model_files.fetched(self.judge), dtype=self.dtype)
            judge = partial(_continued, model, self.max_new_tokens)
        return lambda batch: self._columns(judge, batch)

    def _columns(self, judge: Judge, batch: pa.RecordBatch) -> Columns:
        problems, solutions = batch["problem"].to_pylist(), batch["solution"].to_pylist()
        rows = [row for row, text in enumerate(solutions) if text is not None and final_answer(text)]
        tasks = [{"problem": problems[row] or "", "solution": masked_answer(solutions[row], MASK)} for row in rows]
        said: list[tuple[str | None, str | None, dict[str, float | None] | None]] = [(None, None, None)] * len(solutions)
        for start in range(0, len(tasks), self.batch):
            some = slice(start, start + self.batch)
            for row, answer in zip(rows[some], judge(tasks[some]), strict=True):
                said[row] = _read(answer)
        return {name: pa.array([one[at] for one in said], kind) for at, (name, kind) in enumerate(self.writes.items())}


def _asked(judge: Judge, tasks: list[dict[str, str]]) -> Sequence[Any]:
    """An answer to each task; where the judge fails, its error for each."""
    try:
        answers = list(judge(tasks))
    except Exception as error:  # a judge is somebody's service: it fails as it likes, and no record is to blame
        return [error] * len(tasks)
    if len(answers) != len(tasks):
        return [ValueError(f"{len(answers)} answers to {len(tasks)} tasks")] * len(tasks)
    return answers


def _continued(model: causal.Causal, most: int, tasks: list[dict[str, str]]) -> list[str]:
    return [continued(model, QUESTION.format(**task), most) for task in tasks]


def _read(answer: Any) -> tuple[str | None, str | None, dict[str, float | None] | None]:
    if isinstance(answer, Exception):
        return None, f"{type(answer).__name__}: {answer}"[:_SHOWN], None
    given = answer if isinstance(answer, Mapping) else {"answer": answer}
    text = given.get("answer")
    if not isinstance(text, str):
        return None, "no answer", None
    scores = {name: _score(given.get(name)) for name in SCORES}
    return text, None, scores if any(score is not None for score in scores.values()) else None


def _score(score: Any) -> float | None:
    """From 1 to 5, as a share of the way; None for what is no such number."""
    return (score - 1) / 4 if isinstance(score, int | float) and not isinstance(score, bool) and 1 <= score <= 5 else None
