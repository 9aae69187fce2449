"""Faults of graphs by hand, and declared properties beside networkx."""

import json

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import catalog
from engine.errors import PlanError
from operators.features.graph_structure import GraphStructure
from operators.semistructured.graph_wellformed import GraphWellformed
from tests.operators.semistructured.graphs_given import SHARED, batch_of, relabelled, sbm_generated, shared_graphs


def measure(texts, **parameters):
    metric = GraphWellformed(**parameters)
    return metric.value(metric.fold(batch_of(texts)))


def fault(text, **parameters):
    value = measure([text if isinstance(text, str | nx.Graph) else json.dumps(text)], **parameters)
    return next(iter(value.parts), None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "syntax"),
        ("", "syntax"),
        ({"nodes": [1]}, "shape"),
        ({"nodes": [1, 2, 1], "edges": []}, "repeated id"),
        ({"nodes": [1, 2], "edges": [[1, 3]]}, "dangling edge"),
        ({"nodes": [1, 2], "edges": [[1, "2"]]}, "dangling edge"),
        ({"nodes": 2, "edges": [[0, 0]]}, "self-loop"),
        ({"nodes": 2, "edges": [[0, 1], [0, 1]]}, "parallel edge"),
        ({"nodes": 2, "edges": [[0, 1], [1, 0]]}, "parallel edge"),
        ({"nodes": 2, "edges": [[0, 1], [1, 0]], "directed": True}, None),
        ({"nodes": 2, "edges": [[0, 1], [0, 1]], "multigraph": True}, None),
        ({"nodes": 3, "edges": [[0, 1]], "connected": True}, "not as declared: connected"),
        ({"nodes": 3, "edges": [[0, 1]], "connected": False}, None),
        ({"nodes": 3, "edges": [[0, 1], [2, 1]], "directed": True, "graph": {"connected": True}}, None),
        ({"nodes": 3, "edges": [[0, 1], [1, 2], [2, 0]], "acyclic": True}, "not as declared: acyclic"),
        ({"nodes": 3, "edges": [[0, 1], [1, 2], [0, 2]], "acyclic": True, "directed": True}, None),
        ({"nodes": 3, "edges": [[0, 1], [1, 2], [2, 0]], "acyclic": True, "directed": True}, "not as declared: acyclic"),
        ({"nodes": 2, "edges": [[0, 1], [1, 0]], "tree": True, "directed": True}, "not as declared: tree"),
        ({"nodes": 3, "edges": [[0, 1]], "tree": True}, "not as declared: tree"),
        ({"nodes": 3, "edges": [[0, 1], [1, 2]], "tree": True, "bipartite": True}, None),
        ({"nodes": 3, "edges": [[0, 1], [1, 2], [2, 0]], "bipartite": True}, "not as declared: bipartite"),
        ({"nodes": 0, "edges": [], "connected": True}, None),
    ],
)
def test_each_fault(text, expected):
    assert fault(text) == expected


def test_what_the_plan_allows_and_asks():
    loops, twice = {"nodes": 2, "edges": [[0, 0]]}, {"nodes": 2, "edges": [[0, 1], [0, 1]]}
    assert fault(loops, self_loops=True) is None
    assert fault(twice, parallel_edges=True) is None
    assert fault(nx.cycle_graph(3), require=("acyclic",)) == "not as declared: acyclic"
    assert fault({"nodes": 3, "edges": [], "connected": False}, require=("connected",)) == "not as declared: connected"
    assert fault({**loops, "tree": True}, self_loops=True) == "not as declared: tree"


def test_counts_shares_and_evidence():
    value = measure([nx.path_graph(3), "[", None, '{"nodes": 1000000000, "edges": []}', "a line of prose"])
    assert (value.value, value.n) == (pytest.approx(1 / 3), 3)
    assert value.skipped == {"null": 1, "too large": 1}
    assert value.parts["syntax"].value == pytest.approx(2 / 3)
    assert [entry.record for entry in value.evidence] == [1, 4]
    assert value.evidence[1].note.startswith("syntax: a line is not two nodes")
    assert value.low < value.value < value.high


def test_the_document_of_networkx_is_well_formed():
    for graph in (nx.karate_club_graph(), nx.gn_graph(20, seed=1), nx.MultiGraph([(0, 1), (0, 1)])):
        assert fault(json.dumps(nx.node_link_data(graph, edges="links"))) is None
        assert fault(json.dumps(nx.adjacency_data(graph))) is None


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=10), st.booleans(), st.randoms())
def test_declared_properties_are_networkx_s(size, edges, directed, random):
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from((u % size, v % size) for u, v in edges if u % size != v % size)
    plain = graph.to_undirected()
    claims = {
        "connected": nx.is_connected(plain),
        "acyclic": nx.is_directed_acyclic_graph(graph) if directed else nx.is_forest(graph),
        "tree": nx.is_tree(graph),
        "bipartite": nx.is_bipartite(plain),
        "planar": nx.is_planar(plain),
    }
    for twin in (graph, relabelled(graph, random)):
        data = nx.node_link_data(twin, edges="edges")
        assert fault(json.dumps({**data, **claims})) is None
        for name, holds in claims.items():
            assert fault(json.dumps({**data, name: not holds})) == f"not as declared: {name}"


