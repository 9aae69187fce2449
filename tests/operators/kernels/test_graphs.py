"""Reading graphs from texts, and counting on them, beside networkx and plain enumeration."""

import itertools
import json

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.kernels.graph_numbers import STATISTICS, numbers
from operators.kernels.graph_text import GraphFault, read_graph
from operators.kernels.graphs import components, graphs_of, has_cycle, normalised_laplacian, triangles
from operators.kernels.orbits import orbit_totals
from tests.operators.semistructured.graphs_given import batch_of

GRAPHS = [
    nx.path_graph(1),
    nx.empty_graph(4),
    nx.path_graph(6),
    nx.star_graph(7),
    nx.cycle_graph(5),
    nx.complete_graph(6),
    nx.petersen_graph(),
    nx.karate_club_graph(),
    nx.disjoint_union(nx.path_graph(4), nx.cycle_graph(4)),
    *(nx.gnp_random_graph(12, 0.1 * seed, seed=seed) for seed in range(10)),
]


def pairs(read):
    return read.ends.reshape(-1, 2).tolist()


def test_node_link_in_its_spellings():
    for edges in ("links", "edges"):
        data = nx.node_link_data(nx.relabel_nodes(nx.path_graph(3), {0: "a", 1: "b", 2: 7}), edges=edges)
        read = read_graph(json.dumps(data))
        assert (read.nodes, pairs(read), read.directed) == (3, [[0, 1], [1, 2]], False)
    read = read_graph(
        '{"vertices": ["x", "y"], "edges": [{"from": "y", "to": "x"}], "graph": {"tree": true, "directed": true}}'
    )
    assert (pairs(read), read.directed, dict(read.claims)) == ([[1, 0]], True, {"tree": True})
    read = read_graph('{"nodes": 3, "labels": ["C", "N", "C"], "edges": [[0, 2, 1.5]]}')
    assert (pairs(read), read.labels) == ([[0, 2]], ("C", "N", "C"))
    assert read_graph('{"nodes": [{"id": 1, "label": "C"}, {"id": 2}], "links": []}').labels == ("C", "None")


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])
def test_adjacency_as_networkx_writes_it(kind):
    graph = kind([("a", "b"), ("b", "c"), ("c", "c"), ("a", "b"), ("d", "a")])
    read, same = (read_graph(json.dumps(data)) for data in (nx.adjacency_data(graph), nx.node_link_data(graph, edges="links")))
    assert (read.nodes, read.directed, read.claims) == (same.nodes, same.directed, same.claims)
    ends = [sorted(sorted(pair) if not read.directed else pair for pair in pairs(one)) for one in (read, same)]
    assert ends[0] == ends[1]


def test_adjacency_that_is_none():
    for text, status in (
        ('{"nodes": [{"id": 1}], "adjacency": []}', "shape"),
        ('{"nodes": [{"id": 1}], "adjacency": [1]}', "shape"),
        ('{"adjacency": [[]]}', "shape"),
    ):
        with pytest.raises(GraphFault) as fault:
            read_graph(text)
        assert fault.value.status == status
    assert pairs(read_graph('{"nodes": [7, 8], "adjacency": [[8], [7]]}')) == [[0, 1]]
    assert read_graph('{"nodes": [{"id": 1}], "adjacency": [[{"id": 5}]]}').dangling == 1


def test_ids_keep_their_type_and_ends_that_are_not_there_are_counted():
    read = read_graph('{"nodes": [1, "1", 1], "edges": [[1, "1"], ["2", 1], [1.0, 1]]}')
    assert (read.repeated, read.dangling, pairs(read)) == (1, 1, [[0, 1], [0, 0]])


def test_ends_beyond_the_number_of_nodes_dangle():
    for end in ("5", "-1", '"0"', "1.5", str(2**62), str(2**64 - 1), "1e300"):
        read = read_graph(f'{{"nodes": 5, "edges": [[0, {end}], [4, 3]]}}')
        assert (read.dangling, pairs(read)) == (1, [[4, 3]])
    assert pairs(read_graph('{"nodes": 5, "edges": [[0, 1.0]]}')) == [[0, 1]]


