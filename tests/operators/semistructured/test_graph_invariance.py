"""Graphs written otherwise: the same by networkx, and the same to every metric; other graphs are not."""

import json
import random

import networkx as nx
import numpy as np
import pytest

from operators.kernels.graph_text import read_graph
from operators.semistructured._graph_rewriting import OTHERWISE, rewired
from operators.semistructured.graph_invariance import GraphInvariance, profiles
from tests.operators.semistructured.graphs_given import SHARED, batch_of, shared_graphs, text_of


def measure(graphs, **parameters):
    metric = GraphInvariance(**parameters)
    return metric.value(metric.fold(batch_of(graphs)))


def labelled(seed, directed=False):
    graph = nx.gnp_random_graph(12, 0.25, seed=seed, directed=directed)
    nx.set_node_attributes(graph, {node: "CN"[node % 2] for node in graph}, "label")
    return graph


@pytest.mark.parametrize("way", sorted(OTHERWISE))
@pytest.mark.parametrize("directed", [False, True])
def test_each_way_writes_the_same_graph(way, directed):
    for seed in range(4):
        graph = labelled(seed, directed)
        text = OTHERWISE[way](read_graph(text_of(graph)), random.Random(seed))
        twin = nx.node_link_graph(json.loads(text), edges="links")
        assert nx.is_isomorphic(graph, twin, node_match=lambda a, b: a["label"] == b["label"])
        assert twin.is_directed() == directed


def test_odd_and_ordinary_graphs_are_judged_alike():
    graphs = [labelled(1), labelled(2, True), nx.petersen_graph(), nx.empty_graph(3), nx.cycle_graph(40), nx.star_graph(5)]
    odd = ['{"nodes": 2, "edges": [[0, 0], [0, 1], [0, 1]]}', '{"tree": true, "nodes": 3, "edges": [[0, 1], [1, 2], [2, 0]]}']
    value = measure([*graphs, *odd])
    assert (value.value, value.n) == (1, 32)
    assert set(value.parts) == {*OTHERWISE, "undecided"}
    assert value.estimator == "exact"
    assert measure(graphs * 10, size=8).estimator == "exact"


def test_another_graph_has_another_profile():
    graph, read = labelled(3), read_graph(text_of(labelled(3)))
    other = nx.Graph(graph)
    other.nodes[0]["label"] = "N"
    moved = rewired(read, 0.1, 1)
    texts = [text_of(graph), text_of(other), json.dumps({"nodes": 12, "edges": moved.ends.reshape(-1, 2).tolist()})]
    found, decided = profiles(batch_of(texts))
    assert decided.all()
    assert len(np.unique(found[:, 1])) == 3


def test_what_is_not_judged():
    value = measure(["[", None, '{"nodes": [1, 1], "edges": []}', nx.path_graph(3), json.dumps({"edges": [[1, 2]] * 4000})])
    assert (value.value, value.n) == (1, 4)
    assert value.skipped == {"no graph": 1, "too long to be sampled": 1, "no graph that is well formed": 2}
    assert measure(["["]).reason == "no record has a graph that can be judged"


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_enzymes_are_judged_alike():
    assert measure(shared_graphs("enzymes")[0], size=64).value == 1