def test_planarity():
    k5, k33, petersen = nx.complete_graph(5), nx.complete_bipartite_graph(3, 3), nx.petersen_graph()
    for graph in (k5, k33, petersen, nx.complete_graph(9), nx.gnm_random_graph(30, 80, seed=1)):
        assert fault(graph, require=("planar",)) == "not as declared: planar"
        assert fault(json.dumps({**nx.node_link_data(graph, edges="edges"), "planar": False})) is None
    for graph in (nx.grid_2d_graph(5, 6), nx.wheel_graph(12), nx.star_graph(30), nx.empty_graph(3)):
        assert fault(graph, require=("planar",)) is None
        assert fault(nx.to_directed(nx.convert_node_labels_to_integers(graph)), require=("planar",)) is None
    noted = {"planar": True, "nodes": 5, "edges": [[0, 0], [0, 1], [0, 1]]}
    assert fault(noted, self_loops=True, parallel_edges=True) is None


def test_without_networkx_planarity_is_not_told(monkeypatch):
    monkeypatch.setattr("operators.semistructured.graph_wellformed.find_spec", lambda name: None)
    value = measure([nx.petersen_graph(), nx.path_graph(4), nx.complete_graph(8)], require=("planar",))
    assert (value.value, value.n) == (0.5, 2)
    assert list(value.skipped) == ["planarity not told: needs the package networkx, and up to 100,000 edges"]


@pytest.mark.parametrize(
    ("node", "edge", "expected"),
    [
        ({"age": 3, "name": "x"}, {"weight": 1.5}, None),
        ({"age": 3}, {"weight": 1}, None),
        ({"age": 3.5}, {"weight": 1}, "node attributes"),
        ({"age": True}, {"weight": 1}, "node attributes"),
        ({"age": None}, {"weight": 1}, "node attributes"),
        ({}, {"weight": 1}, "node attributes"),
        ({"age": 3, "name": 7}, {"weight": 1}, "node attributes"),
        ({"age": 3}, {"weight": "1"}, "edge attributes"),
        ({"age": 3}, {}, "edge attributes"),
    ],
)
def test_attributes_that_nodes_and_edges_must_have(node, edge, expected):
    feature = GraphStructure(node_attributes=("age: integer", "name?: string"), edge_attributes=("weight: number",))
    nodes, links = [{"id": 0, **node}, {"id": 1, "age": 1}], [{"source": 0, "target": 1, **edge}]
    texts = [json.dumps({"nodes": nodes, "links": links})]
    texts.append(json.dumps({"nodes": nodes, "adjacency": [[{"id": 1, **edge}], [{"id": 0, **edge}]]}))
    for text in texts:
        value = GraphWellformed().value(GraphWellformed().fold(batch_of([text], feature=feature)))
        assert next(iter(value.parts), None) == expected


def test_attributes_are_written_as_they_should_be():
    with pytest.raises(PlanError, match="'age: float' is no attribute"):
        catalog.feature("features.graph_structure", {"node_attributes": ["age: float"]})


def test_injected_faults_are_found():
    """Every one of five kinds of damage to a good document is seen, and none of three harmless edits is."""
    good = {"nodes": [{"id": at} for at in range(5)], "links": [{"source": at, "target": at + 1} for at in range(4)]}
    bad = [
        json.dumps(good)[:-1],
        json.dumps({**good, "links": [*good["links"], {"source": 0, "target": 9}]}),
        json.dumps({**good, "nodes": [*good["nodes"], {"id": 0}]}),
        json.dumps({**good, "links": [*good["links"], good["links"][0]]}),
        json.dumps({**good, "links": [*good["links"], {"source": 2, "target": 2}]}),
    ]
    harmless = [
        json.dumps(good, indent=2),
        json.dumps({"links": good["links"][::-1], "nodes": good["nodes"][::-1]}),
        json.dumps({**good, "name": "x"}),
    ]
    assert measure(bad).value == 0
    assert measure(harmless).value == 1


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_real_and_generated_graphs_are_well_formed():
    assert measure(shared_graphs("enzymes")[0]).value == 1
    texts = shared_graphs("digress_generated/generated_planar_adj_matrices.npz")[0]
    assert measure(texts, require=("connected",)).value == 1
    planar = measure(texts, require=("connected", "planar"))
    drawn = [nx.is_planar(nx.Graph(json.loads(text)["edges"])) for text in texts]
    assert (planar.value, planar.n) == (sum(drawn) / 40, 40)
    assert measure(sbm_generated()).value == 1
