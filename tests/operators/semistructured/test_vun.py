"""Valid, unique and novel graphs beside networkx's isomorphism test over all pairs."""

import random

import networkx as nx
import numpy as np
import pytest

from operators.semistructured.vun import Vun
from tests.operators.semistructured.graphs_given import SHARED, batch_of, relabelled, sbm_generated, shared_graphs


def measure(mine, theirs, **parameters):
    metric = Vun(**parameters)
    return metric.compare(metric.fold(batch_of(mine)), metric.fold(batch_of(theirs)))


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def small_graphs(seed, n):
    draw = np.random.default_rng(seed)
    return [nx.gnp_random_graph(int(draw.integers(3, 6)), 0.5, seed=int(draw.integers(1 << 30))) for _ in range(n)]


def by_pairs(mine, theirs):
    kept = []
    for graph in mine:
        if not any(nx.is_isomorphic(graph, other) for other in kept):
            kept.append(graph)
    novel = [graph for graph in kept if not any(nx.is_isomorphic(graph, other) for other in theirs)]
    return len(kept) / len(mine), len(novel) / len(kept), len(novel) / len(mine)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_definition_over_all_pairs(seed):
    mine, theirs = small_graphs(seed, 60), small_graphs(seed + 50, 15)
    unique, novel, vun = by_pairs(mine, theirs)
    value = measure(mine, theirs)
    assert value.value == pytest.approx(vun)
    assert parts(value) == pytest.approx({"valid": 1, "unique": unique, "novel": novel, "undecided": 0})
    assert value.low < value.value < value.high
    assert value.estimator == "exact"


def test_copies_of_the_reference_are_not_novel_however_they_are_numbered():
    draw = random.Random(1)
    reference = [nx.gnp_random_graph(15, 0.3, seed=at) for at in range(20)]
    planted = [relabelled(graph, draw) for graph in reference[:5]]
    value = measure([*planted, *(nx.gnp_random_graph(15, 0.3, seed=100 + at) for at in range(15))], reference)
    assert value.value == 0.75
    assert parts(value)["unique"] == 1


def test_invalid_graphs_are_in_the_denominator_alone():
    value = measure(["[", "0 0", nx.path_graph(3), nx.path_graph(3), None], [nx.cycle_graph(5)])
    assert (value.value, value.n, value.skipped) == (0.25, 4, {"null": 1})
    assert parts(value) == {"valid": 0.5, "unique": 0.5, "novel": 1, "undecided": 0}
    assert measure(["[", "0 0"], [nx.path_graph(2)]).value == 0
    assert measure([nx.cycle_graph(3)], [nx.path_graph(2)], require=("acyclic",)).value == 0
    assert "reference has no graph" in measure([nx.path_graph(2)], ["["]).reason


def test_what_the_search_leaves_open_makes_a_lower_bound():
    regular = [nx.random_regular_graph(4, 30, seed=at) for at in range(4)]
    decided = measure(regular, [nx.path_graph(2)])
    assert decided.value == 1
    open_ = measure(regular, [nx.path_graph(2)], steps=100)
    assert (open_.value, parts(open_)["undecided"]) == (0, 1)
    assert "lower bound" in open_.reason
    alone = measure([regular[0], nx.random_regular_graph(3, 30, seed=1)], [nx.path_graph(2)], steps=100)
    assert (alone.value, parts(alone)["undecided"]) == (1, 0)  # their refinements differ
    beside = measure([regular[0]], [regular[1]], steps=100)
    assert (beside.value, parts(beside)["undecided"]) == (0, 1)


def test_a_sample_of_the_forms_stands_for_all():
    mine = [nx.gnp_random_graph(12, 0.3, seed=at % 300) for at in range(400)]  # 100 of 300 are there twice
    theirs = [nx.gnp_random_graph(12, 0.3, seed=at) for at in range(60)]
    whole, drawn = measure(mine, theirs), measure(mine, theirs, size=100)
    assert whole.value == pytest.approx(240 / 400)
    assert drawn.estimator == "sample"
    assert drawn.value == pytest.approx(whole.value, abs=0.12)


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_generated_graphs_are_novel_and_unique():
    enzymes = shared_graphs("enzymes")[0]
    for generated in (shared_graphs("digress_generated/generated_planar_adj_matrices.npz")[0], sbm_generated()):
        value = measure(generated, enzymes)
        assert (value.value, parts(value)["undecided"]) == (1, 0)
    own = measure(enzymes, enzymes)
    assert parts(own)["novel"] == 0
    assert parts(own)["undecided"] == 0
    assert parts(own)["unique"] > 0.9
