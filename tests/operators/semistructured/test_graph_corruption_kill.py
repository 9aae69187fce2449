"""Faults put into graphs: each is there, and each is noticed where the data forbids it."""

import json

import networkx as nx
import pytest

from operators.kernels.graph_text import read_graph
from operators.semistructured._graph_rewriting import graph_faults
from operators.semistructured.graph_corruption_kill import GraphCorruptionKill
from tests.operators.semistructured.graphs_given import SHARED, batch_of, shared_graphs, text_of

KINDS = {
    "dropped brace",
    "truncated",
    "dangling edge",
    "repeated id",
    "self-loop",
    "parallel edge",
    "missing end",
    "wrong type",
}


def measure(graphs, **parameters):
    metric = GraphCorruptionKill(**parameters)
    return metric.value(metric.fold(batch_of(graphs)))


def test_all_faults_are_noticed_and_nothing_else():
    value = measure([nx.gnp_random_graph(9, 0.4, seed=at, directed=at % 2 == 1) for at in range(20)])
    assert (value.value, value.n) == (1, 160)
    assert set(value.parts) == KINDS | {"false alarms"}
    assert value.parts["false alarms"].value == 0
    assert value.parts["false alarms"].n == 80


def test_what_the_data_allows_is_not_noticed():
    multi = [json.dumps({"multigraph": True, "nodes": 4, "edges": [[0, 1], [1, 2], [2, at]]}) for at in (0, 1, 3)]
    assert measure(multi).parts["parallel edge"].value == 0
    loops = measure([nx.path_graph(4)], self_loops=True, parallel_edges=True)
    assert {kind for kind, part in loops.parts.items() if part.value == 0} == {"self-loop", "parallel edge", "false alarms"}
    assert loops.value == 6 / 8
    tree = measure(['{"tree": true, "nodes": 3, "edges": [[0, 1], [1, 2]]}'], self_loops=True)
    assert tree.parts["self-loop"].value == 1


def test_a_fault_is_what_it_is_called():
    text = text_of(nx.path_graph(5))
    made = dict(graph_faults(read_graph(text), 3))
    assert set(made) == KINDS
    assert made == dict(graph_faults(read_graph(text), 3))
    assert read_graph(made["dangling edge"]).dangling == 1
    assert read_graph(made["repeated id"]).repeated == 1
    for kind in ("dropped brace", "truncated"):
        with pytest.raises(ValueError, match=r"Expecting|Unterminated|Extra"):
            json.loads(made[kind])
    assert len(json.loads(made["parallel edge"])["links"]) == 5
    assert set(dict(graph_faults(read_graph('{"nodes": 2, "edges": []}'), 1))) == KINDS - {
        "parallel edge",
        "missing end",
        "wrong type",
    }


def test_graphs_with_faults_of_their_own_are_left_out():
    value = measure(['{"nodes": 2, "edges": [[0, 0]]}', nx.path_graph(3), "["], require=("connected",))
    assert value.n == 8
    assert measure(['{"nodes": 2, "edges": [[0, 0]]}']).reason == "no record has a graph in which nothing is found"


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_faults_in_enzymes_are_noticed():
    value = measure(shared_graphs("enzymes")[0], size=64)
    assert (value.value, value.parts["false alarms"].value, value.estimator) == (1, 0, "sample")
