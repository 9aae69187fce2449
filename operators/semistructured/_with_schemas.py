"""Documents with their own JSON Schemas, drawn, and what becomes of them when they are changed: what two metrics share."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.state import Product, Sample, Tally
from operators.features.schema_errors import Dialect
from operators.kernels.buffers import strings, valid_mask
from operators.kernels.hashing import hash_array
from operators.kernels.json_syntax import check
from operators.kernels.schema_errors import Validation
from operators.semistructured._documents import MAX_DEPTH

_SAMPLED_BYTES = 1 << 14
_UNDECIDED = ("undecided", "timeout", "crash")

Pair = tuple[int, str, str]
"""A seed, a document and its schema."""


@dataclass(frozen=True)
class WithSchemas(Metric[Product]):
    """Folds documents and schemas into a sample of pairs.

    Args:
        dialect: of schemas that name none, as of [features.schema_errors].
        sampled: pairs that are drawn.
    """

    dialect: Dialect = "2020-12"
    sampled: Annotated[int, Field(ge=16, le=1 << 14)] = 256

    reads: ClassVar[tuple[str, ...]] = ("json", "schema")
    requires: ClassVar[tuple[str, ...]] = ("jsonschema_rs",)

    @property
    def shares(self) -> str:
        """One state, whichever of them are measured."""
        return f"semistructured.documents with schemas, {self.sampled} drawn"

    def zero(self) -> Product:
        """No documents."""
        return Product({"pairs": Sample(self.sampled), "seen": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw documents with their schemas."""
        texts, schemas = strings(batch["json"]), strings(batch["schema"])
        codes, _ = check(texts.offsets, texts.data, MAX_DEPTH)
        both = texts.valid & valid_mask(batch["schema"])
        long = np.diff(texts.offsets) + np.diff(schemas.offsets) > _SAMPLED_BYTES
        reasons = {
            "no document or schema": ~both,
            "not strict JSON": both & (codes != 0),
            "too long to be sampled": both & (codes == 0) & long,
        }
        rows = pa.array(np.flatnonzero(both & (codes == 0) & ~long))
        columns = [batch[name].take(rows) for name in ("json", "schema")]
        hashes = hash_array(pa.StructArray.from_arrays(columns, ["json", "schema"]))[:, 0]
        counts = {reason: int(np.count_nonzero(mask)) for reason, mask in reasons.items()}
        seen = Tally({reason: n for reason, n in counts.items() if n})
        return Product({"pairs": Sample.of(hashes, _Pairs(*columns), self.sampled), "seen": seen})

    def valid(self, state: Product, validation: Validation) -> tuple[list[Pair], dict[str, int]]:
        """The drawn pairs that are valid as they are, and what is skipped."""
        skipped = dict(state["seen"].nonzero())
        pairs: list[Any] = [(seed, count, *orjson.loads(text)) for seed, count, text in state["pairs"].entries]
        before = [status for status, _ in validation([(schema, text) for _, _, text, schema in pairs])]
        good = [
            (seed, text, schema) for (seed, _, text, schema), status in zip(pairs, before, strict=True) if status == "valid"
        ]
        if bad := sum(pair[1] for pair, status in zip(pairs, before, strict=True) if status != "valid"):
            skipped["not valid as they are, or no schema that can be used"] = bad
        return good, skipped


class _Pairs:
    """Documents and schemas as JSON lists, made only for those that are drawn."""

    def __init__(self, documents: pa.Array, schemas: pa.Array) -> None:
        self._columns = documents, schemas

    def __getitem__(self, at: int) -> str:
        return orjson.dumps([column[int(at)].as_py() for column in self._columns]).decode()


def noticed(validation: Validation, pairs: list[tuple[str, str]]) -> list[bool | None]:
    """Whether something is found in each document; None where that is not decided."""
    texts = strings(pa.array([text for _, text in pairs], pa.string()))
    strict = check(texts.offsets, texts.data, MAX_DEPTH)[0] == 0
    verdicts = iter(validation([pair for pair, good in zip(pairs, strict, strict=True) if good]))
    statuses = [next(verdicts)[0] if good else "not_json" for good in strict]
    return [None if status in _UNDECIDED else status != "valid" for status in statuses]
