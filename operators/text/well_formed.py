"""Well-formed text."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import FAULT, ID, Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import strings, valid_mask
from operators.kernels.character_faults import CONTROL, EMPTY, INVALID, NONCHARACTER, REPLACEMENT, character_faults
from operators.text._verdicts import no_verdicts, pass_rate, verdicts

_MISSING, _UNREADABLE = 32, 64
_FAULTS = {
    "missing": _MISSING,
    "unreadable": _UNREADABLE,
    "empty": EMPTY,
    "invalid_utf8": INVALID,
    "replacement_character": REPLACEMENT,
    "control_character": CONTROL,
    "noncharacter": NONCHARACTER,
}


@dataclass(frozen=True)
class WellFormed(Metric[Product]):
    """The share of records whose text is there and is text.

    ``passed / records``, where a record passes when its text has a character besides white space, is valid UTF-8, and holds
    no U+FFFD (the trace of bytes once decoded wrongly), no C0 control other than tab, line feed and carriage return, and no
    Unicode noncharacter. A byte order mark is allowed. A record without a text fails (``missing``), as does one that could
    not be read (``unreadable``): the text is what such a record is for. Nothing is skipped; a dataset in which no record at
    all has a text is not measured. Parts are the shares of records with each fault; a record may have several. Evidence is
    ranked by how many faulty characters a record has.

    0 to 1, higher is better, with a Wilson interval. Cost: one pass over the bytes, about 2 GB/s a core.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "text": ["fine", "a\\x00b"]})
    >>> metric = WellFormed()
    >>> metric.value(metric.fold(batch)).value
    0.5

    Source: The LLM Data Auditor (arXiv 2601.17717), text validity; Unicode 16.0, section 23.7 (noncharacters).
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("text",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, text validity"

    def zero(self) -> Product:
        """No records."""
        return no_verdicts()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Judge each record."""
        texts, readable = strings(batch["text"]), ~valid_mask(batch[FAULT])
        masks, counts = character_faults(texts)
        present = texts.valid & readable
        masks = np.where(present, masks, np.where(readable, _MISSING, _UNREADABLE))
        return verdicts(masks, np.where(present, counts, 1), batch[ID].to_numpy(), _FAULTS)

    def value(self, state: Product) -> Value:
        """The share of well-formed records."""
        absent = state["faults"]["missing"] + state["faults"]["unreadable"]
        if absent == state["passed"].n:
            return Value.missing("no record has a text", state["faults"].nonzero())
        return pass_rate(state, _FAULTS, "no record has a text")
