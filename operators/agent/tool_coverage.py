"""How many of the tools on offer are ever called."""

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
from operators.agent._tools import tools_of
from operators.agent.action_entropy import MOST_TOOLS
from operators.kernels.divergence import normalised_entropy

_SHOWN = 20


@dataclass(frozen=True)
class ToolCoverage(Metric[Product]):
    """The share of the tools on offer that are called at least once.

    ``called tools of the registry / tools of the registry``. The registry is ``registry``, or all tools that some record offers
    (``tools``). Parts: ``entropy``, Shannon's entropy of the calls of these tools over the greatest that as many tools allow;
    ``unknown``, the share of calls of tools that nobody offers. A rare tool is found the more probably the more records there
    are: compare sets of one size. Of more than 65,536 tools those with the smallest hash are taken: a sample. Skipped: records
    without calls that can be read.

    0 to 1, higher is more diverse; its interval is a point. Cost: a JSON parse of each different set of tools.

    Args:
        registry: the names of the tools that should occur.

    >>> calls, tools = [[{"name": "f"}], [{"name": "h"}]], ['[{"name": "f"}, {"name": "g"}]'] * 2
    >>> columns = {"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "tool_calls": calls, "tools": tools}
    >>> value = ToolCoverage().value(ToolCoverage().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.parts["unknown"].value
    (0.5, 0.5)

    Source: Qin et al. 2023, ToolLLM (arXiv 2307.16789), section 2; The LLM Data Auditor (arXiv 2601.17717), agent diversity.
    """

    registry: tuple[str, ...] = ()

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("tool_calls",)
    may_read: ClassVar[tuple[str, ...]] = ("tools",)
    unit: ClassVar[str] = "share of tools"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2307.16789, section 2"

    def zero(self) -> Product:
        """No tools."""
        return Product({"tools": RatioBy(MOST_TOOLS), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count calls and offers of each tool. A call is a hit, an offer is none."""
        called, _ = action_names(batch["tool_calls"])
        offered = [] if self.registry else _offered(batch)
        names = pa.concat_arrays([called.cast(pa.string()), pa.array(offered, pa.string())])
        hits = np.arange(len(names)) < len(called)
        missing = batch["tool_calls"].null_count
        skipped = Tally({"no calls": missing} if missing else {})
        return Product({"tools": RatioBy.of(names, hits, MOST_TOOLS), "skipped": skipped})

    def value(self, state: Product) -> Value:
        """The share of called tools."""
        tools: RatioBy = state["tools"]
        skipped = state["skipped"].nonzero()
        offered = {name: hits for name, (hits, n) in tools.ratios.items() if n > hits}
        if self.registry:
            offered = {name: tools.ratios.get(name, (0, 0))[0] for name in self.registry}
        calls = sum(hits for hits, _ in tools.ratios.values())
        if not offered or not calls:
            return Value.missing(
                "no record has a call" if offered else "no record offers tools, and no registry is named", skipped
            )
        known = sum(offered.values())
        counts = np.array(sorted(offered.values()), np.float64)
        parts = {"unknown": Value.exact(1 - known / calls, calls)}
        if known:
            entropy = normalised_entropy(counts) if len(counts) > 1 else 0.0
            parts["entropy"] = Value.exact(entropy, known)
        ranked = sorted(offered, key=lambda name: (-offered[name], name))[:_SHOWN]
        return Value.exact(sum(hits > 0 for hits in offered.values()) / len(offered), len(offered)).with_(
            skipped=skipped,
            parts=parts,
            plot=Bars(tuple(map(masked, ranked)), tuple(offered[name] / calls for name in ranked), "share of calls"),
            estimator="sample" if tools.dropped else "exact",
        )


def _offered(batch: pa.RecordBatch) -> list[str]:
    """The names of the tools that each record offers."""
    texts = batch["tools"].to_pylist() if "tools" in batch.schema.names else []
    return [name for text in texts if text is not None for name in tools_of(text) or ()]
