"""Vectors of graphs beside the Weisfeiler-Lehman subtree kernel by its definition, and what follows from them in an audit."""

from collections import Counter

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest

from operators.features.graph_embedding import GraphEmbedding
from operators.kernels.vectors import matrix
from tests.operators.features.structures_given import audited
from tests.operators.semistructured.graphs_given import SHARED, batch_of, relabelled, shared_graphs, text_of


def vectors(graphs, **parameters):
    return matrix(GraphEmbedding(**parameters).open()(batch_of(graphs))["embedding"])


def counted(graph, rounds):
    """How often each subtree occurs, its name as nested tuples."""
    looks = {node: (graph.nodes[node].get("label"),) for node in graph}
    counts = Counter()
    for at in range(rounds):
        looks = {node: (at, looks[node], tuple(sorted((looks[v] for v in graph[node]), key=repr))) for node in graph}
        counts.update(looks.values())
    return counts


def kernel(a, b, rounds):
    x, y = (counted(graph, rounds) for graph in (a, b))
    inner = sum(x[key] * y[key] for key in x)
    return inner / np.sqrt(sum(v * v for v in x.values()) * sum(v * v for v in y.values()))


def test_cosines_are_the_subtree_kernel():
    graphs = [nx.gnp_random_graph(14, 0.2, seed=at) for at in range(4)]
    graphs += [nx.cycle_graph(9), nx.star_graph(6), nx.barabasi_albert_graph(15, 2, seed=1)]
    for at, graph in enumerate(graphs):
        nx.set_node_attributes(graph, {node: "CN"[(node + at) % 2] for node in graph}, "label")
    for rounds in (1, 3):
        found, valid = vectors(graphs, d=4096, rounds=rounds)
        expected = np.array([[kernel(a, b, rounds) for b in graphs] for a in graphs])
        assert valid.all()
        assert np.abs(found @ found.T - expected).max() < 0.08  # 5 / 4096 ** 0.5


def test_directions_and_labels_are_seen_and_numbering_is_not():
    import random

    graph = nx.gnp_random_graph(20, 0.2, seed=1)
    twin = relabelled(graph, random.Random(2))
    painted = graph.copy()
    nx.set_node_attributes(painted, "C", "label")
    painted.nodes[0]["label"] = "N"
    out, into = nx.DiGraph([(0, 1), (0, 2)]), nx.DiGraph([(1, 0), (2, 0)])
    found, _ = vectors([graph, twin, painted, out, into])
    assert np.array_equal(found[0], found[1])
    assert found[0] @ found[2] < 0.9
    assert found[3] @ found[4] < 0.9


def test_rows_do_not_depend_on_their_batch_and_none_is_none():
    graphs = ["[", text_of(nx.path_graph(4)), '{"nodes": 0, "edges": []}', '{"nodes": 2, "edges": []}', None]
    whole, valid = vectors(graphs)
    assert valid.tolist() == [False, True, False, True, False]
    assert np.array_equal(whole[0], vectors(graphs[1:2])[0][0])
    assert GraphEmbedding().open()(batch_of([]))["embedding"].type == pa.list_(pa.float16())


def test_planted_graphs_are_found_out(tmp_path):
    """Half of the data is the reference's: nearer to it, its members known, and less is there than there seems to be."""
    made = [nx.gnp_random_graph(18, 0.2, seed=at) for at in range(240)]
    texts = [text_of(graph) for graph in made]
    reference, holdout, fresh = texts[:60], texts[60:120], texts[120:]
    copied = [text_of(nx.relabel_nodes(graph, {node: 17 - node for node in graph})) for graph in made[:60]]
    feature = "[features.graph_embedding]\nrounds = 2\n"
    for folder, subject in (("fair", fresh), ("leaks", copied + fresh[:60])):
        (tmp_path / folder).mkdir()
        found = audited(tmp_path / folder, "graph", {"subject": subject, "reference": reference, "holdout": holdout}, feature)
        assert all(value.value is not None for value in found.values()), {n: v.reason for n, v in found.items()}
        if folder == "fair":
            assert found["dcr_share"].low < 0.5 < found["dcr_share"].high
            assert found["membership_inference"].low < 0.5 < found["membership_inference"].high
        else:
            assert found["dcr_share"].low > 0.6
            assert found["membership_inference"].value > 0.95
            assert found["nndr"].value == 0
            assert found["precision"].value > 0.5


def test_the_vendi_score_of_structures_is_vendi_score_s(tmp_path):
    from vendi_score import vendi

    graphs = [nx.gnp_random_graph(12, 0.3, seed=at % 40) for at in range(60)]
    found = audited(
        tmp_path, "graph", {"subject": list(map(text_of, graphs))}, "[features.graph_embedding]\n", ("vendi_score",)
    )
    assert found["vendi_score"].value == pytest.approx(vendi.score_X(vectors(graphs)[0], normalize=True), rel=1e-4)


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_classes_of_enzymes_are_nearer_to_themselves():
    texts, labels = shared_graphs("enzymes")
    found, _ = vectors(texts)
    cosines = (found @ found.T).astype(np.float64)
    np.fill_diagonal(cosines, -1)
    nearest = np.array(labels)[cosines.argmax(axis=1)]
    assert np.mean(nearest == np.array(labels)) > 0.4  # 1/6 by chance
