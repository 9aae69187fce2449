"""Whether the data is nearer to what its generator was trained on than to what it never saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction, Modality, Side
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.corpus._cells import LEAKS
from operators.corpus._search import BOTH, recall

_NAMES = ("reference_nearest_similarity", "holdout_nearest_similarity", "reference_nearest_id", "leakage_risk")
_CLOSE = 0.9


@dataclass(frozen=True)
class DcrShare(Metric[Product]):
    """Share of records that are nearer to a record of the reference than to any of the holdout, ties half.

    0.5 is best: the reference (what the generator was trained on) is then no nearer than data of the same kind that it never
    saw. 1 means that it gives its training data back. It leaks where the interval lies above 0.5. Only fair where reference and
    holdout are about equally large, since the larger of two has the nearer records. Distance is that of unit embeddings. Part:
    the share of records with a risk, d_holdout / (d_reference + d_holdout), above 0.9.

    Cost: the embedding of all sides, and the search of `relations.neighbors`.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "reference_nearest_similarity": [1.0, 0.5], "reference_nearest_id":
    ...     [7, 8], "holdout_nearest_similarity": [0.5, 0.5], "leakage_risk": [1.0, 0.5]})
    >>> DcrShare().value(DcrShare().fold(batch)).value
    0.75

    Source: Platzer and Reutterer 2021, "Holdout-Based Empirical Assessment", section 3.2.
    """

    dimension: ClassVar[Mapping[Modality, Dimension]] = LEAKS
    reads: ClassVar[tuple[str, ...]] = _NAMES
    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE, Side.HOLDOUT)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Platzer and Reutterer 2021, section 3.2"

    def zero(self) -> Product:
        """No records yet."""
        return Product({"halves": Ratio(), "risky": Ratio(), "absent": Ratio(), "top": TopBy(), "counts": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count two halves a record; those at the greatest risk are evidence, with the record that they are nearest to."""
        there = batch.filter(batch["leakage_risk"].is_valid())
        reference, holdout, other, risk = (there[name].to_numpy() for name in _NAMES)
        ids = there[ID].to_numpy()
        halves = 2 * int((reference > holdout).sum()) + int((reference == holdout).sum())
        close = risk > _CLOSE

        def note(at: int) -> str:
            return f"risk {risk[close][at]:.2f}: cosine {reference[close][at]:.3f}, to the holdout {holdout[close][at]:.3f}"

        return Product(
            {
                "halves": Ratio(halves, 2 * len(ids)),
                "risky": Ratio(int(close.sum()), len(ids)),
                "absent": Ratio(len(batch) - len(ids), len(batch)),
                "top": TopBy.of(risk[close].astype(np.float64), ids[close], note, others=other[close]),
                "counts": Tally(),
            }
        )

    def account(self, counts: Mapping[str, int]) -> Product:
        """What the search counted."""
        return Product({**self.zero().states, "counts": Tally(dict(counts))})

    def value(self, state: Product) -> Value:
        """The share, with that of records at great risk."""
        absent = {"no embedding": state["absent"].hits} if state["absent"].hits else {}
        halves = state["halves"]
        if not halves.n:
            return Value.missing("no record has a neighbour in the reference and in the holdout", absent)
        share = halves.hits / halves.n
        spread = Ratio(round(halves.hits / 2), halves.n // 2).share()
        low, high = min(share, spread.low or 0.0), max(share, spread.high or 0.0)
        reason = "nearer to the reference than chance: it leaks" if low > 0.5 else None
        parts = {"share with a risk above 0.9": state["risky"].share(), **recall(state["counts"], BOTH)}
        found = Value(share, n=halves.n // 2, low=low, high=high, reason=reason, skipped=absent, parts=parts)
        return found.with_(evidence=state["top"].evidence())
