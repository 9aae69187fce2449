"""What the environment gives for an episode, on average."""

import math
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Moments, Product, Tally
from engine.value import Value
from operators.agent._episodes import episodes


@dataclass(frozen=True)
class MeanReward(Metric[Product]):
    """The mean reward of the episodes.

    ``sum of rewards / episodes with one``; parts ``least`` and ``greatest``. Episodes that something outside the agent broke
    (``error``) are left out, as in `agent.task_success`, and not taken for a reward of 0. Skipped: those, and episodes without
    a reward.

    Any number, higher is better, normal interval. Cost: next to nothing.

    >>> columns = {"_id": range(3), "_fault": pa.nulls(3, pa.string()), "reward": [1.0, 0.25, None]}
    >>> value = MeanReward().value(MeanReward().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.parts["least"].value, value.skipped
    (0.625, 0.25, {'no reward': 1})

    Source: Yao et al. 2022, WebShop (arXiv 2207.01206), section 4.
    """

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("reward",)
    may_read: ClassVar[tuple[str, ...]] = ("error",)
    unit: ClassVar[str] = "reward"
    range: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2207.01206, section 4"

    def zero(self) -> Product:
        """No episodes."""
        return Product({"rewards": Moments(), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Sum up the rewards."""
        there = episodes(batch)
        return Product({"rewards": Moments.of(there.rewards), "skipped": Tally(there.skipped)})

    def value(self, state: Product) -> Value:
        """The mean."""
        rewards: Moments = state["rewards"]
        value = rewards.mean("no episode has a reward").with_(skipped=state["skipped"].nonzero())
        if rewards.least is None or rewards.greatest is None:
            return value
        ends = {"least": rewards.least, "greatest": rewards.greatest}
        return value.with_(parts={name: Value.exact(end, rewards.n) for name, end in ends.items()})
