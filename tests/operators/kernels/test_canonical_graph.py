"""Isomorphic graphs, and only these, have one code: beside networkx's isomorphism test."""

import itertools
import random

import networkx as nx
import pytest

from operators.kernels.canonical_graph import canonical
from operators.kernels.graphs import graphs_of
from tests.operators.semistructured.graphs_given import batch_of, relabelled

STEPS = 2_000_000


def codes(graphs, most=STEPS):
    """Of networkx's graphs the WL hash, the code and whether it was found."""
    read = graphs_of(batch_of(graphs)["graph_structure"])
    ours = [read[at] for at in range(len(graphs))]
    return [canonical(*one, nx.is_forest(given.to_undirected()), most) for one, given in zip(ours, graphs, strict=True)]


def same(one, other):
    return nx.is_isomorphic(one, other, node_match=lambda a, b: a.get("label") == b.get("label"))


def test_all_graphs_of_up_to_seven_nodes():
    """Of networkx's atlas, all 1,252 of them, no two have one code, and a renumbered twin has its twin's."""
    atlas = nx.graph_atlas_g()[1:]
    draw = random.Random(1)
    found = codes(atlas)
    assert all(decided for _, _, decided in found)
    assert len({code for _, code, _ in found}) == len(atlas) == 1252
    assert [code for _, code, _ in codes([relabelled(graph, draw) for graph in atlas])] == [code for _, code, _ in found]


HARD = {
    "six-cycle and two triangles": (nx.cycle_graph(6), nx.disjoint_union(nx.cycle_graph(3), nx.cycle_graph(3))),
    "Shrikhande and rook": (
        nx.from_edgelist(
            ((a, b), ((a + x) % 4, (b + y) % 4))
            for a, b in itertools.product(range(4), repeat=2)
            for x, y in ((0, 1), (1, 0), (1, 1), (0, 3), (3, 0), (3, 3))
        ),
        nx.line_graph(nx.complete_bipartite_graph(4, 4)),
    ),
    "Petersen and prism": (nx.petersen_graph(), nx.circular_ladder_graph(5)),
    "regular": (nx.random_regular_graph(3, 20, seed=1), nx.random_regular_graph(3, 20, seed=2)),
}


@pytest.mark.parametrize("name", HARD)
def test_graphs_that_refinement_does_not_tell_apart(name):
    one, other = HARD[name]
    draw = random.Random(2)
    (wl, code, decided), (wl2, code2, decided2), (_, twin, _) = codes([one, other, relabelled(one, draw)])
    assert decided
    assert decided2
    assert wl == wl2
    assert code != code2
    assert code == twin
    assert not nx.is_isomorphic(one, other)


SYMMETRIC = {
    "star": nx.star_graph(300),
    "path": nx.path_graph(200),
    "complete": nx.complete_graph(40),
    "bipartite": nx.complete_bipartite_graph(30, 30),
    "empty": nx.empty_graph(300),
    "cycle": nx.cycle_graph(60),
    "triangles": nx.disjoint_union_all([nx.cycle_graph(3)] * 12),
    "windmill": nx.windmill_graph(10, 3),
    "cube": nx.hypercube_graph(4),
    "grid": nx.grid_2d_graph(6, 6),
    "tree": nx.full_rary_tree(3, 121),
}


@pytest.mark.parametrize("name", SYMMETRIC)
def test_symmetric_graphs_are_decided(name):
    graph, draw = nx.convert_node_labels_to_integers(SYMMETRIC[name]), random.Random(3)
    found = codes([graph, relabelled(graph, draw)], most=20_000_000)
    assert found[0] == found[1]
    assert found[0][2]


def test_a_budget_ends_the_search():
    graph = nx.random_regular_graph(6, 60, seed=1)
    wl, _, decided = codes([graph], most=1000)[0]
    assert not decided
    assert wl == codes([relabelled(graph, random.Random(1))], most=1000)[0][0]


@pytest.mark.parametrize("directed", [False, True])
def test_labels_and_directions_count(directed):
    """Over random pairs of small labelled graphs the codes agree exactly where networkx finds an isomorphism."""
    draw = random.Random(4)
    graphs = []
    for _ in range(60):
        graph = nx.gnp_random_graph(3 if directed else 4, 0.5, seed=draw.randrange(1 << 30), directed=directed)
        nx.set_node_attributes(graph, {node: draw.choice("CN") for node in graph}, "label")
        graphs.append(graph)
    found = [code for _, code, _ in codes(graphs)]
    pairs = list(itertools.combinations(range(60), 2))
    assert [found[i] == found[j] for i, j in pairs] == [same(graphs[i], graphs[j]) for i, j in pairs]
    assert len(set(found)) < 60


@pytest.mark.parametrize(
    "graph", [nx.path_graph(20_000), nx.cycle_graph(20_000), nx.star_graph(20_000)], ids=["path", "cycle", "star"]
)
def test_large_graphs_end_within_the_budget_and_keep_their_refinement(graph):
    """Refining a path takes as many rounds as it has nodes, and comparing the nodes of a cycle their square."""
    found = codes([graph, relabelled_by_offset(graph)], most=2_000_000)
    assert found[0][0] == found[1][0]
    assert [decided for _, _, decided in found] == [
        graph.number_of_edges() == 20_000 and max(d for _, d in graph.degree) > 2
    ] * 2


def relabelled_by_offset(graph):
    size = len(graph)
    twin = nx.empty_graph(size)
    twin.add_edges_from(((u * 7 + 3) % size, (v * 7 + 3) % size) for u, v in graph.edges)
    return twin
