"""Whether records sit on one record of the reference, or between several."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction, Modality, Side
from engine.state import Product, Quantiles, Ratio, Tally, TopBy
from engine.value import Value
from operators.corpus._cells import LEAKS
from operators.corpus._search import BOTH, quantile, recall
from operators.neighbors.columns import distance

_SHARE = 0.05
_NAMES = (
    "reference_nearest_similarity",
    "reference_nearest_id",
    "reference_second_similarity",
    "holdout_nearest_similarity",
    "holdout_second_similarity",
)


@dataclass(frozen=True)
class Nndr(Metric[Product]):
    """5 % quantile of d1 / d2, the distances to the nearest and the second nearest record of the reference.

    Near 1 a record lies between several real ones; near 0 it sits on one of them, and tells about that one. Two copies in the
    reference make 1 (0 / 0): nobody is singled out. Where the plan has a holdout the same against it stands beside it; a
    generator that leaks has a smaller ratio to the reference than to the holdout. Distance is that of unit embeddings.

    Cost: the embedding of all sides, and the search of `relations.neighbors`.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "reference_nearest_similarity": [0.5], "reference_nearest_id": [7],
    ...     "reference_second_similarity": [-1.0], "holdout_nearest_similarity": [0.5], "holdout_second_similarity": [0.5]})
    >>> round(Nndr().value(Nndr().fold(batch)).value, 3)
    0.5

    Source: Zhao et al. 2021, "CTAB-GAN", section 4.1; Platzer and Reutterer 2021.
    """

    dimension: ClassVar[Mapping[Modality, Dimension]] = LEAKS
    reads: ClassVar[tuple[str, ...]] = _NAMES
    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE,)
    uses: ClassVar[tuple[Side, ...]] = (Side.HOLDOUT,)
    unit: ClassVar[str] = "ratio of distances"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Zhao et al. 2021, section 4.1"

    def zero(self) -> Product:
        """No records yet."""
        return Product({"reference": Quantiles(), "holdout": Quantiles(), "absent": Ratio(), "top": TopBy(), "counts": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """The ratios of the batch; the smallest are evidence."""
        there, ratio = _ratios(batch, "reference")
        ids, other = there[ID].to_numpy(), there["reference_nearest_id"].to_numpy()
        return Product(
            {
                "reference": Quantiles.of(ratio),
                "holdout": Quantiles.of(_ratios(batch, "holdout")[1]),
                "absent": Ratio(len(batch) - len(ids), len(batch)),
                "top": TopBy.of(1 - ratio, ids, lambda at: f"d1 / d2 = {ratio[at]:.3f}", others=other),
                "counts": Tally(),
            }
        )

    def account(self, counts: Mapping[str, int]) -> Product:
        """What the search counted."""
        return Product({**self.zero().states, "counts": Tally(dict(counts))})

    def value(self, state: Product) -> Value:
        """The quantile, beside the holdout's."""
        absent = {"fewer than two neighbours": state["absent"].hits} if state["absent"].hits else {}
        found = quantile(state["reference"], _SHARE, 1.0)
        if found is None:
            return Value.missing("no record has two neighbours in the reference", absent)
        held = quantile(state["holdout"], _SHARE, 1.0)
        parts = {"the same of the holdout": held} if held is not None else {}
        parts |= recall(state["counts"], BOTH)
        return found.with_(skipped=absent, parts=parts, evidence=state["top"].evidence())


def _ratios(batch: pa.RecordBatch, side: str) -> tuple[pa.RecordBatch, np.ndarray[Any, np.dtype[np.float64]]]:
    """The records with two neighbours on a side, and their ratios."""
    there = batch.filter(batch[f"{side}_second_similarity"].is_valid())
    first, second = (there[f"{side}_{name}_similarity"].to_numpy().astype(np.float64) for name in ("nearest", "second"))
    near, far = distance(first), distance(second)
    return there, np.where(far > 0, near / np.where(far > 0, far, 1.0), 1.0)
