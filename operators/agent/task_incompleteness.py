"""What of a task is left undone."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Value

_DONE = ("done", "completed", "complete", "achieved", "reached", "satisfied", "passed", "success", "met")
_TOTAL = ("required", "total")


@dataclass(frozen=True)
class TaskIncompleteness(Metric[Product]):
    """The mean over episodes of the share of a task's required sub-goals that were not reached.

    ``1 - reached / required`` of an episode. ``goals`` is JSON: a list of true and false, or of objects that say so under
    ``done`` (or completed, achieved, reached, satisfied, passed, success, met), of which those with ``"required": false`` do
    not count; an object of goals by name; ``{"completed": 2, "required": 3}``; or a progress rate from 0 to 1. Parts: the
    shares of episodes that reach ``all`` of them, and ``none``. Skipped: null, no required goal, goals that cannot be read.

    0 to 1, lower is better, normal interval over episodes. Evidence: the episodes that leave most undone. Cost: a JSON parse.

    >>> goals = ["[true, false]", '{"completed": 3, "required": 3}', None]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(3), "_fault": pa.nulls(3, pa.string()), "goals": goals})
    >>> value = TaskIncompleteness().value(TaskIncompleteness().fold(batch))
    >>> value.value, value.parts["all"].value
    (0.25, 0.5)

    Source: Ma et al. 2024, AgentBoard (arXiv 2401.13178), section 2.2 (progress rate); The LLM Data Auditor
    (arXiv 2601.17717), route incompleteness.
    """

    dimension: ClassVar[Dimension] = Dimension.ROUTE_INCOMPLETENESS
    reads: ClassVar[tuple[str, ...]] = ("goals",)
    unit: ClassVar[str] = "mean share of sub-goals"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2401.13178, section 2.2"

    def zero(self) -> Product:
        """No episodes."""
        return Product({"left": Moments(), "all": Ratio(), "none": Ratio(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """See what each episode left undone."""
        texts = batch["goals"].to_pylist()
        found = [None if text is None else undone(text) for text in texts]
        left = np.array([share for share in found if share is not None], np.float64)
        rows = np.array([row for row, share in enumerate(found) if share is not None], np.int64)
        short = np.flatnonzero(left > 0)
        missing = texts.count(None)
        skipped = {"no goals": missing, "goals that cannot be read": len(texts) - missing - len(left)}
        return Product(
            {
                "left": Moments.of(left),
                "all": Ratio(int(np.count_nonzero(left == 0)), len(left)),
                "none": Ratio(int(np.count_nonzero(left == 1)), len(left)),
                "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
                "worst": TopBy.of(
                    left[short], batch[ID].to_numpy()[rows[short]], lambda at: f"{left[short[at]]:.0%} of the goals not reached"
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean."""
        skipped = state["skipped"].nonzero()
        value: Value = state["left"].mean("no record has goals", (0.0, 1.0))
        if value.value is None:
            return value.with_(skipped=skipped)
        parts = {name: state[name].share() for name in ("all", "none")}
        return value.with_(skipped=skipped, parts=parts, evidence=state["worst"].evidence())


def undone(text: str) -> float | None:
    """The share of required goals that were not reached; None where the text names no required goal.

    >>> undone('[{"goal": "a", "done": true}, {"goal": "b", "done": false}, {"done": false, "required": false}]')
    0.5
    >>> undone("0.25"), undone('{"a": true, "b": true}'), undone("[]"), undone("soon")
    (0.75, 0.0, None, None)
    """
    try:
        goals = orjson.loads(text)
    except ValueError:
        return None
    if _is_number(goals):
        return 1.0 - goals if 0 <= goals <= 1 else None
    if isinstance(goals, dict):
        if any(_is_number(goals.get(key)) for key in _TOTAL):
            return _counted(goals)
        goals = list(goals.values())
    reached = [_reached(goal) for goal in goals] if isinstance(goals, list) else [None]
    required = [one for one in reached if one != "optional"]
    if not required or None in required:
        return None
    return required.count(False) / len(required)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _counted(goals: dict[str, Any]) -> float | None:
    """What an object with two numbers says."""
    done = next((goals[key] for key in _DONE if key in goals), None)
    total = next((goals[key] for key in _TOTAL if key in goals), None)
    if not _is_number(done) or not _is_number(total) or done is None or total is None:
        return None
    return 1.0 - done / total if 0 <= done <= total and total > 0 else None


def _reached(goal: Any) -> bool | str | None:
    """Whether a goal was reached; "optional" where that does not matter, None where it is not said."""
    if isinstance(goal, dict):
        if goal.get("required") is False:
            return "optional"
        goal = next((goal[key] for key in _DONE if key in goal), None)
    if _is_number(goal) and goal in (0, 1):
        return bool(goal)
    return goal if isinstance(goal, bool) else None
