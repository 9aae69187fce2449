"""Distances of graphs' numbers beside scipy's, over numbers that networkx makes."""

import networkx as nx
import numpy as np
import pytest
from scipy.stats import ks_2samp

from operators.kernels.graph_numbers import STATISTICS
from operators.semistructured.graph_statistics import GraphStatistics
from tests.operators.semistructured.graphs_given import SHARED, batch_of, shared_graphs


def measure(mine, theirs, **parameters):
    metric = GraphStatistics(**parameters)
    return metric.compare(metric.fold(batch_of(mine)), metric.fold(batch_of(theirs)))


def by_networkx(graph):
    largest = max(nx.connected_components(graph), key=len)
    degrees = {d for _, d in graph.degree if d}
    n, m = graph.number_of_nodes(), graph.number_of_edges()
    return {
        "nodes": n,
        "edges": m,
        "density": nx.density(graph),
        "mean degree": 2 * m / n,
        "assortativity": nx.degree_assortativity_coefficient(graph) if len(degrees) > 1 else None,
        "average clustering": nx.average_clustering(graph),
        "largest component": len(largest) / n,
        "diameter": nx.diameter(graph.subgraph(largest)),
    }


def test_distances_are_scipy_s():
    mine = [nx.gnp_random_graph(20 + at % 5, 0.2, seed=at) for at in range(40)]
    theirs = [nx.connected_watts_strogatz_graph(22, 4, 0.2, seed=at) for at in range(30)]
    value = measure(mine, theirs)
    numbers = [list(map(by_networkx, side)) for side in (mine, theirs)]
    for name in STATISTICS:
        sides = [[one[name] for one in side if one[name] is not None] for side in numbers]
        # buckets of 0.4 % may hold two numbers that differ, in a few graphs
        assert value.parts[name].value == pytest.approx(ks_2samp(*sides).statistic, abs=0.06), name
        assert value.parts[name].value <= ks_2samp(*sides).statistic + 1e-9
    assert value.value == max(part.value for part in value.parts.values())
    assert value.low <= value.value <= value.high


def test_by_hand():
    paths, cycles = [nx.path_graph(3), nx.path_graph(4)], [nx.cycle_graph(3), nx.cycle_graph(4)]
    parts = measure(paths, cycles).parts
    assert parts["nodes"].value == 0
    assert parts["edges"].value == 0.5  # 2, 3 beside 3, 4
    assert parts["mean degree"].value == 1
    assert parts["assortativity"].reason == "it exists for no graph of one of the sides"  # cycles are regular
    assert parts["diameter"].value == 0.5  # 2, 3 beside 1, 2
    assert measure(paths, paths).value == 0


def test_diameters_of_large_graphs_are_left_out():
    assert measure([nx.path_graph(9)], [nx.path_graph(3)], diameter_nodes=5).parts["diameter"].value is None
    assert "no graph" in measure(["[", None], [nx.path_graph(3)]).reason


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_halves_of_enzymes_are_alike_and_generated_graphs_are_not():
    enzymes = shared_graphs("enzymes")[0]
    planar = shared_graphs("digress_generated/generated_planar_adj_matrices.npz")[0]
    alike, apart = measure(enzymes[::2], enzymes[1::2]), measure(planar, enzymes)
    assert alike.value < 0.1
    assert apart.value > 0.8
    assert np.isfinite(apart.high)
