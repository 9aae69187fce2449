"""Episodes that come to an end of the agent's own."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Bars, Value

_ENDINGS = ("finished", "answered", "gave_up", "unfinished")


@dataclass(frozen=True)
class FinishRate(Metric[Product]):
    """The share of trajectories that end in success by the agent's own word.

    ``(finished + answered) / trajectories``. A trajectory is ``finished`` where the agent declares the end (ReAct's Finish),
    the last call is of one of ``tools`` and reports no error, or the last message holds one of ``stops``; ``answered``
    where the last step is a message of the assistant's; it ``gave_up`` where its Finish says so (ToolBench's return type
    ``give_up_and_restart``); all others are ``unfinished``: cut off in the middle, or out of steps. Parts: the share of each.
    Whether the task was done is `agent.task_success`. Skipped: no trajectory that can be read.

    0 to 1, higher is better, Wilson interval. Evidence: trajectories that gave up, and unfinished ones. Cost: that of
    `operators.features.trajectory_calls`.

    Args:
        tools: those that end an episode, in any case.
        stops: what a last message says to end one.

    >>> from operators.features.trajectory_calls import TrajectoryCalls
    >>> texts = ['[{"action": "ls", "observation": ""}, {"action": "submit", "observation": "diff"}]', '[{"action": "ls"}]']
    >>> made = TrajectoryCalls().open()(pa.RecordBatch.from_pydict({"trajectory": texts}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(2), "_fault": pa.nulls(2, pa.string()), **made})
    >>> value = FinishRate().value(FinishRate().fold(batch))
    >>> value.value, value.parts["unfinished"].value
    (0.5, 0.5)

    Source: Qin et al. 2023, ToolLLM (arXiv 2307.16789), section 3.2 (Finish).
    """

    tools: tuple[str, ...] = ("finish", "submit", "done", "complete_task", "terminate", "stop")
    stops: tuple[str, ...] = ("###STOP###",)

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("tool_calls", "said", "ending")
    unit: ClassVar[str] = "share of trajectories"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2307.16789, section 3.2"

    def zero(self) -> Product:
        """No trajectories."""
        return Product({"finished": Ratio(), "endings": Tally(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """See how each trajectory ends."""
        columns = (batch[name].to_pylist() for name in ("tool_calls", "said", "ending"))
        how = [None if ending is None else self._end(calls, said, ending) for calls, said, ending in zip(*columns, strict=True)]
        counts = Counter(one for one in how if one is not None)
        badly = np.flatnonzero([one in ("gave_up", "unfinished") for one in how])
        return Product(
            {
                "finished": Ratio(counts["finished"] + counts["answered"], counts.total()),
                "endings": Tally(dict(counts)),
                "skipped": Tally({"no trajectory that can be read": how.count(None)} if None in how else {}),
                "worst": TopBy.of(
                    np.array([1.0 + (how[row] == "gave_up") for row in badly]),
                    batch[ID].to_numpy()[badly],
                    lambda at: str(how[badly[at]]).replace("_", " "),
                ),
            }
        )

    def _end(self, calls: list[dict[str, Any]], said: list[dict[str, Any]], ending: str) -> str:
        if ending in ("finished", "gave_up"):
            return ending
        if ending == "called":
            done = any((last["name"] or "").lower() in self.tools and not last["failed"] for last in calls[-1:])
            return "finished" if done else "unfinished"
        if said and any(stop in said[-1]["text"] for stop in self.stops):
            return "finished"
        return "answered" if ending == "answered" else "unfinished"

    def value(self, state: Product) -> Value:
        """The share of finished trajectories."""
        finished: Ratio = state["finished"]
        value: Value = finished.share("no record has a trajectory")
        if value.value is None:
            return value.with_(skipped=state["skipped"].nonzero())
        shares = {name: Ratio(state["endings"][name], finished.n).share() for name in _ENDINGS}
        plot = Bars(_ENDINGS, tuple(state["endings"][name] / finished.n for name in _ENDINGS), "share of trajectories")
        return value.with_(skipped=state["skipped"].nonzero(), parts=shares, plot=plot, evidence=state["worst"].evidence())
