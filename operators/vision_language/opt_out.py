"""Records that nobody has reserved from training."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.vision_language._shares import counted, nothing, share

_TRAINING = ("ai_generative_training", "ai_training", "data_mining")


@dataclass(frozen=True)
class OptOut(Metric[Product]):
    """The share of records whose file does not forbid to train on it: opt-outs that were respected.

    A file forbids it by an assertion of training and mining in its content credentials (``c2pa.training-mining`` or
    ``cawg.training-mining``: ai_generative_training, ai_training or data_mining ``notAllowed`` or ``constrained``, of any
    manifest in it, whether or not the credentials hold), or by TDMRep's reservation in an image's XMP. Parts: the share that
    forbids each (``forbids data_mining``, ``reserves its rights in XMP``). What a site's robots.txt or terms say is not in the
    file and not seen. Skipped: records without an image or a clip.

    0 to 1, higher is better, Wilson interval. Cost: that of the features ``c2pa_manifest`` and ``image_metadata``.

    >>> from operators.features import c2pa_manifest, image_metadata
    >>> said = {"failures": [], "sources": [], "ingredients": 0, "missing": 0, "generator": None, "state": "valid"}
    >>> c2pa = [{**said, "opted_out": ["data_mining"]}, {**said, "opted_out": []}]
    >>> columns = {"_id": range(2), "c2pa": pa.array(c2pa, c2pa_manifest.STRUCT)}
    >>> batch = pa.RecordBatch.from_pydict({**columns, "image_metadata": pa.nulls(2, image_metadata.STRUCT)})
    >>> value = OptOut().value(OptOut().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'forbids data_mining')

    Source: C2PA Technical Specification, training and mining; W3C TDMRep; METRICS 7.6.
    """

    dimension: ClassVar[Dimension] = Dimension.PROVENANCE
    reads: ClassVar[tuple[str, ...]] = ("c2pa", "image_metadata")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "C2PA, training and mining; W3C TDMRep"

    def zero(self) -> Product:
        """No records."""
        return nothing()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count what is forbidden."""
        seen = valid_mask(batch["c2pa"])
        said: list[dict[str, Any]] = [one or {} for one in batch["c2pa"].to_pylist()]
        forbidden = [[use for use in _TRAINING if use in (one.get("opted_out") or ())] for one in said]
        reserved = np.array([bool(one and one["reserved"]) for one in batch["image_metadata"].to_pylist()], np.bool_)
        barred = np.array([bool(uses) for uses in forbidden], np.bool_) | reserved
        kinds = {f"forbids {use}": [use in uses for uses in forbidden] for use in _TRAINING}
        kinds["reserves its rights in XMP"] = reserved.tolist()

        def note(row: int) -> str:
            return f"forbids {', '.join(forbidden[row])}" if forbidden[row] else "reserves its rights in XMP"

        return counted(batch, seen, ~barred, kinds, "no image or clip", note, barred)

    def value(self, state: Product) -> Value:
        """The share that forbids nothing."""
        return share(state, "no record has an image or a clip")
