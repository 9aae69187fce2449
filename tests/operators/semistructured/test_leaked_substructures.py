"""Repeated surroundings beside networkx's ego graphs and isomorphism test."""

import random

import networkx as nx
import pytest

from operators.semistructured.leaked_substructures import LeakedSubstructures
from tests.operators.semistructured.graphs_given import SHARED, batch_of, relabelled, shared_graphs


def measure(mine, theirs, held=None, **parameters):
    metric = LeakedSubstructures(**parameters)
    states = [None if side is None else metric.fold(batch_of(side)) for side in (mine, theirs, held)]
    return metric.compare(*states)


def by_networkx(graphs, radius, least):
    """Different surroundings: with the node in the middle marked."""
    kept = []
    for graph in graphs:
        for node in graph:
            ego = nx.ego_graph(graph, node, radius)
            nx.set_node_attributes(ego, {other: other == node for other in ego}, "root")
            if len(ego) >= least and not any(same(ego, other) for other in kept):
                kept.append(ego)
    return kept


def same(one, other):
    return nx.is_isomorphic(one, other, node_match=lambda a, b: a["root"] == b["root"])


@pytest.mark.parametrize(("radius", "least"), [(1, 3), (2, 5)])
def test_it_is_the_definition(radius, least):
    mine, theirs = ([nx.gnp_random_graph(8, 0.3, seed=seed + at) for at in range(9)] for seed in (0, 100))
    real, made = (by_networkx(side, radius, least) for side in (theirs, mine))
    common = sum(any(same(one, other) for other in made) for one in real)
    value = measure(mine, theirs, radius=radius, least=least)
    assert (value.value, value.n) == (common / len(real), len(real))
    assert 0 < value.value < 1


def test_planted_graphs_are_found_and_the_holdout_tells_them_from_what_is_common():
    draw = random.Random(1)
    reference, holdout, own = ([nx.gnp_random_graph(40, 0.08, seed=seed + at) for at in range(30)] for seed in (0, 100, 200))
    planted = [relabelled(graph, draw) for graph in reference[:6]]
    value = measure([*planted, *own], reference, holdout)
    assert value.parts["holdout"].value < 0.1
    assert value.value == pytest.approx(0.2 + 0.8 * value.parts["holdout"].value, abs=0.05)
    excess = value.parts["excess"]
    assert excess.low < 0.2 * (1 - value.parts["holdout"].value) < excess.high
    assert measure(own, reference, holdout).parts["excess"].low < 0.01
    assert measure(own, reference).parts == {}


def test_small_surroundings_and_few_graphs():
    value = measure([nx.path_graph(30)], [nx.path_graph(30)])
    assert value.reason == "the subject has no surroundings of 8 nodes"
    value = measure([nx.star_graph(400), nx.star_graph(9)], [nx.star_graph(9)])
    assert (value.value, value.n) == (1, 2)  # the hub, and a leaf, of the small star; the large one is beyond 256 nodes
    assert measure(["[", nx.path_graph(3)], [nx.star_graph(9)]).skipped == {
        "no graph that is well formed": 1,
        "fewer than 8 nodes": 1,
    }


def test_beyond_the_size_it_is_an_estimate():
    reference = [nx.gnp_random_graph(40, 0.1, seed=at) for at in range(40)]
    whole, drawn = measure(reference[:20], reference), measure(reference[:20], reference, size=200)
    assert drawn.estimator == "sample"
    assert drawn.low < whole.value < drawn.high


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_generated_graphs_of_another_kind_leak_nothing():
    enzymes = shared_graphs("enzymes")[0]
    planar = shared_graphs("digress_generated/generated_planar_adj_matrices.npz")[0]
    assert measure(planar, enzymes[:100], enzymes[100:200]).value < 0.02
    copied = measure(enzymes[:50], enzymes[:100], enzymes[300:400])
    assert copied.value > 0.4
    assert copied.parts["excess"].low > 0.2
