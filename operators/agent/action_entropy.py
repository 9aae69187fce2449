"""How evenly tools are called."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.masking import masked
from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, RatioBy, Tally
from engine.value import Bars, Value
from operators.agent._actions import action_names
from operators.kernels.divergence import normalised_entropy

MOST_TOOLS = 1 << 16
_SHOWN = 20


@dataclass(frozen=True)
class ActionEntropy(Metric[Product]):
    """How evenly the calls spread over the tools that are called: Shannon's entropy over the greatest that is possible.

    ``-sum p_t log p_t / log T`` with the share ``p_t`` of calls of each of ``T`` tools; a shell's line is a call of its first
    word. 0 where only one tool is called. Parts: ``tools``, how many different ones are called; ``effective_tools``,
    ``exp(entropy)``: as many equally frequent ones would have this entropy; ``commonest``, the share of calls of the most
    frequent tool. Of more than 65,536 tools those with the smallest hash are taken: a sample. Skipped: null, and records
    without a call.

    0 to 1, higher is more diverse; its interval is a point. Cost: that of reading the calls.

    >>> calls = [[{"name": "f"}, {"name": "g"}], [{"name": "f"}, {"name": "g"}]]
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "tool_calls": calls})
    >>> ActionEntropy().value(ActionEntropy().fold(batch)).value
    1.0

    Source: Shannon 1948; Hill 1973 (effective number); The LLM Data Auditor (arXiv 2601.17717), agent diversity.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("tool_calls",)
    unit: ClassVar[str] = "share of the greatest entropy"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, agent diversity"

    def zero(self) -> Product:
        """No calls."""
        return Product({"tools": RatioBy(MOST_TOOLS), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the calls of each tool."""
        names, offsets = action_names(batch["tool_calls"])
        silent = int(np.count_nonzero(np.diff(offsets) == 0))
        skipped = Tally({"no call": silent} if silent else {})
        return Product({"tools": RatioBy.of(names, np.ones(len(names), bool), MOST_TOOLS), "skipped": skipped})

    def value(self, state: Product) -> Value:
        """The entropy."""
        tools: RatioBy = state["tools"]
        skipped = state["skipped"].nonzero()
        counts = {name: n for name, (_, n) in tools.ratios.items()}
        if not counts:
            return Value.missing("no record has a call", skipped)
        numbers = np.array(sorted(counts.values()), np.float64)
        n, share = int(numbers.sum()), normalised_entropy(numbers) if len(numbers) > 1 else 0.0
        parts = {
            "tools": float(len(numbers)),
            "effective_tools": float(len(numbers) ** share),
            "commonest": float(numbers[-1] / n),
        }
        ranked = sorted(counts, key=lambda name: (-counts[name], name))[:_SHOWN]
        return Value.exact(share, n).with_(
            skipped=skipped,
            parts={name: Value.exact(part, n) for name, part in parts.items()},
            plot=Bars(tuple(map(masked, ranked)), tuple(counts[name] / n for name in ranked), "share of calls"),
            estimator="sample" if tools.dropped else "exact",
        )