def test_lists_of_edges():
    assert pairs(read_graph("source,target\n5,6\n6,7,0.25\n")) == [[0, 1], [1, 2]]
    assert pairs(read_graph("% a\n# b\n5\t6\n\n6 5 {}\n")) == [[0, 1]]
    assert pairs(read_graph("5 6\n6 5\n6 7\n")) == [[0, 1], [1, 0], [1, 2]]
    assert pairs(read_graph("5 6\n6 5\n", directed=True)) == [[0, 1], [1, 0]]
    assert pairs(read_graph("[[5, 6], [6, 6]]")) == [[0, 1], [1, 1]]
    assert read_graph("[]").nodes == 0


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", "syntax"),
        ("two words here", "syntax"),
        ("{", "syntax"),
        ("[[0, NaN]]", "syntax"),
        ("[" * 100_000, "syntax"),
        ('{"nodes": []}', "shape"),
        ('{"nodes": "x", "edges": []}', "shape"),
        ('{"nodes": true, "edges": []}', "shape"),
        ('{"nodes": -1, "edges": []}', "shape"),
        ('{"nodes": [[1]], "edges": []}', "shape"),
        ('{"nodes": [true], "edges": []}', "shape"),
        ('{"nodes": [{}], "edges": []}', "shape"),
        ('{"nodes": 1, "edges": [1]}', "shape"),
        ('{"nodes": 1, "edges": [[{}, 1]]}', "shape"),
        ('{"nodes": 1, "edges": [{"source": 1}]}', "shape"),
        ('{"nodes": 2, "labels": ["C"], "edges": []}', "shape"),
        ("[[0, 1], 2]", "shape"),
        ('{"nodes": 1000000000, "edges": []}', "too_large"),
        (json.dumps({"nodes": 2, "edges": [[0, 1]] * 101}), "too_large"),
        ("0 1\n" * 101, "too_large"),
        (json.dumps([[0, at] for at in range(90)]), "too_large"),
    ],
)
def test_what_is_no_graph_says_so(text, status):
    with pytest.raises(GraphFault) as caught:
        read_graph(text, most_nodes=50, most_edges=100)
    assert caught.value.status == status
    assert len(str(caught.value)) < 120


def test_slices_and_nulls_of_a_batch():
    batch = batch_of([nx.path_graph(3), None, "[", nx.cycle_graph(4), nx.star_graph(2)])
    graphs = graphs_of(batch.slice(1)["graph_structure"])
    assert graphs.rows.tolist() == [2, 3]
    assert graphs[0].near.tolist() == [1, 3, 0, 2, 1, 3, 0, 2]
    assert graphs_of(batch.slice(1, 2)["graph_structure"]).rows.tolist() == []


def test_directed_graphs_keep_their_ways_and_count_what_repeats():
    batch = batch_of(['{"directed": true, "nodes": 3, "edges": [[0, 1], [1, 0], [1, 2], [1, 2], [2, 2]]}'])
    graphs = graphs_of(batch["graph_structure"])
    assert (graphs.loops.tolist(), graphs.parallel.tolist()) == ([1], [1])
    assert graphs[0].kind.tolist() == [3, 3, 1, 2]
    assert has_cycle(graphs[0].starts, graphs[0].near, graphs[0].kind)
    one_way = graphs_of(batch_of([nx.DiGraph([(0, 1), (1, 2), (0, 2)])])["graph_structure"])[0]
    assert not has_cycle(one_way.starts, one_way.near, one_way.kind)


