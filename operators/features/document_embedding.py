"""Vectors of JSON documents by their paths and values, without a model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.feature import Columns, Feature
from operators.kernels import json_paths
from operators.kernels.buffers import strings
from operators.kernels.count_sketch import sketched
from operators.kernels.hashing import mix
from operators.kernels.json_paths import BOOLEAN, INTEGER, NUMBER, STRING, Nodes
from operators.kernels.json_syntax import check
from operators.kernels.vectors import VECTOR, column, unit
from operators.semistructured._documents import MAX_DEPTH, value_cells

Of = Literal["", "paths", "values"]
_KIND, _STEP = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_COARSER = (1, 10, 100)
"""Numbers are seen in buckets of 1 %, 10 % and a factor of 2.7, so that near ones have much in common."""


@dataclass(frozen=True)
class DocumentEmbedding(Feature):
    """``embedding``: the vector of ``json``, by which paths it has and, if wanted, what stands there.

    Each pair of path and kind of value counts as often as it is there; ``of = "values"`` adds each value at its path: booleans
    and strings as they are, numbers in three buckets, a fine, a coarse and a very coarse one, of a third each. The counts are
    put into ``d`` places by hash, with an error of about ``d**-0.5`` of a cosine. So every metric on embeddings (Vendi score,
    distances to the nearest, membership, precision and coverage) is about structure. The order of keys and of an array's
    elements and the spelling of numbers and strings change nothing. Null for what is not strict JSON, and for more than 262,144
    values. Cost: 1 us a value, and 10 us for its 512 places.

    Args:
        of: what of a document is seen; must be named.
        d: places.

    >>> texts = ['{"a": 1, "b": "x"}', '{"b": "\\\\u0078", "a": 1.0}', '{"a": 7, "b": "x"}', "{"]
    >>> one, same, other, none = DocumentEmbedding("values").open()(pa.RecordBatch.from_pydict({"json": texts}))["embedding"]
    >>> one == same, one == other, none.as_py()
    (True, False, None)

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured diversity and privacy; Weinberger et al. 2009.
    """

    of: Of = ""
    d: Annotated[int, Field(ge=16, le=4096)] = 512

    reads: ClassVar[tuple[str, ...]] = ("json",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"embedding": VECTOR}
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = 'it makes every metric on embeddings one on paths or values: say of = "paths" or "values"'

    def obstacle(self) -> str | None:
        """Whether it is said what is seen."""
        return None if self.of else 'say what of documents is seen: of = "paths" or "values" in [features.document_embedding]'

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: self._columns(batch["json"])

    def _columns(self, documents: pa.Array) -> Columns:
        texts = strings(documents)
        codes, _ = check(texts.offsets, texts.data, MAX_DEPTH)
        valid = texts.valid & (codes == 0)
        found, cut = json_paths.nodes(texts, valid)
        valid = valid & ~cut
        places = np.cumsum(valid) - 1
        rows, things, weights = _things(found, self.of == "values")
        vectors = sketched(places[rows], things, int(valid.sum()), self.d, weights)
        return {"embedding": column(unit(vectors), valid)}


def _things(found: Nodes, values: bool) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.float64]]:
    """What is counted: the rows, hashes and weights."""
    kinds = mix(found.path + mix(found.kind.astype(np.uint64) + _KIND))
    parts = [(found.row, kinds, np.ones(len(kinds)))]
    if values:
        numeric = (found.kind == INTEGER) | (found.kind == NUMBER)
        cells = value_cells(found) // 3
        for coarse in _COARSER:
            bucket = mix(mix((cells[numeric] // coarse).astype(np.uint64)) + np.uint64(coarse))
            parts.append((found.row[numeric], mix(kinds[numeric] ^ bucket), np.full(len(bucket), 1 / len(_COARSER))))
        for kind, value in ((STRING, found.text), (BOOLEAN, found.number.astype(np.uint64))):
            held = found.kind == kind
            parts.append((found.row[held], mix(kinds[held] ^ mix(value[held] + _STEP)), np.ones(int(held.sum()))))
    rows, things, weights = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return rows, things, weights
