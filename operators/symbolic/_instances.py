"""What metrics of problems made from templates share: right answers by template."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from engine.state import RatioBy, Tally
from engine.value import Z95, Value
from operators.kernels.answers import final_answer, same_answer

MOST_TEMPLATES = 1 << 16


def right_answers(batch: pa.RecordBatch) -> tuple[list[str | None], list[bool], Tally]:
    """The template of each record, None where it is left out; whether its answer is right; and why records are left out."""
    templates, right, skipped = [], [], Counter[str]()
    columns = (batch[name].to_pylist() for name in ("template", "solution", "gold"))
    for template, solution, gold in zip(*columns, strict=True):
        left_out = _left_out(template, solution, gold)
        if left_out:
            skipped[left_out] += 1
        templates.append(None if left_out else template)
        right.append(not left_out and _is_right(solution, gold))
    return templates, right, Tally(dict(skipped))


def by_template(templates: Sequence[str | None], right: Sequence[bool]) -> RatioBy:
    """Right answers and records by template; of more than 65,536 templates those with the smallest hash."""
    return RatioBy.of(pa.array(templates, pa.string()), np.array(right, bool), MOST_TEMPLATES)


def mean_over_templates(each: Sequence[float], least: float, complete: bool) -> Value:
    """The mean of a number from ``least`` to 1 with its normal interval over templates.

    >>> mean_over_templates([0.0, 1.0], 0.0, True).value
    0.5
    """
    values = np.sort(np.array(each, np.float64))
    mean = math.fsum(values) / len(values)
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else (1.0 - least) / 2
    half = Z95 * spread / math.sqrt(len(values))
    low, high = max(least, mean - half), min(1.0, mean + half)
    return Value(mean, len(values), low, high, estimator="exact" if complete else "sample")


def _left_out(template: str | None, solution: str | None, gold: str | None) -> str:
    if template is None:
        return "no template"
    if solution is None:
        return "no solution"
    return "" if gold is not None and gold.strip() else "no gold answer"


def _is_right(solution: str, gold: str) -> bool:
    given = final_answer(solution)
    return given is not None and same_answer(given, final_answer(gold) or gold)
