"""Images and clips that say that a model made them."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.manifests import AI_SOURCES
from operators.vision_language._shares import counted, nothing, share

_HOLDS = ("valid", "trusted")


@dataclass(frozen=True)
class AiOrigin(Metric[Product]):
    """The share of records whose file says that a model made it, in content credentials that hold.

    A file says so by IPTC's digital source type trainedAlgorithmicMedia, or compositeWithTrainedAlgorithmicMedia, of an action.
    Of generated data it should be 1; of what is called real, 0. Parts: ``in credentials that hold``, ``in credentials that do
    not`` (anybody may have written it), ``in XMP alone`` (no more than a label of an image), ``says that a camera
    made it`` (digitalCapture, in credentials that hold). That a file says nothing does not mean that nobody generated it.
    Skipped: records without an image or a clip.

    0 to 1, higher is better for generated data, Wilson interval. Cost: that of the features ``c2pa_manifest`` and
    ``image_metadata``.

    >>> from operators.features import c2pa_manifest, image_metadata
    >>> said = {"failures": [], "ingredients": 0, "missing": 0, "opted_out": [], "generator": None}
    >>> c2pa = [{**said, "state": "valid", "sources": ["trainedAlgorithmicMedia"]}, {**said, "state": "absent", "sources": []}]
    >>> xmp = [None, {"leaks": [], "source": "trainedAlgorithmicMedia", "reserved": False}]
    >>> columns = {"_id": range(2), "c2pa": pa.array(c2pa, c2pa_manifest.STRUCT)}
    >>> batch = pa.RecordBatch.from_pydict({**columns, "image_metadata": pa.array(xmp, image_metadata.STRUCT)})
    >>> value = AiOrigin().value(AiOrigin().fold(batch))
    >>> value.value, value.parts["in XMP alone"].value
    (0.5, 0.5)

    Source: IPTC, Digital Source Type; C2PA Technical Specification 2.x, actions.
    """

    dimension: ClassVar[Dimension] = Dimension.PROVENANCE
    reads: ClassVar[tuple[str, ...]] = ("c2pa", "image_metadata")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "IPTC, Digital Source Type"

    def zero(self) -> Product:
        """No records."""
        return nothing()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the declarations."""
        seen = valid_mask(batch["c2pa"])
        said: list[dict[str, Any]] = [one or {} for one in batch["c2pa"].to_pylist()]
        holds = np.array([one.get("state") in _HOLDS for one in said], np.bool_)
        declared = np.array([any(source in AI_SOURCES for source in one.get("sources") or ()) for one in said], np.bool_)
        camera = np.array(["digitalCapture" in (one.get("sources") or ()) for one in said], np.bool_)
        labels = [one["source"] if one else None for one in batch["image_metadata"].to_pylist()]
        labelled = np.array([label in AI_SOURCES for label in labels], np.bool_)
        kinds = {
            "in credentials that hold": declared & holds,
            "in credentials that do not": declared & ~holds,
            "in XMP alone": labelled & ~declared,
            "says that a camera made it": camera & holds,
        }
        note = "says that a model made it, in credentials that do not hold"
        return counted(batch, seen, declared & holds, kinds, "no image or clip", lambda _: note, declared & ~holds)

    def value(self, state: Product) -> Value:
        """The share that says so."""
        return share(state, "no record has an image or a clip")
