"""Structures beside the nearest real one: by hand, by the definition of the mean, and for planted edits."""

import json

import numpy as np
import pyarrow as pa
import pytest

from operators.kernels.tree_distance import distance
from operators.semistructured._rewriting import parsed
from operators.semistructured.tree_distance import TreeDistance, tree_of


def batch_of(documents):
    columns = {"_id": range(len(documents)), "_fault": pa.nulls(len(documents), pa.string())}
    return pa.RecordBatch.from_pydict({**columns, "json": pa.array(documents, pa.string())})


def measure(mine, theirs, **parameters):
    metric = TreeDistance(**parameters)
    sides = [[one if isinstance(one, str | None) else json.dumps(one) for one in side] for side in (mine, theirs)]
    return metric.compare(*(metric.fold(batch_of(side)) for side in sides))


def edits(one, other):
    return distance(*(tree_of(parsed(json.dumps(value))) for value in (one, other)))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"a": 1, "b": 2}, {"b": 7, "a": 1.5}, 0),
        ({"a": 1}, {"a": "1"}, 1),
        ({"a": 1}, {"b": 1}, 1),
        ({"a": 1}, {"a": 1, "b": None}, 1),
        ([1, 2, 3], [1, 2], 1),
        ({"a": {"b": 1, "c": 2}}, {"b": 1, "c": 2}, 1),
        ({"x": [1]}, {"x": {"y": 1}}, 2),
        (True, False, 0),
        (1, None, 1),
    ],
)
def test_edits_by_hand(one, other, expected):
    assert edits(one, other) == edits(other, one) == expected


def orders(n, seed=1):
    draw = np.random.default_rng(seed)
    return [{"id": at, "lines": [{"sku": "x", "n": 1}] * int(draw.integers(1, 5))} for at in range(n)]


def test_it_is_the_mean_of_the_least_normalised_distances():
    mine, theirs = orders(20, 1), [*orders(9, 2), {"id": 1, "note": None}]
    mine = [{**document, "extra": True} for document in mine[:10]] + mine[10:]
    trees = [[tree_of(parsed(json.dumps(one))) for one in side] for side in (mine, theirs)]

    def normalised(a, b):
        d = distance(a, b)
        return 2 * d / (len(a.labels) + len(b.labels) + d)

    expected = np.mean([min(normalised(one, other) for other in trees[1]) for one in trees[0]])
    value = measure([*mine, None], theirs)
    assert value.value == pytest.approx(expected)
    assert value.n == 20
    assert value.parts["equal"].value <= 0.5
    assert value.skipped == {"no document": 1}


def test_it_grows_with_the_edits_and_halves_are_near():
    real = orders(100, 3)
    numbers = [measure(some, real).value for some in (orders(100, 4), [{**one, "a": 1} for one in orders(50, 5)])]
    numbers += [measure([{"a": one, "b": [one, one]} for one in orders(50, 5)], real).value, measure(["1"], real).value]
    assert numbers == sorted(numbers)
    assert numbers[0] == 0
    assert measure(orders(100, 4), real).parts["real"].value == 0


def test_what_is_not_compared():
    value = measure([list(range(400)), {"a": 1}, "{"], [{"a": 2}])
    assert (value.value, value.n) == (0, 1)
    assert value.skipped == {"not strict JSON": 1, "too large to be compared": 1}
    assert (
        measure([{"a": 1}], [list(range(400))]).reason == "no record of the reference has a JSON document that can be compared"
    )
    assert measure([{"a": 1}], [{"a": 2}]).parts["real"].reason == "the reference has one document alone"
    assert measure(orders(40), orders(40), documents=8).estimator == "sample"


def test_deep_documents_are_no_crash():
    metric = TreeDistance()
    state = metric.fold(batch_of(["[" * 127 + "]" * 127, '{"a":' * 100 + "1" + "}" * 100]))
    assert metric.compare(state, state).value == 0


def test_documents_that_cost_too_much_are_skipped():
    metric = TreeDistance()
    state = metric.fold(batch_of(['{"a":1,"b":' * 120 + "1" + "}" * 120, "[1]"]))
    value = metric.compare(state, state)
    assert (value.n, value.skipped) == (1, {"too large to be compared": 1})
