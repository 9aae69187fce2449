"""How much of the data is a copy of the reference."""

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
class ExactOverlap(Metric[Product]):
    """Share of records whose content is, byte for byte, that of a record of the reference (identical-match share).

    0 is best: a generator that was trained on the reference and gives its rows back leaks them. Where the plan has a holdout
    that the generator never saw, the same share against it stands beside it: that much happens by chance. Records without
    content are skipped. For tables this is IMS of Platzer and Reutterer 2021.

    Cost: one exchange of 32 bytes a record of every side.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "content_id": [0, 1], "content_size": [1, 1],
    ...                                     "content_reference_size": [3, 0], "content_holdout_size": [0, 0]})
    >>> ExactOverlap().value(ExactOverlap().fold(batch)).value
    0.5

    Source: Platzer and Reutterer 2021, section 3.2; Lee et al. 2022, section 4.
    """

    dimension: ClassVar[Mapping[Modality, Dimension]] = LEAKS
    reads: ClassVar[tuple[str, ...]] = ("content_id", "content_size", "content_reference_size", "content_holdout_size")
    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE,)
    uses: ClassVar[tuple[Side, ...]] = (Side.HOLDOUT,)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Platzer and Reutterer 2021, section 3.2"

    def zero(self) -> Product:
        """No records yet."""
        return Product({"reference": Ratio(), "holdout": Ratio(), "absent": Ratio(), "top": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the records that the reference or the holdout has too."""
        present = batch.filter(batch["content_id"].is_valid())
        ids, size, reference, holdout = (
            present[name].to_numpy() for name in (ID, "content_size", "content_reference_size", "content_holdout_size")
        )
        copied = reference > 0
        return Product(
            {
                "reference": Ratio(int(copied.sum()), len(ids)),
                "holdout": Ratio(int((holdout > 0).sum()), len(ids)),
                "absent": Ratio(len(batch) - len(ids), len(batch)),
                "top": TopBy.of(
                    size[copied],
                    ids[copied],
                    lambda at: f"{size[copied][at]} here, {reference[copied][at]} in the reference",
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share, beside the holdout's."""
        return copied_share(state, "any content")
