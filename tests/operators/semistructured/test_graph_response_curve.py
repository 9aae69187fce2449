"""Rewiring: which edges change, and that the discrepancy grows with them where there is something to lose."""

import networkx as nx
import numpy as np
import pytest
from scipy.stats import spearmanr

from operators.kernels.graph_text import read_graph
from operators.semistructured._graph_rewriting import rewired
from operators.semistructured.graph_mmd import GraphMmd
from operators.semistructured.graph_response_curve import GraphResponseCurve
from operators.semistructured.response_curve import SHARES
from tests.operators.semistructured.graphs_given import SHARED, batch_of, shared_graphs, text_of


def measure(graphs, **parameters):
    metric = GraphResponseCurve(**parameters)
    return metric.value(metric.fold(batch_of(graphs)))


def edges(read):
    return {tuple(sorted(pair)) for pair in read.ends.reshape(-1, 2).tolist()}


def test_a_larger_share_changes_what_a_smaller_one_does():
    read = read_graph(text_of(nx.gnm_random_graph(30, 60, seed=1)))
    lost = [edges(read) - edges(rewired(read, share, 7)) for share in (0.0, 0.1, 0.2, 0.5)]
    assert [len(some) for some in lost][:2] == [0, 6]
    assert len(lost[2]) >= 11
    assert lost[1] <= lost[2] | edges(rewired(read, 0.2, 7))
    for share in (0.1, 0.5):
        made = rewired(read, share, 7)
        assert len(edges(made)) == len(made.ends) // 2 == 60
    assert edges(rewired(read_graph(text_of(nx.complete_graph(5))), 0.5, 1)) == edges(read_graph(text_of(nx.complete_graph(5))))


def test_it_grows_in_small_worlds():
    value = measure([nx.connected_watts_strogatz_graph(24, 4, 0.05, seed=at) for at in range(30)])
    assert value.value > 0.98
    assert value.parts["clustering"].value > 0.95
    assert value.parts["50% rewired"].value > value.parts["1% rewired"].value >= 0 == value.parts["0% rewired"].value
    assert value.plot.x == SHARES


def test_it_is_the_correlation_of_the_biased_discrepancies():
    graphs = [nx.barabasi_albert_graph(20, 2, seed=at) for at in range(12)]
    value, metric = measure(graphs), GraphMmd(max_nodes=300)
    found = [value.parts[f"{share:.0%} rewired"].value for share in SHARES]
    assert value.value == pytest.approx(spearmanr(SHARES, found).statistic)
    state = GraphResponseCurve().fold(batch_of(graphs))
    entries = state["sample"].entries
    half = [rewired(read_graph(text), 0.5, seed) for seed, _, text in entries]
    texts = [text_of(nx.Graph(one.ends.reshape(-1, 2).tolist())) for one in half]
    parts = metric.compare(metric.fold(batch_of(texts)), metric.fold(batch_of(graphs))).parts
    expected = np.mean([parts[f"{name}, biased"].value for name in ("degree", "clustering", "spectrum")])
    assert found[-1] == pytest.approx(expected, abs=0.02)  # isolated nodes are in no list of edges


def test_what_cannot_be_rewired():
    assert measure([nx.empty_graph(3), nx.path_graph(3)]).reason == "fewer than two records have a graph that can be rewired"
    assert measure([nx.complete_graph(4), nx.complete_graph(5)]).reason == "the discrepancy stays the same"
    assert measure([nx.empty_graph(3), "["]).skipped == {
        "no graph that is well formed": 1,
        "without an edge, or more than 300 nodes": 1,
    }


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_enzymes_lose_their_structure_step_by_step():
    assert measure(shared_graphs("enzymes")[0], size=48).value > 0.95
