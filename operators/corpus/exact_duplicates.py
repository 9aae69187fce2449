"""How much of the data repeats itself, byte for byte."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Histogram, Product, Ratio, TopBy
from engine.value import Value

_EDGES = tuple(2.0**power for power in range(25))


@dataclass(frozen=True)
class ExactDuplicates(Metric[Product]):
    """Share of records that repeat an earlier record of the subject exactly.

    ``1 - distinct / n`` over the records that have any content, from 128-bit content hashes of the payload: the text, the row,
    the document, the image and its caption, the trajectory. 0 is best. The first record of a group counts as the original, the
    others as duplicates. Records without content are skipped. Parts: the share of records in any group of two or more, and
    the size of the largest group.

    Cost: one exchange of 32 bytes a record.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], "content_id": [0, 0, 2], "content_size": [2, 2, 1]})
    >>> ExactDuplicates().value(ExactDuplicates().fold(batch)).value
    0.3333333333333333

    Source: Lee et al. 2022, "Deduplicating Training Data Makes Language Models Better", section 4; METRICS S6.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("content_id", "content_size")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Lee et al. 2022, section 4"

    def zero(self) -> Product:
        """No records yet."""
        states = {
            "repeated": Ratio(),
            "grouped": Ratio(),
            "absent": Ratio(),
            "groups": Histogram(_EDGES),
            "top": TopBy(),
        }
        return Product(states)

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count members and originals; keep the originals of the largest groups as evidence."""
        present = batch.filter(batch["content_id"].is_valid())
        ids, group, size = (present[name].to_numpy() for name in (ID, "content_id", "content_size"))
        original = ids == group
        largest = original & (size > 1)
        return Product(
            {
                "repeated": Ratio(int((~original).sum()), len(ids)),
                "grouped": Ratio(int((size > 1).sum()), len(ids)),
                "absent": Ratio(len(batch) - len(ids), len(batch)),
                "groups": Histogram.of(size[original], _EDGES),
                "top": TopBy.of(
                    size[largest], ids[largest], lambda at: f"{size[largest][at]} records have exactly this content"
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share, with group sizes as histogram."""
        absent = {"no content": state["absent"].hits} if state["absent"].hits else {}
        share: Value = state["repeated"].share("no record has any content")
        if share.value is None:
            return share.with_(skipped=absent)
        top = state["top"].evidence()
        greatest = max((entry.score for entry in top), default=1.0)
        return Value(
            share.value,
            n=share.n,
            low=share.low,
            high=share.high,
            skipped=absent,
            parts={
                "in a group of two or more": state["grouped"].share(),
                "largest group (records)": Value.exact(greatest, share.n),
            },
            plot=state["groups"].bins("records in the group", log_x=True),
            evidence=top,
        )
