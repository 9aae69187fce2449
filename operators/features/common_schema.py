"""One JSON Schema for all documents."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.feature import Columns, Feature
from engine.storage.files import content

_MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class CommonSchema(Feature):
    """``schema``: the one JSON Schema that all documents should obey, for data that does not bring one for each.

    Args:
        path: of the schema's file, on any filesystem that fsspec knows; or the schema itself, from its first brace on.

    >>> batch = pa.RecordBatch.from_pydict({"json": ["1", "2"]})
    >>> CommonSchema('{"type": "integer"}').open()(batch)["schema"].to_pylist()
    ['{"type": "integer"}', '{"type": "integer"}']
    """

    path: str = ""

    reads: ClassVar[tuple[str, ...]] = ("json",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"schema": pa.string()}
    unasked: ClassVar[str] = "the schema is in no column: name its path"

    def obstacle(self) -> str | None:
        """Whether a schema is named."""
        return None if self.path else "name the JSON Schema: path of [features.common_schema]"

    def identity(self) -> Mapping[str, Any]:
        """The schema's text."""
        return {"schema": hashlib.sha256(text_at(self.path).encode()).hexdigest()[:16]} if self.path else {}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Read the schema."""
        text = pa.array([text_at(self.path)])
        return lambda batch: {"schema": text.take(pa.array(np.zeros(len(batch), np.int64)))}


def text_at(path: str) -> str:
    """The text of a small file; what begins with a brace is the text itself.

    >>> text_at('{"type": "integer"}')
    '{"type": "integer"}'
    """
    if path.lstrip().startswith("{"):
        return path
    return content(path, _MOST_BYTES).decode("utf-8-sig")
