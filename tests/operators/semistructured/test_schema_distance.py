"""The distance of discovered schemas beside what genson's schemas say."""

import json

import numpy as np
import pyarrow as pa
import pytest
from genson import SchemaBuilder

from operators.semistructured.schema_distance import SchemaDistance


def measure(mine, theirs, **parameters):
    metric = SchemaDistance(**parameters)
    states = []
    for side in (mine, theirs):
        columns = {"_id": range(len(side)), "_fault": pa.nulls(len(side), pa.string())}
        texts = pa.array([one if isinstance(one, str | None) else json.dumps(one) for one in side], pa.string())
        states.append(metric.fold(pa.RecordBatch.from_pydict({**columns, "json": texts})))
    return metric.compare(*states)


def said(documents):
    """The statements of genson's schema: kinds at paths, and required keys."""
    builder = SchemaBuilder()
    for document in documents:
        builder.add_object(document)
    statements = set()

    def walk(schema, path):
        for one in schema.get("anyOf", [schema]):
            kinds = one["type"] if isinstance(one["type"], list) else [one["type"]]
            statements.update((path, kind) for kind in kinds)
            statements.update(((*path, key), "required") for key in one.get("required", ()))
            for key, child in one.get("properties", {}).items():
                walk(child, (*path, key))
            if "items" in one:
                walk(one["items"], (*path, 0))

    walk(builder.to_schema(), ())
    return statements


def made(seed, n=12):
    draw = np.random.default_rng(seed)

    def value(depth):
        kind = draw.integers(7 if depth < 2 else 5)
        if kind == 5:
            return {str(key): value(depth + 1) for key in draw.choice(["a", "b", "c"], draw.integers(1, 4), replace=False)}
        return [None, True, "x", 2.5, "y"][kind] if kind < 5 else [value(depth + 1) for _ in range(draw.integers(1, 3))]

    return [{"id": at + 0.5, **{str(key): value(0) for key in draw.choice(["p", "q"], 1)}} for at in range(n)]


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_distance_of_what_genson_says(seed):
    mine, theirs = made(seed), made(seed + 100)
    one, other = said(mine), said(theirs)
    value = measure(mine, theirs)
    assert value.value == pytest.approx(len(one ^ other) / len(one | other))
    assert value.n == len(one | other)
    required = [{path for path, what in side if what == "required"} for side in (one, other)]
    assert value.parts["required"].value == pytest.approx(len(required[0] ^ required[1]) / len(required[0] | required[1]))


def test_whole_numbers_are_numbers_where_there_are_fractions():
    assert measure([{"a": 1}], [{"a": 1.5}]).value == 0
    assert measure([{"a": 1}], [{"a": "1"}]).value == pytest.approx(2 / 4)
    assert measure([{"a": 1}, {"a": 0.5}], [{"a": 2}]).value == 0


def test_what_one_side_alone_says_is_named():
    value = measure([{"a": None}], [{"a": 1, "b": []}])
    assert [*value.parts][2:] == [
        "only here: null at $.a",
        "only there: array at $.b",
        "only there: integer at $.a",
        "only there: required $.b",
    ]


def test_what_cannot_be_told():
    assert measure([None], [{"a": 1}]).reason == "no record of the subject has a JSON document"
    assert measure(["1"], ["2"]).parts["required"].reason == "neither schema says anything of that sort"
    many = [{f"k{at}": 1} for at in range(40)]
    assert "more than 16 paths" in measure(many, many, paths=16).reason
