"""Nodes in small crowds, beside counting by the definition."""

from collections import Counter

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.semistructured.structural_reidentification import StructuralReidentification
from tests.operators.semistructured.graphs_given import SHARED, batch_of, relabelled, shared_graphs


def measure(graphs, **parameters):
    metric = StructuralReidentification(**parameters)
    return metric.value(metric.fold(batch_of(graphs)))


def found(value):
    return {"neighbourhood": value.value, **{name: part.value for name, part in value.parts.items()}}


def by_definition(graph, k):
    """Degrees, sorted degrees of neighbours, and colour refinement with whole tuples for colours."""
    degree = dict(graph.degree)
    around = {u: (degree[u], tuple(sorted(degree[v] for v in graph[u]))) for u in graph}
    colour = dict.fromkeys(graph, ())
    for _ in range(len(graph)):
        finer = {u: (colour[u], tuple(sorted(colour[v] for v in graph[u]))) for u in graph}
        names = {name: at for at, name in enumerate(sorted(set(finer.values())))}
        colour = {u: (names[finer[u]],) for u in graph}

    def rare(view, least):
        crowd = Counter(view.values())
        return sum(crowd[view[u]] < least for u in graph) / len(graph)

    shares = {"degree": rare(degree, k), "neighbourhood": rare(around, k), "structure": rare(colour, k)}
    return {**shares, "unique": rare(around, 2)}


@settings(max_examples=40, deadline=None)
@given(st.integers(5, 12), st.floats(0.1, 0.7), st.integers(0, 1000), st.integers(2, 5), st.randoms())
def test_it_is_the_definition(size, p, seed, k, draw):
    graph = nx.gnp_random_graph(size, p, seed=seed)
    expected = by_definition(graph, k)
    assert found(measure([graph], k=k)) == pytest.approx(expected)
    assert found(measure([relabelled(graph, draw)], k=k)) == pytest.approx(expected)


def test_by_hand():
    value = measure([nx.star_graph(9), nx.cycle_graph(10), nx.path_graph(3), None], k=5)
    assert found(value) == {"neighbourhood": 1 / 20, "degree": 1 / 20, "structure": 1 / 20, "unique": 1 / 20}
    assert (value.n, value.skipped) == (20, {"fewer than 5 nodes": 1, "no graph that is well formed": 1})
    assert [(entry.record, entry.note) for entry in value.evidence] == [(0, "1 of 10 nodes")]
    # Of a path of 20 the two ends, the two beside them and the rest look alike; from further away all but two of each do.
    assert found(measure([nx.path_graph(20)], k=3)) == {"neighbourhood": 4 / 20, "degree": 2 / 20, "structure": 1, "unique": 0}
    assert measure([nx.path_graph(3)]).value is None


def test_labels_and_directions_are_told_apart():
    graph = nx.cycle_graph(10)
    graph.nodes[0]["label"] = "mayor"
    assert measure([graph]).value == 0
    assert measure([graph], labels=True).value == 3 / 10  # the mayor and both neighbours
    assert measure([nx.DiGraph([(0, at) for at in range(1, 7)] + [(7, 0)])], k=2).value == 2 / 8


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_what_is_known_makes_nodes_rarer():
    texts = shared_graphs("enzymes")[0][:200]
    shares = found(measure(texts))
    assert shares["degree"] < shares["neighbourhood"] < shares["structure"]
    assert measure(texts, k=10).value > measure(texts, k=3).value
