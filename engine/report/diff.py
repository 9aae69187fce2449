"""Two reports beside each other: what became better, what worse, and whether the intervals say that it may be chance."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from engine.report.model import Report, Result
from engine.report.text import interval, number, one_line, words
from engine.schema import Direction
from engine.value import Value


class Outcome(StrEnum):
    """What became of a metric from one report to the next."""

    BETTER = "better"
    WORSE = "worse"
    DIFFERENT = "different"
    SAME = "same"
    APPEARED = "appeared"
    VANISHED = "vanished"
    UNMEASURED = "unmeasured"
    INCOMPARABLE = "incomparable"


@dataclass(frozen=True)
class Change:
    """One metric in both reports. ``overlap`` is None where an interval is missing; ``note`` says what else to know."""

    metric: str
    outcome: Outcome
    old: Value | None
    new: Value | None
    overlap: bool | None
    note: str = ""


def diff(old: Report, new: Report) -> tuple[Change, ...]:
    """Every metric of either report, in order of its name."""
    before = {result.metric: result for result in old.results}
    after = {result.metric: result for result in new.results}
    return tuple(_change(name, before.get(name), after.get(name)) for name in sorted(before.keys() | after.keys()))


def render_text(changes: Iterable[Change]) -> str:
    """The changes as lines of plain text, the worse ones first."""
    order = list(Outcome)
    order.remove(Outcome.WORSE)
    order.insert(0, Outcome.WORSE)
    lines = [_line(change) for change in sorted(changes, key=lambda change: (order.index(change.outcome), change.metric))]
    return "\n".join(lines) if lines else "neither report has a metric"


def _change(metric: str, old: Result | None, new: Result | None) -> Change:
    before, after = _measured(old), _measured(new)
    if old is None or new is None or before is None or after is None:
        return Change(metric, _arrival(before, after), before, after, None, _why(old, new))
    overlap = _overlap(before, after)
    if old.version != new.version:
        note = f"version {old.version} became {new.version}: another meaning"
        return Change(metric, Outcome.INCOMPARABLE, before, after, overlap, note)
    if old.parameters != new.parameters:
        return Change(metric, Outcome.INCOMPARABLE, before, after, overlap, "measured with other parameters")
    return Change(metric, _outcome(before, after, new.direction), before, after, overlap)


def _measured(result: Result | None) -> Value | None:
    return None if result is None or result.value is None or result.value.value is None else result.value


def _arrival(before: Value | None, after: Value | None) -> Outcome:
    if before is None and after is None:
        return Outcome.UNMEASURED
    return Outcome.APPEARED if before is None else Outcome.VANISHED


def _why(old: Result | None, new: Result | None) -> str:
    """Why one of the two has no value: the new report's reason where it has none."""
    for name, result in (("new", new), ("old", old)):
        if result is None:
            return f"not in the {name} report"
        if _measured(result) is None:
            return f"{name}: {result.reason or words(result.status)}"
    return ""


def _outcome(old: Value, new: Value, direction: Direction) -> Outcome:
    if old.value is None or new.value is None or old.value == new.value:
        return Outcome.SAME
    if direction is Direction.NONE:
        return Outcome.DIFFERENT
    return Outcome.BETTER if (new.value > old.value) == (direction is Direction.UP) else Outcome.WORSE


def _overlap(old: Value, new: Value) -> bool | None:
    if old.low is None or old.high is None or new.low is None or new.high is None:
        return None
    return old.low <= new.high and new.low <= old.high


def _line(change: Change) -> str:
    chance = {True: "intervals overlap: may be chance", False: "intervals do not overlap", None: "no interval"}[change.overlap]
    moved = change.outcome in (Outcome.BETTER, Outcome.WORSE, Outcome.DIFFERENT)
    note = chance if moved else one_line(change.note)
    line = f"{change.outcome.value:<12} {one_line(change.metric, 80):<32} {_shown(change.old)} -> {_shown(change.new)}"
    return f"{line}  ({note})" if note else line


def _shown(value: Value | None) -> str:
    if value is None or value.value is None:
        return "–"
    known = interval(value)
    return f"{number(value.value)} [{known}]" if known and known != "exact" else number(value.value)
