"""Whether one can tell from the data what its generator was trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction, Modality, Side
from engine.state import Product, Tally
from engine.value import Value
from operators.corpus._cells import LEAKS
from operators.corpus._search import ATTACK, RECALL, recall
from operators.kernels.roc import alarms, area, curve, roc
from operators.neighbors.columns import BINS


@dataclass(frozen=True)
class MembershipInference(Metric[Product]):
    """AUC of the attack "a real record that lies near the data was trained on": reference records against holdout records.

    0.5 is best: whoever has the data cannot tell members (the reference) from others (the holdout). Every record of both is
    scored by its distance to the nearest record of the subject, in 4,096 bins; the probability that a member is nearer than a
    non-member, ties half. Parts: how many members are found while 1 % (0.1 %) of the others are wrongly accused, in which a
    leak of a few records shows. Interval: Hanley and McNeil 1982.

    Cost: the embedding of all sides, and the search of `relations.neighbors`.

    >>> counts = {"neighbors.members.0": 3, "neighbors.members.9": 1, "neighbors.others.9": 4}
    >>> MembershipInference().value(MembershipInference().account(counts)).value
    0.875

    Source: Carlini et al. 2022, "Membership Inference Attacks From First Principles", section 3; van Breugel et al. 2023.
    """

    dimension: ClassVar[Mapping[Modality, Dimension]] = LEAKS
    reads: ClassVar[tuple[str, ...]] = ("leakage_risk",)
    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE, Side.HOLDOUT)
    unit: ClassVar[str] = "probability"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Carlini et al. 2022, section 3"

    def zero(self) -> Product:
        """No records yet."""
        return Product({"counts": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:  # noqa: ARG002
        """Nothing: the records that count are the other sides'."""
        return self.zero()

    def account(self, counts: Mapping[str, int]) -> Product:
        """The distances that the search counted."""
        kinds = ("neighbors.members.", "neighbors.others.", RECALL)
        return Product({"counts": Tally({name: n for name, n in counts.items() if name.startswith(kinds)})})

    def value(self, state: Product) -> Value:
        """The area under the curve, with its beginning."""
        members, others = (_bins(state["counts"].counts, f"neighbors.{name}.") for name in ("members", "others"))
        if not members.sum() or not others.sum():
            return Value.missing("reference or holdout has no record with an embedding, or the subject has none")
        found = roc(members, others)
        return area(found).with_(parts={**recall(state["counts"], ATTACK), **alarms(found)}, plot=curve(found))


def _bins(counts: Mapping[str, int], prefix: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(`BINS`,) records by bin."""
    held = np.zeros(BINS, np.int64)
    for name, count in counts.items():
        if name.startswith(prefix):
            held[int(name.removeprefix(prefix))] = count
    return held
