"""Records of pictures and texts in which everything is there and fits."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import FAULT, Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.first_fault import SKIPPED, VALID, judged, nothing_judged, valid_share

_FAULTS = (
    "no_media",
    "not_decoded",
    "no_caption",
    "too_small",
    "too_large",
    "aspect",
    "too_short",
    "too_long",
    "frame_rate",
    "extension",
    "hash",
)
_FIELDS = {
    "extension": "the file's name says another format than its bytes",
    "hash": "its SHA-256 is not the one that the record states",
}


@dataclass(frozen=True)
class WellFormed(Metric[Product]):
    """The share of records that are well formed: all there, in its limits, and bound to what the record says of it (WFR).

    The first of these that a record breaks counts: it has an image or a clip (``no_media``) that decodes to its end
    (``not_decoded``); it has a caption, or one of several, that is not blank (``no_caption``, where the data have captions at
    all); the shorter side has at least ``least_side`` pixels (``too_small``), the longer one at most ``most_side``
    (``too_large``), and their ratio is at most ``ratio`` (``aspect``); a clip lasts ``least_seconds`` to ``most_seconds``
    (``too_short``, ``too_long``; where the container says) at ``least_fps`` to ``most_fps`` frames a second (``frame_rate``);
    the extension of its ``path`` is that of its bytes' format (``extension``); ``sha256``, where the record states one, is that
    of its bytes (``hash``). Skipped: records that cannot be read.

    0 to 1, higher is better, Wilson interval. Cost: the decoding, and SHA-256 of the bytes.

    >>> from operators.features.media_facts import STRUCT
    >>> facts = {"decoded": True, "width": 640, "height": 480, "seconds": None, "fps": None, "format": True, "hashed": None}
    >>> rows = [facts, {**facts, "width": 8}, {**facts, "format": False}]
    >>> columns = {"_id": range(3), "_fault": pa.nulls(3, pa.string()), "media_facts": pa.array(rows, STRUCT)}
    >>> value = WellFormed().value(WellFormed().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value == 1 / 3, value.parts["too_small"].value == 1 / 3
    (True, True)

    Source: The LLM Data Auditor (arXiv 2601.17717), vision-language validity (WFR); METRICS 7.1.
    """

    least_side: Annotated[int, Field(ge=1)] = 32
    most_side: Annotated[int, Field(ge=1)] = 16_384
    ratio: Annotated[float, Field(ge=1)] = 10.0
    least_seconds: Annotated[float, Field(ge=0)] = 0.1
    most_seconds: Annotated[float, Field(gt=0)] = 3600.0
    least_fps: Annotated[float, Field(ge=0)] = 1.0
    most_fps: Annotated[float, Field(gt=0)] = 240.0

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("media_facts",)
    may_read: ClassVar[tuple[str, ...]] = ("caption", "captions")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, vision-language validity"

    def zero(self) -> Product:
        """No records."""
        return nothing_judged()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Judge a batch's records."""
        facts: list[dict[str, Any] | None] = batch["media_facts"].to_pylist()
        captioned = _captioned(batch)
        readable = _readable(batch, facts)
        codes = np.array([self._code(one, said) for one, said in zip(facts, captioned, strict=True)], np.int64)
        codes = np.where(readable, codes, SKIPPED)
        return judged(batch, codes, _FAULTS, lambda row: self._note(facts[row], _FAULTS[codes[row] - 1]), "nothing in it")

    def _code(self, facts: dict[str, Any] | None, captioned: bool) -> int:
        if facts is None:
            return 1
        width, height = facts["width"] or 0, facts["height"] or 0
        short, long = min(width, height), max(width, height)
        seconds, fps = facts["seconds"], facts["fps"]
        broken = (
            False,
            not facts["decoded"],
            not captioned,
            short < self.least_side,
            long > self.most_side,
            long > self.ratio * max(1, short),
            bool(seconds) and seconds < self.least_seconds,
            bool(seconds) and seconds > self.most_seconds,
            bool(fps) and not self.least_fps <= fps <= self.most_fps,
            facts["format"] is False,
            facts["hashed"] is False,
        )
        return next((at + 1 for at, one in enumerate(broken) if one), VALID)

    def _note(self, facts: dict[str, Any] | None, fault: str) -> str:
        if facts is None or fault in ("not_decoded", "no_caption"):
            return fault.replace("_", " ")
        shown = f"{facts['width']} x {facts['height']} pixels"
        if fault in ("too_short", "too_long", "frame_rate"):
            shown = f"{facts['seconds'] or 0:.3g} s at {facts['fps'] or 0:.3g} frames a second"
        return _FIELDS.get(fault, f"{fault.replace('_', ' ')}: {shown}")

    def value(self, state: Product) -> Value:
        """The share of well formed records."""
        return valid_share(state, "no record has an image, a clip or a caption")


def _captioned(batch: pa.RecordBatch) -> list[bool]:
    """Which records have a caption that is not blank; all, where the data have no captions."""
    there = [name for name in ("caption", "captions") if name in batch.schema.names]
    if not there:
        return [True] * batch.num_rows
    rows = zip(*(batch[name].to_pylist() for name in there), strict=True)
    return [any(re.search(r"\w", text) for one in row for text in _each(one)) for row in rows]


def _each(said: Any) -> list[str]:
    return [text for text in (said if isinstance(said, list) else [said]) if text]


def _readable(batch: pa.RecordBatch, facts: list[dict[str, Any] | None]) -> NDArray[np.bool_]:
    """Records with anything in them; one that could not be read is judged where its picture is there to be judged."""
    there = np.array([one is not None for one in facts], np.bool_)
    said = [valid_mask(batch[name]) for name in ("caption", "captions") if name in batch.schema.names]
    spoken: NDArray[np.bool_] = np.logical_or.reduce([there, *said])
    return there | (spoken & ~valid_mask(batch[FAULT]))