@pytest.mark.parametrize("graph", GRAPHS, ids=range(len(GRAPHS)))
def test_numbers_are_networkx_s(graph):
    graph = nx.Graph(graph.edges) if graph.number_of_nodes() == 34 else graph
    graphs = graphs_of(batch_of([graph])["graph_structure"])
    one = graphs[0]
    assert triangles(one.starts, one.near).tolist() == [nx.triangles(graph)[node] for node in graph]
    component, bipartite = components(one.starts, one.near)
    assert component.max() + 1 == nx.number_connected_components(graph)
    assert bipartite == nx.is_bipartite(graph)
    assert np.allclose(normalised_laplacian(one), nx.normalized_laplacian_matrix(graph).toarray())
    found = dict(zip(STATISTICS, numbers(graphs, np.array([0]), 100)[0].tolist(), strict=True))
    largest = max(map(len, nx.connected_components(graph)))
    longest = max(nx.diameter(graph.subgraph(nodes)) for nodes in nx.connected_components(graph) if len(nodes) == largest)
    n, m = graph.number_of_nodes(), graph.number_of_edges()
    expected = {"nodes": n, "edges": m, "mean degree": 2 * m / n, "largest component": largest / n, "diameter": longest}
    expected |= {"density": nx.density(graph) if n > 1 else np.nan, "average clustering": nx.average_clustering(graph)}
    assert {name: found[name] for name in expected} == pytest.approx(expected, nan_ok=True, abs=1e-12)
    degrees = {d for _, d in graph.degree if d}
    if len(degrees) < 2:
        assert np.isnan(found["assortativity"])
    else:
        assert found["assortativity"] == pytest.approx(nx.degree_assortativity_coefficient(graph), abs=1e-9)
    assert np.isnan(numbers(graphs, np.array([0]), 0)[0, -1])


def orbits_by_definition(graph):
    """Every connected set of two to four nodes, and the automorphism orbits of what it induces."""
    totals = np.zeros(15, int)
    for size in (2, 3, 4):
        for nodes in itertools.combinations(graph, size):
            part = graph.subgraph(nodes)
            if not nx.is_connected(part):
                continue
            degrees = sorted(d for _, d in part.degree)
            for d in degrees:
                totals[ORBIT[tuple(degrees)][d]] += 1
    return totals


ORBIT = {
    (1, 1): {1: 0},
    (1, 1, 2): {1: 1, 2: 2},
    (2, 2, 2): {2: 3},
    (1, 1, 2, 2): {1: 4, 2: 5},
    (1, 1, 1, 3): {1: 6, 3: 7},
    (2, 2, 2, 2): {2: 8},
    (1, 2, 2, 3): {1: 9, 2: 10, 3: 11},
    (2, 2, 3, 3): {2: 12, 3: 13},
    (3, 3, 3, 3): {3: 14},
}


@pytest.mark.parametrize("graph", GRAPHS, ids=range(len(GRAPHS)))
def test_orbits_are_those_of_all_small_subgraphs(graph):
    one = graphs_of(batch_of([graph])["graph_structure"])[0]
    totals, counted = orbit_totals(one.starts, one.near, triangles(one.starts, one.near), 10**6)
    assert counted
    assert totals.tolist() == orbits_by_definition(graph).tolist()


def test_too_many_subgraphs_are_given_up():
    one = graphs_of(batch_of([nx.complete_graph(40)])["graph_structure"])[0]
    assert not orbit_totals(one.starts, one.near, triangles(one.starts, one.near), 1000)[1]


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 9), st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20), st.randoms())
def test_no_numbering_of_the_nodes_changes_a_number(size, edges, random):
    order = list(range(size))
    random.shuffle(order)
    edges = [(u % size, v % size) for u, v in edges]
    twin = random.sample([(order[v], order[u]) for u, v in edges], len(edges))
    texts = [json.dumps({"nodes": size, "edges": some}) for some in (edges, twin)]
    graphs = graphs_of(batch_of(texts)["graph_structure"])
    found = numbers(graphs, np.array([0, 1]), 100)
    assert found[0].tobytes() == found[1].tobytes()
    totals = [
        orbit_totals(one.starts, one.near, triangles(one.starts, one.near), 10**6)[0].tolist() for one in (graphs[0], graphs[1])
    ]
    assert totals[0] == totals[1]
