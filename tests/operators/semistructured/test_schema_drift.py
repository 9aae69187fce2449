"""Documents of a producer's next version, under schemas that let a format grow and under others."""

import json

import pyarrow as pa
import pytest

from operators.semistructured.schema_drift import CHANGES, SchemaDrift, drifted
from tests.operators.semistructured.graphs_given import SHARED

OPEN = {
    "type": "object",
    "properties": {
        "id": {"type": "number"},
        "name": {"type": ["string", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}


def measure(pairs, **parameters):
    metric = SchemaDrift(**parameters)
    texts = [[json.dumps(one) for one in side] for side in zip(*pairs, strict=True)]
    columns = {name: pa.array(side, pa.string()) for name, side in zip(("json", "schema"), texts, strict=True)}
    return metric.value(metric.fold(pa.RecordBatch.from_pydict(columns)))


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def documents(n=40):
    return [{"id": at, "name": "x", "tags": ["a", f"t{at}"]} for at in range(n)]


def test_what_a_schema_allows_stays_valid():
    grown = measure([(document, OPEN) for document in documents()])
    found = parts(grown)
    assert found["added key"] == found["fraction"] == found["empty list"] == found["longer list"] == 1
    assert 0 < found["null"] < 1  # the name may be null, the number and the tags may not
    closed = {**OPEN, "additionalProperties": False, "properties": {**OPEN["properties"], "id": {"type": "integer"}}}
    closed["properties"]["tags"] = {"type": "array", "minItems": 2, "uniqueItems": True}
    tight = parts(measure([(document, closed) for document in documents()]))
    assert tight["added key"] == tight["fraction"] == tight["empty list"] == tight["longer list"] == 0
    assert measure([(document, True) for document in documents()]).value == 1


@pytest.mark.parametrize("kind", sorted(CHANGES))
def test_one_place_is_changed(kind):
    document = {"a": [1, 2, {"b": 3}], "c": "x", "d": [[]]}
    seen = set()
    for seed in range(60):
        new = drifted(json.dumps(document), CHANGES[kind], seed)
        assert json.loads(new) != document
        seen.add(new)
    assert len(seen) == {"added key": 2, "fraction": 3, "null": 4, "empty list": 2, "longer list": 2}[kind]
    assert drifted('"x"', CHANGES["fraction"], 1) is drifted("{}", CHANGES["empty list"], 1) is None


def test_what_is_not_changed():
    value = measure([({"id": "x"}, OPEN), (1, True)])
    assert (value.n, parts(value)) == (2, {"fraction": 1, "null": 1})
    assert value.skipped == {"not valid as they are, or no schema that can be used": 1}
    assert measure([({"id": "x"}, OPEN)]).reason == "no record has a document that is valid under its schema"
    assert measure([(document, OPEN) for document in documents()], sampled=16).estimator == "sample"


@pytest.mark.skipif(not (SHARED / "maskbench").exists(), reason="needs ../shared/data")
def test_schemas_from_the_wild_let_keys_be_added_and_no_nulls():
    pairs = []
    for path in sorted((SHARED / "maskbench").rglob("*.json"))[:80]:
        given = json.loads(path.read_text(encoding="utf-8"))
        pairs += [(test["data"], given["schema"]) for test in given["tests"] if test["valid"]]
    found = parts(measure(pairs))
    assert found["null"] < 0.3 < found["added key"]
