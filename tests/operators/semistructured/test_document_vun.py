"""Valid, unique and novel documents beside sets of canonical texts."""

import json

import numpy as np
import pyarrow as pa
import pytest
import rfc8785

from operators.semistructured.document_vun import DocumentVun


def measure(mine, theirs, **parameters):
    metric = DocumentVun(**parameters)
    return metric.compare(
        *(metric.fold(pa.RecordBatch.from_pydict({"json": pa.array(side, pa.string())})) for side in (mine, theirs))
    )


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def made(seed, n=200, kinds=60):
    draw = np.random.default_rng(seed)
    out = []
    for _ in range(n):
        value = {"a": int(draw.integers(kinds)), "b": [1.5, "x"], "c": None}
        keys = draw.permutation(list(value)).tolist()
        out.append(json.dumps({key: value[key] for key in keys}, indent=draw.choice([None, 1])))
    return [*out, "{", '{"a": 1, "a": 2}']


def test_it_is_the_definition():
    mine, theirs = made(1), made(2, n=40)
    forms = [{rfc8785.dumps(json.loads(text)) for text in side[:-2]} for side in (mine, theirs)]
    value = measure(mine, theirs)
    novel = len(forms[0] - forms[1])
    assert value.value == pytest.approx(novel / 202)
    assert parts(value) == pytest.approx({"valid": 200 / 202, "unique": len(forms[0]) / 200, "novel": novel / len(forms[0])})
    assert value.low < value.value < value.high


def test_beyond_the_size_it_is_an_estimate():
    mine, theirs = ([json.dumps({"a": at}) for at in some] for some in (range(4000), range(3000, 7000)))
    value = measure(mine, theirs, size=1000)
    assert value.estimator == "sample"
    assert value.value == pytest.approx(0.75, abs=0.06)


def test_what_cannot_be_told():
    assert measure([None], ["1"]).reason == "no record has a document"
    assert measure(["1"], ["{"]).reason == "the reference has no document that is valid"
    value = measure(["{", None], ["1"])
    assert (value.value, value.reason, value.skipped) == (0, "none of the documents is valid", {"no document": 1})
    assert measure(["1"], ["1"]).value == 0
