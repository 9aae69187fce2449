"""Groups of records whose clips look nearly the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.relation import Emission, Forecast, Relation, Rounds, Route, Scale
from engine.schema import ID, Side
from operators.features.clip_hash import FRAMES
from operators.near import hashes
from operators.near.hashes import Nearness

DISTANCE = 16
"""Of 64 bits, on average over 16 frames: clips of other contents differ by 28 and more of them (20 and more in their nearest
frames); the same clip with a bar, a logo and other compression by up to 15."""


@dataclass(frozen=True)
class ClipGroups(Relation):
    """Beside every record: its group of clips that look nearly the same, and the nearest other one.

    Two are near when the pHashes of their frames, the first with the first and so on, differ by at most ``distance`` bits on
    average; groups are the connected components. As `operators.relations.image_groups` otherwise.

    Args:
        distance: the most differing bits of 64, on average over the frames.

    Columns written:
        clip_group_id, clip_group_size: the first record of the group, and how many it has. Null without a clip.
        clip_distance, clip_near_id: the nearest other record within the distance, and by how many bits of 64 it differs.

    Cost: the hashes, and 1,120 rows of 144 bytes a distinct clip through the exchange.

    Source: Zauner 2010; Norouzi et al. 2012; METRICS 7.3.
    """

    distance: Annotated[int, Field(ge=0, le=24)] = DISTANCE

    reads: ClassVar[tuple[str, ...]] = ("clip_hash",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "clip_group_id": pa.int64(),
        "clip_group_size": pa.int64(),
        "clip_distance": pa.float64(),
        "clip_near_id": pa.int64(),
    }

    @property
    def near(self) -> Nearness:
        """How hashes are compared.

        >>> ClipGroups().near
        Nearness(width=8, words=16, most=16)
        """
        return Nearness(8, FRAMES, self.distance)

    @property
    def emits(self) -> Mapping[str, Route]:
        """Hashes with the ids that have them."""
        return {"hashes": self.near.hashes}

    def emit(self, batch: pa.RecordBatch, side: Side, expected: int) -> Emission:  # noqa: ARG002
        """The hash of every clip that has one."""
        return Emission({"hashes": hashes.emitted(batch["clip_hash"], batch[ID].to_numpy(), self.near)})

    def explained(self) -> tuple[str, ...]:
        """The distance."""
        return (f"pHash of {FRAMES} frames, at most {self.distance} of 64 bits apart on average",)

    def forecast(self, scale: Scale) -> Forecast:
        """Mostly the filed chunks."""
        return hashes.forecast(scale, self.near)

    def rounds(self) -> Rounds:
        """Twins, pairs, components, columns."""
        yield from hashes.rounds(self.near, self.columns(), "clip")
