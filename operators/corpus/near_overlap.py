"""How much of the data is a near-duplicate of the reference: contamination."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction, Modality, Side
from engine.state import Product, Ratio, TopBy
from engine.value import Value
from operators.corpus._cells import LEAKS
from operators.corpus._copies import copied_share


@dataclass(frozen=True)
class NearOverlap(Metric[Product]):
    """Share of records that are near-duplicates of a record of the reference: a benchmark, or data that must not be repeated.

    The comparison is that of `relations.near_groups` (Jaccard similarity of word 5-grams of at least 0.8 at its defaults), its
    parameters stand in the plan under ``[relations.near_groups]``. 0 is best. Where the plan has a holdout that the generator
    never saw, the same share against it stands beside it: that much is alike by chance. Records without a text are skipped.

    Cost: that of the relation, over the records of every side.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "group_id": [0, 1], "reference_similarity": [0.9, None],
    ...     "reference_id": [7, None], "holdout_similarity": pa.nulls(2, pa.float64())})
    >>> NearOverlap().value(NearOverlap().fold(batch)).value
    0.5

    Source: Lee et al. 2022, section 4.2; Yang et al. 2023, "Rethinking Benchmark and Contamination", section 3.
    """

    dimension: ClassVar[Mapping[Modality, Dimension]] = LEAKS
    reads: ClassVar[tuple[str, ...]] = ("group_id", "reference_similarity", "reference_id", "holdout_similarity")
    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE,)
    uses: ClassVar[tuple[Side, ...]] = (Side.HOLDOUT,)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Lee et al. 2022, section 4.2"

    def zero(self) -> Product:
        """No records yet."""
        return Product({"reference": Ratio(), "holdout": Ratio(), "absent": Ratio(), "top": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the records that have a near-duplicate on another side."""
        present = batch.filter(batch["group_id"].is_valid())
        n = len(present)
        near = present.filter(present["reference_similarity"].is_valid())
        ids, similarity, other = (near[name].to_numpy() for name in (ID, "reference_similarity", "reference_id"))
        return Product(
            {
                "reference": Ratio(len(near), n),
                "holdout": Ratio(n - present["holdout_similarity"].null_count, n),
                "absent": Ratio(len(batch) - n, len(batch)),
                "top": TopBy.of(similarity, ids, lambda at: f"{100 * similarity[at]:.1f} % alike", others=other),
            }
        )

    def value(self, state: Product) -> Value:
        """The share, beside the holdout's."""
        return copied_share(state, "a text")
