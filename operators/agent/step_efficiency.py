"""Calls that an episode takes beside those that it needs."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Tally, TopBy
from engine.value import Value
from operators.agent._calls import gold_of
from operators.agent._episodes import episodes


@dataclass(frozen=True)
class StepEfficiency(Metric[Product]):
    """The mean over successful episodes of the calls that are needed by the calls that are made.

    ``min(1, gold calls / tool calls)``; 1 where none is needed and none made. Where the dataset has rewards, only episodes with
    one of at least ``least`` count: giving up early is not efficient. Parts: the mean number of calls ``made`` and ``needed``.
    Skipped: no calls, no gold calls that can be read; and by reward: failed episodes, those without a reward and those that
    something outside the agent broke.

    0 to 1, higher is better, normal interval. Evidence: the episodes with most calls beyond the needed ones. Cost: a JSON parse
    of the gold calls.

    >>> from operators.features.written_calls import WrittenCalls
    >>> calls = WrittenCalls().open()(pa.RecordBatch.from_pydict({"calls": ["[f(), g()]", "f()", "f()"]}))["tool_calls"]
    >>> columns = {"_id": range(3), "_fault": pa.nulls(3, pa.string()), "tool_calls": calls, "gold": ['["f()"]'] * 3}
    >>> batch = pa.RecordBatch.from_pydict({**columns, "reward": [1.0, 1.0, 0.0]})
    >>> value = StepEfficiency().value(StepEfficiency().fold(batch))
    >>> value.value, value.skipped
    (0.75, {'no success': 1})

    Source: The LLM Data Auditor (arXiv 2601.17717), agent utility.
    """

    least: float = 1.0

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("tool_calls", "gold")
    may_read: ClassVar[tuple[str, ...]] = ("reward", "error")
    unit: ClassVar[str] = "mean share of calls that are needed"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, agent utility"

    def zero(self) -> Product:
        """No episodes."""
        states = {"efficiency": Moments(), "made": Moments(), "needed": Moments()}
        return Product({**states, "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the calls of each episode."""
        rows, skipped = self._rows(batch)
        calls, golds = (batch[name].to_pylist() for name in ("tool_calls", "gold"))
        kept, made, needed = [], [], []
        for row in rows:
            wanted = None if golds[row] is None else gold_of(golds[row])
            reason = "no calls" if calls[row] is None else "no gold calls" if wanted is None else ""
            if reason or wanted is None:
                skipped[reason] = skipped.get(reason, 0) + 1
                continue
            kept.append(row)
            made.append(len(calls[row]))
            needed.append(len(wanted))
        taken, least = np.array(made, np.float64), np.array(needed, np.float64)
        more = np.flatnonzero(taken > least)
        return Product(
            {
                "efficiency": Moments.of(np.where(taken > least, least / np.maximum(taken, 1.0), 1.0)),
                "made": Moments.of(taken),
                "needed": Moments.of(least),
                "skipped": Tally(skipped),
                "worst": TopBy.of(
                    (taken - least)[more],
                    batch[ID].to_numpy()[kept][more],
                    lambda at: f"{made[more[at]]} calls where {needed[more[at]]} are needed",
                ),
            }
        )

    def _rows(self, batch: pa.RecordBatch) -> tuple[list[int], dict[str, int]]:
        """The episodes that count, and why others do not."""
        if "reward" not in batch.schema.names:
            return list(range(len(batch))), {}
        there = episodes(batch)
        success = there.successes(self.least)
        failed = int(np.count_nonzero(~success))
        return there.rows[success].tolist(), {**there.skipped, **({"no success": failed} if failed else {})}

    def value(self, state: Product) -> Value:
        """The mean."""
        value: Value = state["efficiency"].mean("no successful episode has calls and gold calls", (0.0, 1.0))
        parts = {name: state[name].mean() for name in ("made", "needed")} if value.value is not None else {}
        return value.with_(skipped=state["skipped"].nonzero(), parts=parts, evidence=state["worst"].evidence())
