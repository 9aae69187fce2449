"""Relations, types and entities beside sets, and beside scipy's entropy."""

import math
import random

import pyarrow as pa
import pytest

from operators.semistructured.relation_coverage import RelationCoverage
from operators.semistructured.relation_jsd import PARTS


def measure(mine, theirs, **parameters):
    metric = RelationCoverage(**parameters)
    states = []
    for triples in (mine, theirs):
        columns = {name: pa.array(part, pa.string()) for name, part in zip(PARTS, zip(*triples, strict=True), strict=True)}
        states.append(metric.fold(pa.RecordBatch.from_pydict({"_fault": pa.nulls(len(triples), pa.string()), **columns})))
    return metric.compare(*states)


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def made(seed, n=60, names=30):
    draw = random.Random(seed)
    triples = [(f"e{draw.randrange(names)}", f"r{draw.randrange(12)}", f"e{draw.randrange(names)}") for _ in range(n)]
    return [*triples, *((f"e{draw.randrange(names)}", "type", f"t{draw.randrange(6)}") for _ in range(5))]


def test_it_is_sets_and_scipy_s_entropy():
    from scipy.stats import entropy

    mine, theirs = made(1, 20), made(2)
    relations, types, entities = (
        [{r for _, r, _ in side} for side in (mine, theirs)],
        [{t for _, r, t in side if r == "type"} for side in (mine, theirs)],
        [{e for h, _, t in side for e in (h, t)} for side in (mine, theirs)],
    )
    value = measure(mine, theirs)
    assert value.value == len(relations[0] & relations[1]) / len(relations[1])
    found = parts(value)
    assert found["types"] == len(types[0] & types[1]) / len(types[1])
    assert found["entities"] == len(entities[0] & entities[1]) / len(entities[1])
    assert found["new"] == pytest.approx(len(relations[0] - relations[1]) / len(relations[0]))
    counts = [sum(r == name for _, r, _ in mine) for name in relations[0]]
    assert found["entropy"] == pytest.approx(entropy(counts) / math.log(len(counts)))


def test_beyond_the_size_it_is_an_estimate():
    mine, theirs = ([(f"a{at}", f"r{at}", "b") for at in some] for some in (range(2000), range(1000, 3000)))
    value = measure(mine, theirs, size=500)
    assert value.estimator == "sample"
    assert value.value == pytest.approx(0.5, abs=0.08)


def test_what_cannot_be_told():
    whole = [("a", "r", "b")]
    assert measure([("a", None, "b"), *whole], whole).skipped == {"a part is missing": 1}
    assert measure(whole, whole).parts["types"].reason == "the reference has no types"
