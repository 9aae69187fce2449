"""Discovered schemas by hand, beside jsonschema and genson."""

import json
from collections import defaultdict

import genson
import jsonschema
import pytest
from hypothesis import given, settings

from operators.semistructured._shape import json_schema, misfits, shape_of
from operators.semistructured.schema_conformance import SchemaConformance
from tests.operators.semistructured.paths_given import DOCUMENTS, HOSTILE, SHARED, readable, state_of


def test_a_schema_by_hand():
    real = [json.dumps({"id": at, "kind": "ab"[at % 2], **({"note": "x"} if at % 3 else {})}) for at in range(60)]
    made = [
        '{"id": 59, "kind": "a"}',  # fits
        '{"id": 70, "kind": "a"}',  # out of range
        '{"id": 5, "kind": "c"}',  # other value
        '{"id": 5, "kind": null}',  # other kind
        '{"kind": "b"}',  # missing key
        '{"id": 5, "kind": "b", "more": 1}',  # unknown path
        "{",  # not read
    ]
    value = SchemaConformance().compare(state_of(made), state_of(real))
    assert (value.value, value.n, value.skipped) == (pytest.approx(1 / 6), 6, {"not strict JSON": 1})
    names = ("out of range", "other value", "other kind", "missing key", "unknown path")
    assert {name: part.value for name, part in value.parts.items()} == {
        **dict.fromkeys(names, pytest.approx(1 / 6)),
        "paths": 4.0,
        "required keys": 2.0,
        "enumerations": 2.0,
    }
    assert SchemaConformance().compare(state_of(real), state_of(real)).value == 1.0


@pytest.mark.parametrize("odd", ['{"id": "x"}', "7", '{"id": 1, "name": "n", "more": 1}', '{"id": 1}'])
def test_many_copies_of_one_odd_document_are_seen_though_it_is_not_drawn(odd):
    real = [json.dumps({"id": at, "name": f"n{at}"}) for at in range(2000)]
    value = SchemaConformance().compare(state_of([*real, *[odd] * 2000]), state_of(real))
    assert value.estimator == "sample"
    assert value.value == pytest.approx(0.5, abs=0.05)


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS)
def test_documents_fit_their_own_shape_and_schema(documents):
    if not readable(documents):
        return
    shape = shape_of(state_of(documents))
    assert not misfits(shape, documents).any()
    validator = jsonschema.Draft202012Validator(json_schema(shape))
    assert all(validator.is_valid(json.loads(text)) for text in documents)


def same_structure(ours, theirs):
    """Types, required keys and properties, as genson writes them."""
    kinds = lambda schema: {*([schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", ()))}  # noqa: E731
    alternatives = theirs.get("anyOf", [theirs])
    assert kinds(ours) == set().union(*map(kinds, alternatives))
    holding = [one for one in alternatives if "properties" in one]
    assert ours.get("properties", {}).keys() == {key for one in holding for key in one["properties"]}
    for one in holding:
        assert set(ours.get("required", ())) == set(one.get("required", ()))
        for key, inner in one["properties"].items():
            same_structure(ours["properties"][key], inner)
    for one in (one for one in alternatives if "items" in one):
        same_structure(ours["items"], one["items"])


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_structure_is_gensons_on_real_documents():
    groups = defaultdict(list)
    for path in sorted((SHARED / "maskbench").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        tests = [test["data"] for test in record["tests"] if test["valid"] and isinstance(test["data"], dict)]
        groups[path.name] += [value for value in tests if all(value.keys())]
    compared = 0
    for documents in groups.values():
        texts = [json.dumps(document) for document in documents]
        if not texts or "." in "".join(texts) or not readable(texts):  # genson calls 1.0 a number
            continue
        builder = genson.SchemaBuilder()
        for document in documents:
            builder.add_object(document)
        same_structure(json_schema(shape_of(state_of(texts))), builder.to_schema())
        compared += 1
    assert compared >= 50


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_documents(text):
    state = state_of([text, "1"])
    SchemaConformance().compare(state, state)
