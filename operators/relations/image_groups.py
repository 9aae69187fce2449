"""Groups of records whose images look nearly the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from engine.relation import Emission, Forecast, Relation, Rounds, Route, Scale
from engine.schema import ID, Side
from operators.kernels.perceptual import PDQ_NEAR, PDQ_QUALITY, PHASH_NEAR
from operators.near import hashes
from operators.near.hashes import Nearness


@dataclass(frozen=True)
class ImageGroups(Relation):
    """Beside every record: its group of images that look nearly the same, and the nearest other one.

    Two are near when their perceptual hashes differ in few bits; groups are the connected components. No pair within the
    distance is missed (`operators.near.hashes`), unless more than 256 records share a chunk, which is counted. Images without
    contrast have a hash that means nothing: with PDQ, those of a quality below ``quality`` belong to no group.

    Args:
        hash: "pdq" (256 bits) or "phash" (64 bits).
        distance: the most differing bits; default: 31 of PDQ's, 8 of pHash's.
        quality: of PDQ, the least.

    Columns written:
        image_group_id, image_group_size: the first record of the group, and how many it has. Null without a hash.
        image_distance, image_near_id: the nearest other record within the distance, and how many bits it differs in.

    Cost: the hashes; 264 rows of 48 bytes a distinct PDQ, 67 of 24 a pHash through the exchange.

    Source: Zauner 2010; Facebook 2019 (PDQ); Norouzi et al. 2012; METRICS 7.3.
    """

    hash: Literal["pdq", "phash"] = "pdq"
    distance: Annotated[int, Field(ge=0, le=96)] | None = None
    quality: Annotated[int, Field(ge=0, le=100)] = PDQ_QUALITY

    reads: ClassVar[tuple[str, ...]] = ("image_phash", "image_pdq", "image_pdq_quality")
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "image_group_id": pa.int64(),
        "image_group_size": pa.int64(),
        "image_distance": pa.float64(),
        "image_near_id": pa.int64(),
    }

    @property
    def near(self) -> Nearness:
        """How hashes are compared.

        >>> ImageGroups().near, ImageGroups(hash="phash").near.most
        (Nearness(width=32, words=1, most=31), 8)
        """
        usual = PDQ_NEAR if self.hash == "pdq" else PHASH_NEAR
        return Nearness(32 if self.hash == "pdq" else 8, 1, usual if self.distance is None else self.distance)

    @property
    def emits(self) -> Mapping[str, Route]:
        """Hashes with the ids that have them."""
        return {"hashes": self.near.hashes}

    def emit(self, batch: pa.RecordBatch, side: Side, expected: int) -> Emission:  # noqa: ARG002
        """The hash of every image that has one that means something."""
        column = batch[f"image_{self.hash}"]
        if self.hash == "pdq":
            poor = batch["image_pdq_quality"].fill_null(0).to_numpy() < self.quality
            column = pa.array([None if low else one for one, low in zip(column.to_pylist(), poor, strict=True)], pa.binary())
        return Emission({"hashes": hashes.emitted(column, batch[ID].to_numpy(), self.near)})

    def explained(self) -> tuple[str, ...]:
        """The distance."""
        return (f"{self.hash}, at most {self.near.most} of {8 * self.near.width} bits apart",)

    def forecast(self, scale: Scale) -> Forecast:
        """Mostly the filed chunks."""
        return hashes.forecast(scale, self.near)

    def rounds(self) -> Rounds:
        """Twins, pairs, components, columns."""
        yield from hashes.rounds(self.near, self.columns(), "image")
