"""Knowledge graphs beside scipy's divergence and Python's sets."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from scipy.spatial.distance import jensenshannon

from operators.features.triple_parts import TripleParts
from operators.semistructured.relation_jsd import RelationJsd
from tests.operators.semistructured.graphs_given import SHARED


def batch(triples):
    columns = dict(zip(("head", "relation", "tail"), map(list, zip(*triples, strict=True)), strict=True))
    fields = {name: pa.array(column, pa.string()) for name, column in columns.items()}
    return pa.RecordBatch.from_pydict({"_id": range(len(triples)), "_fault": pa.nulls(len(triples), pa.string()), **fields})


def measure(mine, theirs, **parameters):
    metric = RelationJsd(**parameters)
    return metric.compare(metric.fold(batch(mine)), metric.fold(batch(theirs)))


def nations(name):
    return [tuple(line.split("\t")) for line in (SHARED / "nations" / f"{name}.txt").read_text().splitlines()]


def by_scipy(mine, theirs):
    one, other = (Counter(relation for _, relation, _ in side) for side in (mine, theirs))
    names = sorted({*one, *other})
    return jensenshannon([one[name] for name in names], [other[name] for name in names], base=2) ** 2


def made(seed, size=500):
    draw = np.random.default_rng(seed)
    return [(f"e{draw.integers(9)}", f"r{int(draw.exponential(3))}", f"e{draw.integers(9)}") for _ in range(size)]


def test_the_divergence_is_scipy_s_and_the_shares_those_of_sets():
    mine, theirs = made(1), made(2, 700)
    value = measure(mine, theirs)
    assert value.value == pytest.approx(by_scipy(mine, theirs))
    common = {*mine} & {*theirs}
    parts = value.parts
    assert parts["triple precision"].value == len(common) / len({*mine})
    assert parts["triple recall"].value == len(common) / len({*theirs})
    assert parts["triple F1"].value == pytest.approx(2 * len(common) / (len({*mine}) + len({*theirs})))
    assert parts["types"].value is None
    assert value.low <= parts["same source"].value <= value.high


def test_by_hand_types_and_what_is_missing():
    mine = [("a", "type", "cat"), ("b", "type", "dog"), ("a", "likes", "b"), ("a", None, "b"), ("", "likes", "b")]
    value = measure(mine, [("c", "rdf:type", "cat"), ("c", "type", "cat")])
    assert (value.n, value.skipped) == (3, {"a part is missing": 2})
    assert value.parts["types"].value == pytest.approx(by_scipy([(0, "cat", 0), (0, "dog", 0)], [(0, "cat", 0)]))
    assert measure(mine, [("c", "isa", "cat")], type_relations=("isa",)).parts["types"].value is None


def test_beyond_the_size_shares_are_estimates():
    theirs = [(f"e{at}", "r", "x") for at in range(4000)]
    value = measure(theirs[1000:] + [(f"f{at}", "r", "x") for at in range(1000)], theirs, size=512).parts["triple precision"]
    assert value.estimator == "sample"
    assert value.low < 0.75 < value.high
    assert 300 < value.n <= 512


def test_triples_in_one_text():
    texts = ["a\tr\tb", "  a b | r | c d ", '["a", " r", "b"]', '["a", "r"]', "a r b", "a\tb\tc\td", None, "[", "a|r|b", "\t\t"]
    columns = TripleParts().open()(pa.RecordBatch.from_pydict({"triple": pa.array(texts, pa.string())}))
    rows = list(zip(*(columns[name].to_pylist() for name in ("head", "relation", "tail")), strict=True))
    assert rows[:3] == [("a", "r", "b"), ("a b", "r", "c d"), ("a", "r", "b")]
    assert rows[3:] == [(None,) * 3] * 7
    assert [
        len(column)
        for column in TripleParts().open()(pa.RecordBatch.from_pydict({"triple": pa.nulls(2, pa.string())})).values()
    ]


@pytest.mark.skipif(not (SHARED / "nations").exists(), reason="needs ../shared/data")
def test_nations_is_split_at_random():
    train, test = nations("train"), nations("test")
    value = measure(test, train)
    assert value.value == pytest.approx(by_scipy(test, train))
    assert value.parts["triple precision"].value == 0  # the test triples are none of the training's
    assert measure(train, train).parts["triple F1"].value == 1
