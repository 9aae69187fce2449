"""Scenarios that are not one another again."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Counts, Product, Tally
from engine.value import Value
from operators.kernels.divergence import normalised_entropy
from operators.kernels.hashing import hash_array

_PARTS = ("agents", "road", "weather")


@dataclass(frozen=True)
class ScenarioDiversity(Metric[Product]):
    """The share of different scenarios among ``n`` drawn at random: those that differ in agents, road or weather.

    TTSG's diversities: distinct tuples of attributes by scenarios. Agents: the events of a CARLA route, or the entities of
    OpenSCENARIO, each with how many. Road: town or road file, how much the route turns and how long it is. Weather: its class.
    The share falls with the number of scenarios, so it is that which ``n`` of them would have on average (rarefaction: exact
    from the counts), or all, where there are fewer. Parts: the same of ``agents`` (AD), ``road`` (RD) and ``weather`` alone,
    and ``entropy/...`` of each: Shannon's, by that of as many equal shares. Skipped: no scenario that can be read.

    0 to 1, higher is better. Cost: a hash of each scenario; above 131,072 different ones the counts are merged, and the shares
    lower bounds.

    Args:
        n: scenarios to draw.

    >>> shapes = [{"agents": "Accident 1", "road": road, "weather": "clear"} for road in ("a", "b", "a")]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(3), "_fault": pa.nulls(3, pa.string()), "scenario_shape": shapes})
    >>> value = ScenarioDiversity().value(ScenarioDiversity().fold(batch))
    >>> round(value.value, 3), round(value.parts["agents"].value, 3)
    (0.667, 0.333)

    Source: Ruan et al. 2024, TTSG (arXiv 2409.09575), section 4 (agent and road diversity); Hurlbert 1971 (rarefaction).
    """

    n: Annotated[int, Field(ge=1)] = 1000

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("scenario_shape",)
    unit: ClassVar[str] = "share of different scenarios"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2409.09575, section 4; Hurlbert 1971"

    def zero(self) -> Product:
        """No scenarios."""
        return Product({**{name: Counts() for name in ("whole", *_PARTS)}, "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the scenarios of each shape."""
        shapes = batch["scenario_shape"].drop_null()
        parts = dict(zip(_PARTS, shapes.flatten(), strict=True)) if len(shapes) else {}
        columns = {name: parts.get(name, pa.array([], pa.string())) for name in _PARTS}
        whole = pc.binary_join_element_wise(*columns.values(), "\n")
        missing = len(batch) - len(shapes)
        return Product(
            {
                **{name: Counts.of(hash_array(texts)[:, 0]) for name, texts in {"whole": whole, **columns}.items()},
                "skipped": Tally({"no scenario that can be read": missing} if missing else {}),
            }
        )

    def value(self, state: Product) -> Value:
        """The share that n scenarios would have."""
        skipped = state["skipped"].nonzero()
        total = state["whole"].total
        if not total:
            return Value.missing("no record has a scenario that can be read", skipped)
        drawn = min(self.n, total)
        parts = {name: self._share(state[name], drawn) for name in _PARTS}
        entropies = {name: normalised_entropy(state[name].counts) for name in ("whole", *_PARTS)}
        parts |= {f"entropy/{name}": Value.exact(entropy, total) for name, entropy in entropies.items()}
        reason = f"of {total:,} scenarios: fewer than n" if total < self.n else None
        return self._share(state["whole"], drawn).with_(reason=reason, skipped=skipped, parts=parts)

    def _share(self, counts: Counts, drawn: int) -> Value:
        share = min(1.0, rarefied(counts.counts, drawn) / drawn)
        merged = {} if counts.bits == 64 else {"estimator": "sketch"}
        return Value.exact(share, counts.total).with_(**merged)


def rarefied(counts: NDArray[np.int64], drawn: int) -> float:
    """The mean number of different things among so many drawn without putting back (Hurlbert 1971).

    >>> rarefied(np.array([2, 2]), 1), round(rarefied(np.array([2, 2]), 2), 3), rarefied(np.array([2, 2]), 4)
    (1.0, 1.667, 2.0)
    """
    total = int(counts.sum())
    sizes, times = np.unique(counts, return_counts=True)
    found = 0.0
    for size, n in zip(sizes.tolist(), times.tolist(), strict=True):
        found += n * (1.0 - _none_of(total, size, drawn))
    return round(found, 9)


def _none_of(total: int, size: int, drawn: int) -> float:
    """The chance that no one of ``size`` things is among the drawn: ``C(total - size, drawn) / C(total, drawn)``."""
    if drawn > total - size:
        return 0.0
    logs = (math.lgamma(x + 1) for x in (total - size, total - drawn, total - size - drawn, total))
    a, b, c, d = logs
    return math.exp(a + b - c - d)
