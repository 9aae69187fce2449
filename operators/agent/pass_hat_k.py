"""Tasks that an agent does every time it tries."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, RatioBy, Tally
from engine.value import Curve, Value
from operators.agent._episodes import episodes
from operators.symbolic._instances import mean_over_templates
from operators.symbolic.pass_at_k import pass_at_k

_MOST_TASKS = 1 << 16


@dataclass(frozen=True)
class PassHatK(Metric[Product]):
    """pass^k: the mean over tasks of the chance that ``k`` of their trials, drawn at random, all succeed.

    ``mean over tasks of C(c, k) / C(n, k)`` with ``n`` trials of a task (records with the same ``task``), of which ``c`` earn a
    reward of at least ``least``. Parts: ``pass^1`` to ``pass^k``, each over the tasks with that many trials, and ``pass@k``,
    the chance that one of k succeeds. Trials that something outside the agent broke (``error``) are no trials. Of more than
    65,536 tasks those with the smallest hash are taken: a sample. Skipped: trials without a reward or a task, or of tasks
    with fewer than k.

    0 to 1, higher is better, normal interval over tasks. Cost: next to nothing.

    >>> columns = {"_id": range(4), "_fault": pa.nulls(4, pa.string()), "task": ["a", "a", "b", "b"]}
    >>> batch = pa.RecordBatch.from_pydict({**columns, "reward": [1.0, 1.0, 1.0, 0.0]})
    >>> value = PassHatK(k=2).value(PassHatK(k=2).fold(batch))
    >>> value.value, value.parts["pass^1"].value, value.parts["pass@2"].value
    (0.5, 0.75, 1.0)

    Source: Yao et al. 2024 (arXiv 2406.12045), section 3, equation 1.
    """

    k: Annotated[int, Field(ge=1, le=64)] = 4
    least: float = 1.0

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("reward", "task")
    may_read: ClassVar[tuple[str, ...]] = ("error",)
    unit: ClassVar[str] = "chance that k trials all succeed"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2406.12045, equation 1"

    def zero(self) -> Product:
        """No tasks."""
        return Product({"tasks": RatioBy(_MOST_TASKS), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count trials and successes by task."""
        there = episodes(batch)
        tasks = batch["task"].take(pa.array(there.rows))
        skipped = {**there.skipped, "no task": tasks.null_count}
        return Product(
            {
                "tasks": RatioBy.of(tasks, there.successes(self.least), _MOST_TASKS),
                "skipped": Tally({reason: n for reason, n in skipped.items() if n}),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean over the tasks."""
        tasks: RatioBy = state["tasks"]
        skipped = dict(state["skipped"].nonzero())
        counts = list(tasks.ratios.values())
        few = sum(n for _, n in counts if n < self.k)
        if few:
            skipped[f"of tasks with fewer than {self.k} trials"] = few
        complete = not tasks.dropped
        means = {}
        for size in range(1, self.k + 1):
            chances = [pass_hat_k(n, c, size) for c, n in counts if n >= size]
            if chances:
                means[size] = mean_over_templates(chances, 0.0, complete)
        parts = {f"pass^{size}": mean for size, mean in means.items()}
        if self.k not in means:
            return Value.missing(f"no task has {self.k} trials with a reward", skipped).with_(parts=parts)
        found = [pass_at_k(n, c, self.k) for c, n in counts if n >= self.k]
        parts[f"pass@{self.k}"] = mean_over_templates(found, 0.0, complete)
        sizes = tuple(map(float, means))
        plot = Curve(sizes, tuple(mean.value or 0.0 for mean in means.values()), "k", "pass^k") if self.k > 1 else None
        return means[self.k].with_(skipped=skipped, parts=parts, plot=plot)


def pass_hat_k(n: int, c: int, k: int) -> float:
    """``C(c, k) / C(n, k)`` as a product, without large numbers.

    >>> pass_hat_k(4, 4, 4), pass_hat_k(4, 3, 2), pass_hat_k(4, 1, 2)
    (1.0, 0.5, 0.0)
    """
    return math.prod((c - i) / (n - i) for i in range(k)) if c >= k else 0.0
