"""Episodes in which the agent does what it was asked."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.agent._episodes import BROKEN, episodes


@dataclass(frozen=True)
class TaskSuccess(Metric[Product]):
    """The share of episodes that earn the reward of a success.

    ``episodes with a reward of at least ``least`` / episodes with a reward``. An episode that something outside the agent broke
    (a text in ``error``: a time-out of the model's API, a crash of the environment) says nothing of the agent: it is neither a
    success nor a failure, and is counted in the part ``broke_outside``, the share of all episodes that did. Skipped: those,
    and episodes without a reward.

    0 to 1, higher is better, Wilson interval. Evidence: the episodes furthest from success. Cost: next to nothing.

    >>> columns = {"_id": range(4), "_fault": pa.nulls(4, pa.string()), "reward": [1.0, 0.0, 1.0, 0.0]}
    >>> batch = pa.RecordBatch.from_pydict({**columns, "error": [None, None, "", "HTTP 503"]})
    >>> value = TaskSuccess().value(TaskSuccess().fold(batch))
    >>> round(value.value, 3), value.skipped, value.parts["broke_outside"].value
    (0.667, {'broke outside the agent': 1}, 0.25)

    Source: Yao et al. 2024 (arXiv 2406.12045), section 3.
    """

    least: float = 1.0

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("reward",)
    may_read: ClassVar[tuple[str, ...]] = ("error",)
    unit: ClassVar[str] = "share of episodes"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2406.12045, section 3"

    def zero(self) -> Product:
        """No episodes."""
        return Product({"success": Ratio(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the successes."""
        there = episodes(batch)
        success = there.successes(self.least)
        failed = np.flatnonzero(~success)
        missed = self.least - there.rewards[failed]
        return Product(
            {
                "success": Ratio(int(np.count_nonzero(success)), len(success)),
                "skipped": Tally(there.skipped),
                "worst": TopBy.of(missed, batch[ID].to_numpy()[there.rows[failed]], lambda at: f"{missed[at]:g} short"),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of successes."""
        success: Ratio = state["success"]
        skipped = state["skipped"].nonzero()
        broken = skipped.get(BROKEN, 0)
        value: Value = success.share("no episode has a reward")
        parts = {"broke_outside": Ratio(broken, success.n + broken).share("no episode")}
        return value.with_(skipped=skipped, parts=parts if success.n else {}, evidence=state["worst"].evidence())
