"""JSON by its standard."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Sample
from engine.state.sample import estimate
from engine.value import Value
from operators.kernels.buffers import strings
from operators.kernels.first_fault import SKIPPED, VALID, judged, nothing_judged, valid_share
from operators.kernels.hashing import hash_array
from operators.kernels.json_syntax import FAULTS, check

_SAMPLE, _SAMPLED_BYTES, _MOST_BRACKETS = 256, 1 << 13, 1000
"""A broken document with more brackets is not repaired: json-repair takes the square of their number."""


@dataclass(frozen=True)
class StrictJson(Metric[Product]):
    """The share of documents that are strict JSON.

    ``valid / documents``. Valid is one RFC 8259 value with white space around it, and more strictly than most parsers: no
    ``NaN`` or ``Infinity``, no comments, trailing commas, leading zeros or raw control characters, no key twice in an object
    (compared unescaped), no escaped lone surrogate (RFC 7493: such a string is no Unicode text), nothing after the value,
    and at most ``max_depth`` levels. A byte order mark is a syntax error. Skipped: null. Parts are the shares with each fault;
    a document counts under its first, except that duplicate keys are seen when their object ends. The part ``repairable`` is
    the share of the broken ones that json-repair makes an object or an array of, as lenient readers do: how much one that
    repairs would still read, not that it reads what was meant. It is estimated from 256 distinct ones of up to 8 kB.

    0 to 1, higher is better, Wilson interval. Cost: one pass over the bytes, about 300 MB/s a core; memory grows with
    the keys of the objects that are open. Two keys with equal 64-bit hashes count as one (chance k**2 / 2**65 for k keys).

    >>> texts = ['{"a": [1, 2.5e3]}', '{"a": 1, "\\\\u0061": 2}', "[1,]"]
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], "_fault": pa.nulls(3, pa.string()), "json": texts})
    >>> value = StrictJson().value(StrictJson().fold(batch))
    >>> value.n, [entry.note for entry in value.evidence], value.parts["repairable"].value
    (3, ['duplicate key at byte 9', 'trailing comma at byte 3'], 1.0)

    Source: RFC 8259; RFC 7493 (I-JSON), sections 2.1 and 2.3.
    """

    max_depth: Annotated[int, Field(ge=1, le=10_000)] = 128

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("json",)
    unit: ClassVar[str] = "share of documents"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "RFC 8259"
    version: ClassVar[int] = 2

    def zero(self) -> Product:
        """No documents."""
        return nothing_judged() + Product({"broken": Sample(_SAMPLE)})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Check each document."""
        view = strings(batch["json"])
        codes, positions = check(view.offsets, view.data, self.max_depth)
        codes = np.where(view.valid, codes, SKIPPED)
        broken = np.flatnonzero((codes > VALID) & (np.diff(view.offsets) <= _SAMPLED_BYTES))
        texts = batch["json"].take(pa.array(broken, pa.int64()))
        drawn = Product({"broken": Sample.of(hash_array(texts)[:, 0], texts, _SAMPLE)})
        lines = judged(batch, codes, FAULTS, lambda row: f"{FAULTS[codes[row] - 1].replace('_', ' ')} at byte {positions[row]}")
        return lines + drawn

    def value(self, state: Product) -> Value:
        """The share of valid documents."""
        parts = {"repairable": _repairable(state["broken"])} if state["broken"].entries else {}
        return valid_share(state, "no record has a document", parts)


def _repairable(broken: Sample) -> Value:
    """The share of broken documents that can be repaired."""
    if find_spec("json_repair") is None:
        return Value.missing("needs the package json_repair: pip install json-repair")
    tried = [(text, count) for _, count, text in broken.entries if text.count("{") + text.count("[") <= _MOST_BRACKETS]
    if not tried:
        return Value.missing("no broken document is simple enough to be repaired")
    repaired = np.array([_repaired(text) for text, _ in tried])
    return estimate(repaired, np.array([count for _, count in tried]), len(broken.entries) < broken.size, 1.0)


def _repaired(text: str) -> bool:
    """Whether json-repair makes an object or an array of the text, and not one of nothing."""
    from json_repair import repair_json

    try:
        found = repair_json(text, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError):  # too deep
        return False
    return isinstance(found, (dict, list)) and len(found) > 0
