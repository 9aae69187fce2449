"""Documents that obey their JSON Schema."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.masking import masked
from engine.metric import Metric
from engine.schema import FAULT, ID, Dimension, Direction
from engine.state import Product, Ratio, RatioBy, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask

_JUDGED = ("valid", "invalid", "not_json")
_REASONS = {
    "schema": "schema that cannot be used",
    "undecided": "undecided",
    "timeout": "takes too long",
    "crash": "validator crashed",
    "too_long": "too long",
}
_PATHS_SHOWN = 10


@dataclass(frozen=True)
class SchemaValidity(Metric[Product]):
    """The share of documents that are valid under their JSON Schema.

    ``valid / documents judged``. The schema is the record's (column ``schema``) or one for all ([features.common_schema]
    path). Its dialect is what its ``$schema`` says, else ``dialect`` of [features.schema_errors], 2020-12 unless the plan names
    another: a validator that guesses the dialect of schemas without ``$schema`` gets 72 of draft 7's own tests wrong.
    ``format`` is asserted only where ``formats`` is set, as 2020-12 has it. Nothing is fetched: a ``$ref`` reaches the
    schema itself, the official metaschemas and the ``registry`` of that feature.

    A document that is not strict JSON (two equal keys, NaN) is not valid, part ``not_json``. Other parts are the shares of
    documents with an error of each keyword, and of each keyword at each path (``type at $.items[].price``, array indices left
    out; the ten most frequent). Skipped, by reason: null; schemas that are wrong themselves, or name what is not there;
    documents that could not be decided (a pattern that goes back without end, a number of thousands of digits) or took too
    long.

    0 to 1, higher is better, Wilson interval. Evidence: the documents with the most errors, values masked. Cost: that of
    `operators.features.schema_errors`.

    >>> errors = [[], [{"keyword": "required", "path": "$.a", "message": '"b" is a required property'}], []]
    >>> columns = {"_id": [0, 1, 2], "_fault": pa.nulls(3, pa.string()), "schema_status": ["valid", "invalid", "not_json"]}
    >>> batch = pa.RecordBatch.from_pydict({**columns, "schema_errors": errors})
    >>> value = SchemaValidity().value(SchemaValidity().fold(batch))
    >>> round(value.value, 3), sorted(value.parts), value.evidence[0].note
    (0.333, ['not_json', 'required', 'required at $.a'], 'required at $.a: "b" is a required property')

    Source: JSON Schema 2020-12, Core and Validation; The LLM Data Auditor (arXiv 2601.17717), semi-structured validity.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("schema_status", "schema_errors")
    unit: ClassVar[str] = "share of documents"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "JSON Schema 2020-12"

    def zero(self) -> Product:
        """No documents."""
        return Product({"valid": Ratio(), "kinds": Tally(), "paths": RatioBy(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count what was found."""
        counts = {one["values"]: one["counts"] for one in pc.value_counts(batch["schema_status"]).to_pylist()}
        judged = sum(counts.get(status, 0) for status in _JUDGED)
        unreadable = int(np.count_nonzero(valid_mask(batch[FAULT]) & ~valid_mask(batch["schema_status"])))
        skipped = {said: counts.get(status, 0) for status, said in _REASONS.items()}
        skipped |= {"no document or schema": counts.get(None, 0) - unreadable, "unreadable": unreadable}
        rows, keywords, places = _of_invalid(batch)
        kinds = {"not_json": counts.get("not_json", 0), **_documents_with(rows, keywords)}
        return Product(
            {
                "valid": Ratio(counts.get("valid", 0), judged),
                "kinds": Tally({kind: n for kind, n in kinds.items() if n}),
                "paths": RatioBy.of(*_once(rows, places)),
                "skipped": Tally({reason: n for reason, n in skipped.items() if n}),
                "worst": _worst(batch, rows),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of valid documents."""
        valid: Ratio = state["valid"]
        skipped = state["skipped"].nonzero()
        if valid.n == 0:
            return Value.missing("no record has a document and a schema that can be used", skipped)
        kinds: dict[str, int] = state["kinds"].nonzero()
        shares = {kind: Ratio(n, valid.n).share() for kind, n in kinds.items()}
        ranked = sorted(state["paths"].ratios.items(), key=lambda entry: (-entry[1][0], entry[0]))[:_PATHS_SHOWN]
        shares |= {masked(place): Ratio(hits, valid.n).share() for place, (hits, _) in ranked}
        plot = Bars(tuple(kinds), tuple(n / valid.n for n in kinds.values()), "share of documents") if kinds else None
        return valid.share().with_(skipped=skipped, parts=shares, plot=plot, evidence=state["worst"].evidence())


def _of_invalid(batch: pa.RecordBatch) -> tuple[Any, pa.Array, pa.Array]:
    """Of each error of an invalid document its row, its keyword, and "keyword at path"."""
    errors = batch["schema_errors"]
    rows, flat = pc.list_parent_indices(errors), pc.list_flatten(errors)
    kept = pc.equal(pc.take(batch["schema_status"], rows), "invalid")
    rows, flat = rows.filter(kept), flat.filter(kept)
    keywords = pc.struct_field(flat, "keyword")
    places = pc.binary_join_element_wise(keywords, pc.struct_field(flat, "path"), " at ")
    return rows.to_numpy(zero_copy_only=False), keywords, places


def _once(rows: Any, names: pa.Array) -> tuple[pa.Array, Any]:
    """Each name once for each row."""
    codes = names.dictionary_encode()
    indices = codes.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    pairs = np.unique(rows.astype(np.int64) * max(1, len(codes.dictionary)) + indices)
    named = codes.dictionary.take(pa.array(pairs % max(1, len(codes.dictionary))))
    return named, np.ones(len(pairs), bool)


def _documents_with(rows: Any, names: pa.Array) -> dict[str, int]:
    return {one["values"]: one["counts"] for one in pc.value_counts(_once(rows, names)[0]).to_pylist()}


def _worst(batch: pa.RecordBatch, rows: Any) -> TopBy:
    errors = np.bincount(rows.astype(np.int64), minlength=len(batch))
    seen = np.flatnonzero(errors)

    def note(at: int) -> str:
        first = batch["schema_errors"][int(seen[at])].as_py()[0]
        return masked(f"{first['keyword']} at {first['path']}: {first['message']}")

    return TopBy.of(errors[seen].astype(np.float64), batch[ID].to_numpy()[seen], note)
