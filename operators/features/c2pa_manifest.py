"""What the provenance manifest inside an image or a clip says, and whether it holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any, ClassVar

import orjson
import pyarrow as pa

from engine.feature import Columns, Feature
from engine.storage.files import content, is_file
from engine.storage.names import redact
from operators.kernels.manifests import manifest_of
from operators.kernels.media_types import media_type

STRUCT = pa.struct(
    [
        ("state", pa.string()),
        ("failures", pa.list_(pa.string())),
        ("generator", pa.string()),
        ("sources", pa.list_(pa.string())),
        ("ingredients", pa.int32()),
        ("missing", pa.int32()),
        ("opted_out", pa.list_(pa.string())),
    ]
)
_MOST_BYTES = 64 << 20
_STATES = {"Invalid": "invalid", "Valid": "valid", "Trusted": "trusted"}


@dataclass(frozen=True)
class C2paManifest(Feature):
    """``c2pa``: what the C2PA manifest of the image, else of the clip, says (`operators.kernels.manifests`), and its ``state``.

    States, as the reference reader (c2pa-rs, by c2pa-python) has them: ``absent``; ``invalid`` (tampered with, or broken);
    ``valid`` (intact, by a signer that is not on the trust list); ``trusted`` (intact, by one that is); ``remote`` (the file
    only names an address where its manifest is: it is never fetched); ``unreadable`` (the reader cannot parse
    the file, or a manifest that it does not know, such as one of before the standard). Null where a record has neither image
    nor clip. Nothing goes over the network: remote manifests and OCSP are switched off. Cost: 3 ms for a file with a manifest,
    0.3 ms without.

    Args:
        trust_anchors: a file of certificates as PEM, the roots of signers that are trusted; "" for none, and then nobody is.

    Source: C2PA Technical Specification 2.x, validation states; METRICS 7.6.
    """

    trust_anchors: str = ""

    reads: ClassVar[tuple[str, ...]] = ()
    may_read: ClassVar[tuple[str, ...]] = ("image", "video")
    writes: ClassVar[Mapping[str, pa.DataType]] = {"c2pa": STRUCT}
    requires: ClassVar[tuple[str, ...]] = ("c2pa",)

    def obstacle(self) -> str | None:
        """Whether the trust list can be read."""
        there = not self.trust_anchors or is_file(self.trust_anchors)
        return None if there else f"there is no file {redact(self.trust_anchors)}: give trust_anchors the path of a PEM file"

    def identity(self) -> Mapping[str, Any]:
        """The trust list."""
        return {"anchors": self._anchors} if self._anchors else {}

    @cached_property
    def _anchors(self) -> str:
        return content(self.trust_anchors, _MOST_BYTES).decode() if self.trust_anchors else ""

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Set up the reader."""
        import c2pa

        verify = {"remote_manifest_fetch": False, "ocsp_fetch": False}
        trust = {"trust": {"trust_anchors": self._anchors}} if self._anchors else {}
        context = c2pa.Context(c2pa.Settings.from_dict({"verify": verify, **trust}))
        return lambda batch: {"c2pa": _column(c2pa, context, batch)}


def _column(c2pa: Any, context: Any, batch: pa.RecordBatch) -> pa.Array:
    nothing = pa.nulls(batch.num_rows, pa.binary())
    images, videos = (batch[name] if name in batch.schema.names else nothing for name in ("image", "video"))
    files = [image if image.is_valid else video for image, video in zip(images, videos, strict=True)]
    return pa.array([_read(c2pa, context, file.as_buffer()) if file.is_valid else None for file in files], STRUCT)


def _read(c2pa: Any, context: Any, data: Any) -> dict[str, Any]:
    kind = media_type(data)
    if kind is None:
        return _said("absent")
    try:
        reader = c2pa.Reader.try_create(kind, BytesIO(data), context=context)
        if reader is None:
            return _said("absent")
        with reader:
            state, store = reader.get_validation_state(), orjson.loads(reader.json())
    except c2pa.C2paError.NotSupported:  # of files of this kind no manifest can be told
        return _said("absent")
    except c2pa.C2paError as error:
        return _said("remote" if "remote manifest" in str(error).lower() else "unreadable")
    found = manifest_of(store)
    return {**_said(_STATES.get(str(state), "unreadable")), **found._asdict()}


def _said(state: str) -> dict[str, Any]:
    return {"state": state, "failures": [], "generator": None, "sources": [], "ingredients": 0, "missing": 0, "opted_out": []}
