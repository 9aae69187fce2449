"""Labels of nodes: learnt where they follow from where a node stands, and not where they are shuffled."""

import json

import networkx as nx
import numpy as np
import pytest

from operators.kernels.graphs import graphs_of
from operators.semistructured.node_classification import NodeClassification, described
from tests.operators.semistructured.graphs_given import SHARED, batch_of, shared_graphs


def measure(mine, theirs, **parameters):
    metric = NodeClassification(**parameters)
    return metric.compare(*(metric.fold(batch_of(graphs)) for graphs in (mine, theirs)))


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def painted(seed, n=12, shuffled=False):
    """Hubs are those with many neighbours."""
    graphs = []
    for at in range(n):
        graph = nx.barabasi_albert_graph(30, 2, seed=seed + at)
        labels = ["hub" if graph.degree[node] > 4 else "rim" for node in graph]
        labels = np.random.default_rng(seed + at).permutation(labels).tolist() if shuffled else labels
        nx.set_node_attributes(graph, dict(enumerate(labels)), "label")
        graphs.append(graph)
    return graphs


def test_what_follows_from_the_place_is_learnt_and_what_does_not_is_not():
    right, wrong = measure(painted(0), painted(100)), measure(painted(0, shuffled=True), painted(100))
    assert right.value > 0.98
    assert parts(right)["real"] > 0.95
    assert wrong.value < 0.7


def test_neighbours_labels_are_seen_and_the_own_one_is_not():
    def rings(seed, alternating):
        graphs = []
        for at in range(10):
            graph = nx.cycle_graph(12 + 2 * (at % 3))
            draw = np.random.default_rng(seed + at)
            labels = [("CN"[node % 2] if alternating else draw.choice(["C", "N"])) for node in graph]
            nx.set_node_attributes(graph, dict(enumerate(map(str, labels))), "label")
            graphs.append(graph)
        return graphs

    assert measure(rings(0, True), rings(0, True)).value == 1
    assert measure(rings(0, False), rings(50, False)).value < 0.7


def test_the_numbers_are_networkx_s():
    graph = nx.gnp_random_graph(25, 0.2, seed=4, directed=True)
    nx.set_node_attributes(graph, {node: "ab"[node % 2] for node in graph}, "label")
    found = described(graphs_of(batch_of([graph])["graph_structure"])[0])
    plain = nx.Graph(graph)
    neighbours = {node: [plain.degree[v] for v in plain[node]] for node in plain}
    for node in graph:
        own = [graph.out_degree(node), graph.in_degree(node), nx.triangles(plain)[node], nx.clustering(plain)[node]]
        around = [min(neighbours[node]), np.mean(neighbours[node]), max(neighbours[node]), 25]
        assert found[node, :8].tolist() == pytest.approx(own + around)
        shares = [sum(graph.nodes[v]["label"] == label for v in plain[node]) / plain.degree[node] for label in "ab"]
        assert sorted(found[node, 8:])[-2:] == pytest.approx(sorted(shares))


def test_what_cannot_be_told():
    plain, same = [nx.path_graph(5)], painted(0, 2)
    for graph in same:
        nx.set_node_attributes(graph, "x", "label")
    assert measure(same, painted(1)).reason == "the subject has fewer than two classes"
    value = measure([*painted(0), *plain, "["], painted(1))
    assert value.skipped == {"no graph that is well formed": 1, "no labels of nodes": 1}


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_enzymes_teach_enzymes():
    texts, _ = shared_graphs("enzymes")
    order = np.random.default_rng(1).permutation(len(texts)).tolist()
    mine, theirs = [texts[at] for at in order[:80]], [texts[at] for at in order[80:160]]
    value = measure(mine, theirs, size=2000)
    assert value.low > 0.5  # three kinds of secondary structure: a third by chance
    shuffled = []
    for at, text in enumerate(mine):
        document = json.loads(text)
        labels = np.random.default_rng(at).permutation(document["labels"]).tolist()
        shuffled.append(json.dumps({**document, "labels": labels}))
    assert measure(shuffled, theirs, size=2000).high < value.low
