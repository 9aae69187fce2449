"""How many of the sequences of actions are different ones."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Tally
from engine.value import Value
from operators.agent._actions import action_hashes, action_names
from operators.kernels.ngrams import ngram_hashes
from operators.text.distinct_n import NgramSample

_ORDERS = (1, 2, 3, 4)
_HEADLINE = 2


@dataclass(frozen=True)
class ActionNgrams(Metric[Product]):
    """The share of pairs of consecutive tool calls that are different ones (distinct-2 of actions).

    ``different n-grams / all n-grams`` of the names of the tools that a record calls, in order; none crosses records. Parts:
    ``distinct_1`` to ``distinct_4``, and ``distinct_2_at``: distinct-2 to expect when ``at`` of the pairs are kept at random
    (rarefaction). Distinct-n falls with the number of calls whatever their diversity: compare only the latter. Skipped: null.

    0 to 1, higher is more diverse. Exact up to ``size`` different n-grams, beyond with the interval of a bottom-k sketch.
    Cost: that of reading the calls.

    Args:
        at: the number of pairs at which datasets are compared.
        size: distinct n-grams kept per order.

    >>> calls = [[{"name": name} for name in "fgfg"]]
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), "tool_calls": calls})
    >>> value = ActionNgrams().value(ActionNgrams().fold(batch))
    >>> round(value.value, 3), value.parts["distinct_1"].value, value.parts["distinct_4"].value
    (0.667, 0.5, 1.0)

    Source: Li et al. 2016 (arXiv 1510.03055), section 5.1; Hurlbert 1971 (rarefaction).
    """

    at: Annotated[int, Field(ge=2, le=1 << 30)] = 1000
    size: Annotated[int, Field(ge=1024, le=1 << 24)] = 1 << 16

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("tool_calls",)
    unit: ClassVar[str] = "different pairs per pair"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 1510.03055, section 5.1"

    def zero(self) -> Product:
        """No calls."""
        return Product({**{str(n): NgramSample(self.size) for n in _ORDERS}, "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Sample the n-grams of each order."""
        names, offsets = action_names(batch["tool_calls"])
        hashes = action_hashes(names)
        samples = {str(n): NgramSample.of(ngram_hashes(offsets, hashes, n)[1], self.size) for n in _ORDERS}
        missing = batch["tool_calls"].null_count
        return Product({**samples, "skipped": Tally({"no calls": missing} if missing else {})})

    def value(self, state: Product) -> Value:
        """Distinct-2, with the other orders and a fixed size as parts."""
        parts = {f"distinct_{n}": _distinct(state[str(n)], n) for n in _ORDERS}
        pairs: NgramSample = state[str(_HEADLINE)]
        if pairs.total >= self.at:
            parts[f"distinct_{_HEADLINE}_at_{self.at}"] = _share(pairs.expected(self.at), self.at)
        return parts[f"distinct_{_HEADLINE}"].with_(skipped=state["skipped"].nonzero(), parts=parts)


def _distinct(sample: NgramSample, n: int) -> Value:
    if sample.total == 0:
        return Value.missing(f"no record has {n} calls" if n > 1 else "no record has a call")
    return _share(sample.different(), sample.total)


def _share(found: Value, of: int) -> Value:
    """A number of different n-grams as a share of all of them, never more."""
    value, low, high = (float(np.clip((bound or 0.0) / of, 0.0, 1.0)) for bound in (found.value, found.low, found.high))
    return Value(value, of, low, high, estimator=found.estimator)
