"""What is lost with a few edges: nothing where classes are plain, much where they hang on one edge."""

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest

from operators.semistructured.edge_flip_drop import EdgeFlipDrop, _lost
from operators.semistructured.graph_classification import GraphClassification
from tests.operators.semistructured.graphs_given import SHARED, batch_of, shared_graphs


def measure(mine, theirs, **parameters):
    metric = EdgeFlipDrop(**parameters)
    return metric.compare(
        *(metric.fold(batch_of(graphs, label=pa.array(labels, pa.string()))) for graphs, labels in (mine, theirs))
    )


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def brittle(seed, n=60):
    """One ring, or two of half the size: one edge led elsewhere may join them, or part the one."""
    draw = np.random.default_rng(seed)
    graphs = []
    for at in range(n):
        half = int(draw.integers(8, 30))
        graphs.append(nx.cycle_graph(2 * half) if at % 2 else nx.disjoint_union(nx.cycle_graph(half), nx.cycle_graph(half)))
    return graphs, ["one" if at % 2 else "two" for at in range(n)]


def plain(seed, n=60):
    graphs = [nx.gnm_random_graph(24, 100 if at % 2 else 30, seed=seed + at) for at in range(n)]
    return graphs, ["dense" if at % 2 else "sparse" for at in range(n)]


def test_plain_classes_lose_nothing_and_brittle_ones_much():
    sturdy, lost = measure(plain(0), plain(100)), measure(brittle(0), brittle(100))
    assert sturdy.value == sturdy.low == sturdy.high == 0
    assert parts(sturdy)["20% of edges changed"] == 1
    assert lost.low > 0.1
    assert parts(lost)["0% of edges changed"] > 0.9 > parts(lost)["20% of edges changed"]
    assert parts(lost)["real"] > 0


def test_as_they_are_it_is_graph_classification():
    sides = brittle(0), brittle(100)
    metric = GraphClassification()
    folded = [metric.fold(batch_of(graphs, label=pa.array(labels, pa.string()))) for graphs, labels in sides]
    assert parts(measure(*sides))["0% of edges changed"] == pytest.approx(metric.compare(*folded).value, abs=0.1)


def test_the_loss_is_paired():
    classes = np.array(["a", "a", "b", "b", "b"], object)
    before, after = np.array([1, 1, 1, 0, 1], bool), np.array([0, 1, 1, 1, 0], bool)
    value = _lost(before, after, (np.empty((5, 0)), classes, np.ones(5, np.int64)))
    assert value.value == pytest.approx((0.5 + 0) / 2)


def test_what_cannot_be_told():
    graphs, labels = plain(0, 20)
    assert measure((graphs, ["x"] * 20), plain(5)).reason == "the subject has fewer than two classes"
    value = measure((["[", *graphs, None], ["dense", *labels, "dense"]), plain(5))
    assert value.skipped == {"no graph": 1, "no graph that is well formed, or no node": 1}


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_enzymes_lose_accuracy_step_by_step():
    texts, labels = shared_graphs("enzymes")
    order = np.random.default_rng(1).permutation(len(texts)).tolist()
    sides = [([texts[at] for at in some], [labels[at] for at in some]) for some in (order[:250], order[250:500])]
    found = parts(measure(*sides))
    assert found["0% of edges changed"] > found["20% of edges changed"]
