"""Records whose files stand on a list of known ones."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.perceptual import PDQ_NEAR
from operators.vision_language._shares import counted, nothing, share


@dataclass(frozen=True)
class HashList(Metric[Product]):
    """The share of records whose image or clip stands on a list of hashes that the plan names.

    Records whose bytes have a listed MD5, or of which a picture has a PDQ within ``distance`` bits of a listed one, by records
    with an image or a clip. The lists are those of ``[features.hash_match]``. Parts: the share by each (``md5``, ``pdq``). A
    changed byte is another MD5; PDQ finds other sizes, compression and colours, not crops and mirror images. Skipped: records
    without an image or a clip, or, with a list of PDQ hashes alone, with a picture that has none.

    0 to 1, lower is better, Wilson interval. Cost: that of the feature.

    >>> from operators.features.hash_match import STRUCT
    >>> found = [{"md5": True, "distance": None}, {"md5": False, "distance": 12}, {"md5": False, "distance": 90}]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(3), "hash_match": pa.array(found, STRUCT)})
    >>> value = HashList().value(HashList().fold(batch))
    >>> value.value == 2 / 3, value.parts["md5"].value == 1 / 3
    (True, True)

    Source: METRICS 7.5; Facebook 2019 (PDQ), section 5.

    Args:
        distance: up to which a picture is taken for a listed one.
    """

    distance: Annotated[int, Field(ge=0, le=96)] = PDQ_NEAR

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("hash_match",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "METRICS 7.5"

    def zero(self) -> Product:
        """No records."""
        return nothing()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the matches."""
        rows: list[dict[str, Any]] = [one or {} for one in batch["hash_match"].to_pylist()]
        md5 = np.array([one.get("md5") is True for one in rows], np.bool_)
        near = np.array([one.get("distance") is not None and one["distance"] <= self.distance for one in rows], np.bool_)
        told = np.array([one.get("md5") is not None or one.get("distance") is not None for one in rows], np.bool_)
        seen = valid_mask(batch["hash_match"]) & told

        def note(row: int) -> str:
            return "its MD5 is listed" if md5[row] else f"{rows[row]['distance']} bits from a listed PDQ"

        return counted(batch, seen, md5 | near, {"md5": md5, "pdq": near}, "nothing to compare", note)

    def value(self, state: Product) -> Value:
        """The share that is listed."""
        return share(state, "no record has an image or a clip with a hash")
