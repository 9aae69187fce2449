"""Fitness for a use, and the conditions of a gate: what the numbers of a report are held against."""

import operator
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import cast, get_args

from pydantic import ConfigDict, TypeAdapter

from engine.catalog import applies_to, metric_names
from engine.errors import PlanError, nearest
from engine.report.model import Check, Fitness, Op, Report, Verdict
from engine.value import Value

_COMPARE: Mapping[Op, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
}
_CONDITION = re.compile(r"([\w.]+)(?:/([^<>=]{1,200}?))?\s*(>=|<=|==|>|<)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")


@dataclass(frozen=True)
class Requirement:
    """One line of a use: ``metric`` (or ``metric/part``) must compare so with ``limit``, and why.

    ``required = false``: counts only where the data has what the metric reads.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    metric: str
    op: Op
    limit: float
    why: str
    required: bool = True


@dataclass(frozen=True)
class Use:
    """What data may be wanted for, and what it must show."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    title: str
    checks: tuple[Requirement, ...]


@dataclass(frozen=True)
class Condition:
    """A metric, or a part of one, compared with a number: ``corpus.exact_duplicates > 0.2``."""

    metric: str
    part: str | None
    op: Op
    limit: float

    def __str__(self) -> str:
        return f"{self.name} {self.op} {self.limit:g}"

    @property
    def name(self) -> str:
        """The metric with its part, as it is written in a condition."""
        return self.metric if self.part is None else f"{self.metric}/{self.part}"


@cache
def uses() -> Mapping[str, Use]:
    """Every use that data can be judged for, from ``uses.toml`` beside the metrics."""
    text = files("operators").joinpath("uses.toml").read_text("utf-8")
    return TypeAdapter(dict[str, Use]).validate_python(tomllib.loads(text))


def use(name: str) -> Use:
    """The use of that name.

    Raises:
        PlanError: when there is none, with the nearest names.

    >>> use("sff")
    Traceback (most recent call last):
    ...
    engine.errors.PlanError: there is no use 'sff'; did you mean 'sft'?
    """
    if name not in uses():
        hint = nearest(name, uses()) or f"; there are {', '.join(sorted(uses()))}"
        raise PlanError(f"there is no use '{name}'{hint}")
    return uses()[name]


def judge(report: Report, name: str) -> Fitness:
    """Whether the data is fit for a use: unfit if a check fails, unknown if a required one could not be made, else fit.

    Checks of other modalities' metrics do not count. A use that says nothing about the modality is unknown.
    """
    checks = tuple(_check(report, line) for line in use(name).checks if applies_to(line.metric, report.modality))
    if any(check.passed is False for check in checks):
        verdict = Verdict.UNFIT
    elif not any(check.passed for check in checks) or any(check.required and check.passed is None for check in checks):
        verdict = Verdict.UNKNOWN
    else:
        verdict = Verdict.FIT
    return Fitness(name, verdict, checks)


def parse_condition(text: str) -> Condition:
    """A condition as it is written on the command line.

    Raises:
        PlanError: for anything but ``METRIC[/PART] OP NUMBER``, or an unknown metric, with the nearest names.

    >>> parse_condition("corpus.exact_duplicates > 0.2")
    Condition(metric='corpus.exact_duplicates', part=None, op='>', limit=0.2)
    """
    match = _CONDITION.fullmatch(text.strip()) if len(text) <= 500 else None
    if match is None:
        raise PlanError(
            f"cannot read the condition {text[:100]!r}; write METRIC OP NUMBER with OP one of {' '.join(get_args(Op))}"
            ', for example "corpus.exact_duplicates > 0.2"'
        )
    metric, part, op, limit = match.groups()
    if metric not in metric_names():
        raise PlanError(f"there is no metric '{metric}'{nearest(metric, metric_names())}")
    return Condition(metric, part, cast(Op, op), float(limit))


def holds(report: Report, condition: Condition) -> bool | None:
    """Whether a condition is true of a report; None where the metric has no value.

    Raises:
        PlanError: for a part that the metric does not have, with the nearest names.
    """
    value = _value(report, condition)
    return None if value is None or value.value is None else _COMPARE[condition.op](value.value, condition.limit)


def failures(report: Report, fail_if: Iterable[Condition]) -> tuple[str, ...]:
    """Why a gate is shut, a sentence for each condition that holds or that nothing is known about; empty opens it."""
    reasons = []
    for condition in fail_if:
        value, held = _value(report, condition), holds(report, condition)
        if held is None:
            reasons.append(f"{condition.name} has no value: {_why_missing(report, condition, value)}")
        elif held:
            reasons.append(f"{condition} holds: it is {cast(Value, value).value:.6g}")
    return tuple(reasons)


def _check(report: Report, line: Requirement) -> Check:
    metric, _, part = line.metric.partition("/")
    condition = Condition(metric, part or None, line.op, line.limit)
    value = _value(report, condition)
    check = Check(line.metric, line.op, line.limit, None, None, line.why, required=line.required)
    if value is None or value.value is None:
        return replace(check, note=_why_missing(report, condition, value))
    passed = _COMPARE[line.op](value.value, line.limit)
    return replace(check, value=value.value, passed=passed, note=_straddle(value, condition))


def _straddle(value: Value, condition: Condition) -> str:
    if value.low is None or value.high is None:
        return "no interval is known"
    compare = _COMPARE[condition.op]
    if compare(value.low, condition.limit) == compare(value.high, condition.limit):
        return ""
    return f"the 95 % interval, {value.low:.4g} to {value.high:.4g}, holds the limit"


def _value(report: Report, condition: Condition) -> Value | None:
    result = report.result(condition.metric)
    if result is None or result.value is None or condition.part is None:
        return None if result is None else result.value
    parts = result.value.parts
    if condition.part not in parts and result.value.value is not None:
        hint = nearest(condition.part, parts) or (f"; it has {', '.join(parts)}" if parts else "; it has none")
        raise PlanError(f"metric '{condition.metric}' has no part '{condition.part}'{hint}")
    return parts.get(condition.part)


def _why_missing(report: Report, condition: Condition, value: Value | None) -> str:
    if value is not None and value.reason:
        return value.reason
    result = report.result(condition.metric)
    return "the plan leaves it out" if result is None else result.reason or result.status.value.replace("_", " ")
