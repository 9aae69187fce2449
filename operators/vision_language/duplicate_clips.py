"""How many clips look nearly the same as others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Tally
from engine.value import Value
from operators.vision_language import _grouped


@dataclass(frozen=True)
class DuplicateClips(Metric[Product]):
    """Share of records whose clip looks nearly the same as that of an earlier record.

    ``1 - groups / n`` over the records with a clip that decodes, groups being those of `relations.clip_groups`: connected
    components of pairs whose frames, 16 at even distances, have pHashes that differ by at most 16 of 64 bits on average. 0 is
    best. Other size, rate, compression, a bar or a logo leave a clip near; one that was cut, slowed or mirrored is not found.
    Skipped: records without a clip that decodes.

    0 to 1, lower is better, Wilson interval. Cost: that of the hashes, and of the relation.

    >>> columns = {"_id": [0, 1], "clip_group_id": [0, 0], "clip_group_size": [2, 2], "clip_distance": [9.0, 9.0]}
    >>> batch = pa.RecordBatch.from_pydict({**columns, "clip_near_id": [1, 0]})
    >>> value = DuplicateClips().value(DuplicateClips().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, '9 bits apart')

    Source: Zauner 2010; METRICS 7.3.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("clip_group_id", "clip_group_size", "clip_distance", "clip_near_id")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Zauner 2010"

    def zero(self) -> Product:
        """No records."""
        return _grouped.nothing()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count members and originals."""
        return _grouped.grouped(batch, "clip", "no clip to hash")

    def account(self, counts: Mapping[str, int]) -> Product:
        """What the rounds counted."""
        return self.zero() + Product({"counts": Tally(dict(counts))})

    def value(self, state: Product) -> Value:
        """The share, with group sizes as histogram."""
        return _grouped.repeated(state, "no record has a clip to hash")
