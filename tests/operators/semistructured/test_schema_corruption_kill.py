"""Faults and the documents' own schemas: tight ones notice, loose ones do not."""

import json

import pyarrow as pa
import pytest

from operators.semistructured.schema_corruption_kill import SchemaCorruptionKill
from tests.operators.semistructured.graphs_given import SHARED

TIGHT = {
    "type": "object",
    "required": ["id", "tags"],
    "additionalProperties": False,
    "properties": {"id": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}},
}


def measure(pairs, **parameters):
    metric = SchemaCorruptionKill(**parameters)
    columns = {"json": [text for text, _ in pairs], "schema": [schema for _, schema in pairs]}
    arrays = {
        name: pa.array([one if isinstance(one, str | None) else json.dumps(one) for one in of], pa.string())
        for name, of in columns.items()
    }
    return metric.value(metric.fold(pa.RecordBatch.from_pydict(arrays)))


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def documents(n=40):
    return [{"id": at, "tags": ["x", f"t{at}"]} for at in range(n)]


def test_tight_schemas_notice_all_and_loose_ones_syntax_alone():
    tight = measure([(document, TIGHT) for document in documents()])
    assert (tight.value, tight.n, parts(tight)["false alarms"]) == (1, 240, 0)
    loose = measure([(document, True) for document in documents()])
    noticed = {kind for kind, share in parts(loose).items() if share == 1}
    assert noticed == {"dropped brace", "truncated", "duplicated key"}
    assert loose.value == 0.5
    open_ended = measure([(document, {**TIGHT, "additionalProperties": True, "required": []}) for document in documents()])
    assert parts(open_ended)["missing key"] == parts(open_ended)["misspelt key"] == 0


def test_each_document_is_held_against_its_own_schema():
    pairs = [({"a": 1}, {"required": ["a"]}), ({"a": 2}, {"required": []})]
    assert parts(measure(pairs))["missing key"] == 0.5


def test_what_has_no_faults_put_in():
    pairs = [({"id": 1}, TIGHT), (None, TIGHT), ({"id": 1}, None), ("{", TIGHT), ({"id": 1}, "no schema")]
    value = measure([*pairs, ({"id": 1, "tags": ["x" * 20_000]}, TIGHT), (documents()[0], TIGHT)])
    assert value.n == 6
    assert value.skipped == {
        "no document or schema": 2,
        "not strict JSON": 1,
        "not valid as they are, or no schema that can be used": 2,
        "too long to be sampled": 1,
    }
    assert measure(pairs[:1]).reason == "no record has a document that is valid under its schema"
    assert measure([(document, TIGHT) for document in documents()], sampled=16).estimator == "sample"


@pytest.mark.skipif(not (SHARED / "maskbench").exists(), reason="needs ../shared/data")
def test_schemas_from_the_wild_notice_more_than_syntax():
    pairs = []
    for path in sorted((SHARED / "maskbench").rglob("*.json"))[:80]:
        given = json.loads(path.read_text(encoding="utf-8"))
        pairs += [(test["data"], given["schema"]) for test in given["tests"] if test["valid"]]
    value = measure(pairs)
    assert value.n > 100
    assert parts(value)["wrong type"] > 0.4
    later = [pair for pair in pairs if "draft-04" not in json.dumps(pair[1])]  # to draft 4, 1.0 is no integer
    assert parts(measure(later))["false alarms"] == 0 < parts(value)["false alarms"]
