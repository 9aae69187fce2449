"""What documents have against their JSON Schemas."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa

from engine.feature import Columns, Feature
from operators.features.common_schema import text_at
from operators.kernels.buffers import strings, valid_mask
from operators.kernels.json_syntax import check
from operators.kernels.schema_errors import Validation, Verdict

Dialect = Literal["draft-04", "draft-06", "draft-07", "2019-09", "2020-12"]
ERRORS = pa.list_(pa.struct([("keyword", pa.string()), ("path", pa.string()), ("message", pa.string())]))
_MAX_DEPTH = 128
_MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class SchemaErrors(Feature):
    """``schema_status`` and ``schema_errors`` of ``json`` under ``schema``, by jsonschema-rs in a process of its own.

    The status is ``valid`` or ``invalid`` (with the keyword, path and message of the first 16 errors; values are masked);
    ``not_json`` (`operators.kernels.json_syntax`, 128 levels at most); ``schema`` where that cannot be compiled: it is not
    valid itself, or refers to what is not in ``registry``; ``undecided`` where a pattern goes back too often (100,000 steps;
    only those that look around go back at all, all others are matched in linear time) or a number has thousands of digits;
    ``timeout`` (1 s and 20 us a character of processor time: the one status that depends on the machine), ``crash``,
    ``too_long``.
    Nothing is ever fetched. Rows without a document or a schema have none. Cost: about 40 us a small document where schemas
    repeat; compiling a schema takes 0.1 to 10 ms.

    Args:
        dialect: of schemas whose ``$schema`` names none of the five, nor a metaschema of the registry.
        formats: whether ``format`` is asserted. 2020-12 makes it a mere annotation unless asked for, and so do we.
        registry: a file of further schemas that ``$ref`` may name: a JSON object from URI to schema.

    Source: JSON Schema drafts 4 to 2020-12; JSON-Schema-Test-Suite.
    """

    dialect: Dialect = "2020-12"
    formats: bool = False
    registry: str = ""

    reads: ClassVar[tuple[str, ...]] = ("json", "schema")
    writes: ClassVar[Mapping[str, pa.DataType]] = {"schema_status": pa.string(), "schema_errors": ERRORS}
    requires: ClassVar[tuple[str, ...]] = ("jsonschema_rs",)
    stores: ClassVar[bool] = True

    def identity(self) -> Mapping[str, Any]:
        """The validator's version, and the registry."""
        return {"jsonschema_rs": version("jsonschema-rs"), "registry": text_at(self.registry) if self.registry else ""}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """The validating process starts with the first document."""
        registry = json.loads(text_at(self.registry)) if self.registry else {}
        validation = Validation({"dialect": self.dialect, "formats": self.formats, "registry": registry})
        return lambda batch: _columns(validation, batch)


def _columns(validation: Validation, batch: pa.RecordBatch) -> Columns:
    texts = strings(batch["json"])
    codes, _ = check(texts.offsets, texts.data, _MAX_DEPTH)
    sizes = np.diff(texts.offsets) + np.diff(strings(batch["schema"]).offsets)
    both = texts.valid & valid_mask(batch["schema"])
    rows = np.flatnonzero(both & (codes == 0) & (sizes <= _MOST_BYTES)).tolist()
    chosen = batch.select(["schema", "json"]).take(pa.array(rows, pa.int64()))
    pairs = list(zip(chosen["schema"].to_pylist(), chosen["json"].to_pylist(), strict=True))
    verdicts: list[Verdict] = [("", [])] * len(batch)
    for row in np.flatnonzero(both & (sizes > _MOST_BYTES)).tolist():
        verdicts[row] = ("too_long", [])
    for row in np.flatnonzero(both & (codes != 0)).tolist():
        verdicts[row] = ("not_json", [])
    for row, verdict in zip(rows, validation(pairs), strict=True):
        verdicts[row] = verdict
    errors = [[dict(zip(("keyword", "path", "message"), error, strict=True)) for error in of] for _, of in verdicts]
    return {
        "schema_status": pa.array([status or None for status, _ in verdicts], pa.string()),
        "schema_errors": pa.array(errors, ERRORS, mask=~both),
    }
