"""Edges beside other pairs: learnt where something tells them, and not where they are random."""

import networkx as nx
import numpy as np
import pytest

from operators.kernels.graphs import graphs_of
from operators.semistructured.edge_prediction import EdgePrediction, _area, pair_features, stranger
from tests.operators.semistructured.graphs_given import SHARED, batch_of, shared_graphs


def measure(mine, theirs, **parameters):
    metric = EdgePrediction(**parameters)
    return metric.compare(*(metric.fold(batch_of(graphs)) for graphs in (mine, theirs)))


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def worlds(seed, n=15):
    return [nx.connected_watts_strogatz_graph(24, 4, 0.05, seed=seed + at) for at in range(n)]


def coins(seed, n=15):
    return [nx.random_regular_graph(4, 24, seed=seed + at) for at in range(n)]


def test_triangles_tell_edges_and_coins_do_not():
    value = measure(worlds(0), worlds(100))
    assert value.low > 0.85
    assert parts(value)["real"] > 0.85
    assert parts(value)["common neighbours"] > 0.8
    fair = measure(coins(0), coins(100))
    assert fair.low < 0.5 < fair.high  # nor do their degrees, which are all the same


def test_what_is_known_of_a_pair_is_networkx_s_without_the_edge():
    graph = nx.gnp_random_graph(22, 0.3, seed=2)
    nx.set_node_attributes(graph, {node: "ab"[node % 2] for node in graph}, "label")
    read = graphs_of(batch_of([graph])["graph_structure"])[0]
    for u, v in list(graph.edges)[:20]:
        without = nx.Graph(graph)
        without.remove_edge(u, v)
        common = sorted(nx.common_neighbors(without, u, v))
        ends = sorted((without.degree[u], without.degree[v]))
        expected = [
            len(common),
            next(nx.jaccard_coefficient(without, [(u, v)]))[2],
            next(nx.adamic_adar_index(without, [(u, v)]))[2],
            next(nx.resource_allocation_index(without, [(u, v)]))[2],
            *ends,
            next(nx.preferential_attachment(without, [(u, v)]))[2],
            float(u % 2 == v % 2),
        ]
        assert pair_features(read, u, v, (v, u)) == pytest.approx(expected)


def test_the_other_pair_is_no_edge_and_loses_one_too():
    graph = nx.gnp_random_graph(12, 0.7, seed=3)
    read = graphs_of(batch_of([graph])["graph_structure"])[0]
    for node in graph:
        drawn = [stranger(read, node, key) for key in range(300)]
        assert {other for other, _ in drawn} == set(graph) - set(graph[node]) - {node}
        assert {gone for other, gone in drawn if other == drawn[0][0]} == set(graph[drawn[0][0]])
    lone = graphs_of(batch_of(['{"nodes": 3, "edges": [[0, 1]]}'])["graph_structure"])[0]
    assert stranger(lone, 0, 1) == (2, -1)


def test_the_area_is_scikit_learn_s():
    from sklearn.metrics import roc_auc_score

    draw = np.random.default_rng(1)
    classes = np.repeat([1, 0], 100)
    found, counts = np.round(draw.normal(size=200) + classes, 1), draw.integers(1, 4, 200)
    value = _area(found, (np.empty((200, 0)), classes, counts))
    assert value.value == pytest.approx(roc_auc_score(classes, found, sample_weight=counts))


def test_what_cannot_be_told():
    whole = [nx.complete_graph(4)]
    value = measure(whole, worlds(1))
    assert value.reason == "the subject has 0 edges beside pairs that are not joined, fewer than 20"
    assert value.skipped == {"no pair to tell apart": 1}
    assert measure(worlds(0), ["[", *whole]).reason.startswith("the reference has 0 edges")


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_enzymes_teach_enzymes_more_than_random_graphs_do():
    texts, _ = shared_graphs("enzymes")
    order = np.random.default_rng(1).permutation(len(texts)).tolist()
    theirs = [texts[at] for at in order[:60]]
    real = measure([texts[at] for at in order[60:120]], theirs, size=1000)
    random = measure([nx.gnm_random_graph(32, 62, seed=at) for at in range(60)], theirs, size=1000)
    assert real.low > 0.8
    assert random.value < real.value
