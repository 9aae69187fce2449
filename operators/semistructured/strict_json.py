"""JSON by its standard."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import strings
from operators.kernels.first_fault import SKIPPED, judged, nothing_judged, valid_share
from operators.kernels.json_syntax import FAULTS, check


@dataclass(frozen=True)
class StrictJson(Metric[Product]):
    """The share of documents that are strict JSON.

    ``valid / documents``. Valid is one RFC 8259 value with white space around it, and more strictly than most parsers: no
    ``NaN`` or ``Infinity``, no comments, trailing commas, leading zeros or raw control characters, no key twice in an object
    (compared unescaped), no escaped lone surrogate (RFC 7493: such a string is no Unicode text), nothing after the value,
    and at most ``max_depth`` levels. A byte order mark is a syntax error. Skipped: null. Parts are the shares with each fault;
    a document counts under its first, except that duplicate keys are seen when their object ends.

    0 to 1, higher is better, Wilson interval. Cost: one pass over the bytes, about 300 MB/s a core; memory grows with
    the keys of the objects that are open. Two keys with equal 64-bit hashes count as one (chance k**2 / 2**65 for k keys).

    >>> texts = ['{"a": [1, 2.5e3]}', '{"a": 1, "\\\\u0061": 2}', "[1,]"]
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], "_fault": pa.nulls(3, pa.string()), "json": texts})
    >>> value = StrictJson().value(StrictJson().fold(batch))
    >>> value.n, [entry.note for entry in value.evidence]
    (3, ['duplicate key at byte 9', 'trailing comma at byte 3'])

    Source: RFC 8259; RFC 7493 (I-JSON), sections 2.1 and 2.3.
    """

    max_depth: Annotated[int, Field(ge=1, le=10_000)] = 128

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("json",)
    unit: ClassVar[str] = "share of documents"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "RFC 8259"

    def zero(self) -> Product:
        """No documents."""
        return nothing_judged()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Check each document."""
        view = strings(batch["json"])
        codes, positions = check(view.offsets, view.data, self.max_depth)
        codes = np.where(view.valid, codes, SKIPPED)
        return judged(batch, codes, FAULTS, lambda row: f"{FAULTS[codes[row] - 1].replace('_', ' ')} at byte {positions[row]}")

    def value(self, state: Product) -> Value:
        """The share of valid documents."""
        return valid_share(state, "no record has a document")
