"""How many images look nearly the same as others."""

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
class PerceptualDuplicates(Metric[Product]):
    """Share of records whose image looks nearly the same as that of an earlier record.

    ``1 - groups / n`` over the records whose image has a perceptual hash, groups being those of `relations.image_groups`:
    connected components of pairs whose PDQ hashes differ in at most 31 of 256 bits (or pHashes in 8 of 64: ``hash = "phash"``
    in ``[relations.image_groups]``). 0 is best. No pair within the distance is missed but in buckets that were capped, which is
    counted. Another size, compression, colour or sharpness leaves an image near; cropped, turned and mirrored ones are not
    found.
    Skipped: records without an image that decodes, or, with PDQ, with one that has no contrast to hash.

    0 to 1, lower is better, Wilson interval. Cost: that of the hashes, and of the relation.

    >>> columns = {"_id": [0, 1], "image_group_id": [0, 0], "image_group_size": [2, 2], "image_distance": [9.0, 9.0]}
    >>> batch = pa.RecordBatch.from_pydict({**columns, "image_near_id": [1, 0]})
    >>> value = PerceptualDuplicates().value(PerceptualDuplicates().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, '9 bits apart')

    Source: Zauner 2010; Facebook 2019 (PDQ); METRICS 7.3.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("image_group_id", "image_group_size", "image_distance", "image_near_id")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Zauner 2010; Facebook 2019 (PDQ)"

    def zero(self) -> Product:
        """No records."""
        return _grouped.nothing()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count members and originals."""
        return _grouped.grouped(batch, "image", "no image to hash")

    def account(self, counts: Mapping[str, int]) -> Product:
        """What the rounds counted."""
        return self.zero() + Product({"counts": Tally(dict(counts))})

    def value(self, state: Product) -> Value:
        """The share, with group sizes as histogram."""
        return _grouped.repeated(state, "no record has an image to hash")
