"""Captions that are captions."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import strings, valid_mask
from operators.kernels.character_faults import EMPTY, character_faults
from operators.kernels.first_fault import SKIPPED, VALID, judged, nothing_judged, valid_share
from operators.kernels.media_types import types_of

_FAULTS = ("blank", "characters", "file_name", "address", "markup", "placeholder", "too_short", "too_long", "repeated")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MARKUP = re.compile(r"</?[a-z][a-z0-9]{0,15}(?:\s[^<>]{0,200})?/?>|&(?:amp|lt|gt|quot|nbsp|#\d{1,6});", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_PLACEHOLDER = re.compile(
    r"\W*(?:(?:an? |the )?(?:image|photo|picture|caption|figure|video|clip|alt|text|description|title|untitled|unknown|none|"
    r"null|nan|n/a|na|test|todo|tbd|lorem ipsum.*|<?(?:image|video|unk|pad)>?)(?: of| \d+)?)\W*",
    re.IGNORECASE,
)
_LOOK = 10_000
"""Characters of a caption that are looked at."""


@dataclass(frozen=True)
class CaptionValidity(Metric[Product]):
    """The share of records whose every caption is a caption: words about the picture, and nothing else.

    The first of these that the first faulty caption of a record has counts: ``blank``; ``characters`` (invalid UTF-8, control
    characters, U+FFFD); ``file_name`` (all of it is the name of an image or clip); ``address`` (a URL in it); ``markup`` (an
    HTML tag or entity); ``placeholder`` (all of it is a word such as "image", "caption", "untitled", "n/a"); ``too_short``
    (fewer than ``least_words`` words; scripts without spaces are one word); ``too_long`` (over ``most_words``); ``repeated``
    (two captions of the record are the same). Whether a caption fits a model's window says
    `operators.vision_language.caption_window`, whether it fits the picture `operators.vision_language.clip_score`. Skipped:
    records without a caption.

    0 to 1, higher is better, Wilson interval. Cost: 10 us a caption.

    >>> captions = ["Two dogs run along a beach.", "IMG_2041.jpg", "photo", None]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(4), "_fault": pa.nulls(4, pa.string()), "caption": captions})
    >>> value = CaptionValidity().value(CaptionValidity().fold(batch))
    >>> value.value == 1 / 3, value.evidence[0].note
    (True, 'file name')

    Source: METRICS 7.1; Schuhmann et al. 2022 (LAION-5B), section 3.2 (texts under 5 characters are dropped).
    """

    least_words: Annotated[int, Field(ge=1)] = 1
    most_words: Annotated[int, Field(ge=1)] = 1000

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("caption",)
    may_read: ClassVar[tuple[str, ...]] = ("captions",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "METRICS 7.1"

    def zero(self) -> Product:
        """No records."""
        return nothing_judged()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Judge the captions of a batch's records."""
        texts = _captions(batch)
        flat = pa.array([text for row in texts for text in row], pa.string())
        masks = iter(character_faults(strings(flat))[0].tolist())
        there = valid_mask(batch["caption"]) | np.array([bool(row) for row in texts], np.bool_)
        codes = np.array([self._code(row, [next(masks) for _ in row]) for row in texts], np.int64)
        codes = np.where(there, codes, SKIPPED)
        return judged(batch, codes, _FAULTS, lambda row: _FAULTS[codes[row] - 1].replace("_", " "), "no caption")

    def _code(self, captions: list[str], masks: list[int]) -> int:
        found = (self._fault(text[:_LOOK], mask) for text, mask in zip(captions, masks, strict=True))
        first = next((code for code in found if code), VALID)
        return len(_FAULTS) if first == VALID and len({*captions}) < len(captions) else first

    def _fault(self, text: str, mask: int) -> int:
        words = len(_WORD.findall(text))
        stripped = text.strip()
        faulty = (
            mask & EMPTY or not words,
            mask & ~EMPTY,
            bool(types_of(stripped)) and " " not in stripped,
            _ADDRESS.search(text),
            _MARKUP.search(text),
            _PLACEHOLDER.fullmatch(stripped[:100]),
            words < self.least_words,
            words > self.most_words,
        )
        return next((at + 1 for at, one in enumerate(faulty) if one), VALID)

    def value(self, state: Product) -> Value:
        """The share of records whose captions are captions."""
        return valid_share(state, "no record has a caption")


def _captions(batch: pa.RecordBatch) -> list[list[str]]:
    """The captions of each record: the list, else the one alone."""
    alone = batch["caption"].to_pylist()
    several: list[Any] = batch["captions"].to_pylist() if "captions" in batch.schema.names else [None] * len(alone)
    return [
        [text for text in more if text is not None] if more else [one] * (one is not None)
        for one, more in zip(alone, several, strict=True)
    ]
