"""Components against networkx on thousands of graphs; rounds over partitions against union-find."""

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.kernels.components import both_ways, components, digest, downwards, large_star, small_star

EDGES = st.lists(st.tuples(st.integers(-5, 25), st.integers(-5, 25)), max_size=40)


def arrays(edges):
    both = np.array(edges, np.int64).reshape(-1, 2)
    return both[:, 0].copy(), both[:, 1].copy()


def by_networkx(u, v):
    graph = nx.Graph()
    graph.add_edges_from(zip(u.tolist(), v.tolist(), strict=True))
    return {node: min(piece) for piece in nx.connected_components(graph) for node in piece}


def by_union_find(u, v):
    nodes, labels = components(u, v)
    assert (np.diff(nodes) > 0).all()
    return dict(zip(nodes.tolist(), labels.tolist(), strict=True))


def one_star(rows, star, partitions):
    """What tasks do: rows routed by node, each partition on its own, the edges of all put together."""
    node, neighbour = rows
    route = node % partitions
    parts = [star(node[route == p], neighbour[route == p]) for p in range(partitions)]
    assert all((u < v).all() for u, v in parts)
    assert all(len(u) == len(set(zip(u.tolist(), v.tolist(), strict=True))) for u, v in parts)
    checksum = sum(digest(*part)[0] for part in parts) % 2**64
    u, v = (np.concatenate(side) for side in zip(*parts, strict=True))
    return (u, v), (checksum, len(u))


def by_rounds(u, v, partitions):
    """Labels of the ids that an edge joins to another, and the number of rounds."""
    edges, before, rounds = (u, v), None, 0
    while True:
        edges, _ = one_star(both_ways(*edges), large_star, partitions)
        edges, after = one_star(downwards(*edges), small_star, partitions)
        rounds += 1
        if after == before:
            labels = dict(zip(edges[1].tolist(), edges[0].tolist(), strict=True))
            assert len(labels) == len(edges[0])
            return labels | {label: label for label in labels.values()}, rounds
        before = after


def joined(labels, u, v):
    """Without the ids that have an edge to themselves alone: rounds carry edges, and these have none."""
    ends = {end for edge in zip(u.tolist(), v.tolist(), strict=True) if edge[0] != edge[1] for end in edge}
    return {node: label for node, label in labels.items() if node in ends}


def random_graph(rng):
    size, edges = int(rng.integers(1, 40)), int(rng.integers(0, 60))
    ids = rng.choice([1, 2**36 + 1, 2**55]) * rng.permutation(size) - rng.integers(0, 5)
    return ids[rng.integers(0, size, edges)], ids[rng.integers(0, size, edges)]


def test_by_hand():
    u, v = arrays([(7, 3), (3, 5), (8, 8), (2**62, 9), (3, 7)])
    assert by_union_find(u, v) == {3: 3, 5: 3, 7: 3, 8: 8, 9: 9, 2**62: 9}


def test_the_stars_by_hand():
    u, v = large_star(*both_ways(*arrays([(1, 2), (2, 3), (2, 4), (5, 5)])))
    assert list(zip(u.tolist(), v.tolist(), strict=True)) == [(1, 2), (1, 3), (1, 4)]
    u, v = small_star(*downwards(*arrays([(4, 1), (4, 2), (4, 3), (6, 5)])))
    assert list(zip(u.tolist(), v.tolist(), strict=True)) == [(1, 2), (1, 3), (1, 4), (5, 6)]


def test_no_edges():
    u, v = arrays([])
    assert [len(side) for side in components(u, v)] == [0, 0]
    assert by_rounds(u, v, 3) == ({}, 2)


def test_thousands_of_random_graphs_against_networkx():
    rng = np.random.default_rng(3)
    for _ in range(3000):
        u, v = random_graph(rng)
        assert by_union_find(u, v) == by_networkx(u, v)


@pytest.mark.parametrize("partitions", [1, 3, 7])
def test_rounds_and_union_find_agree(partitions):
    rng = np.random.default_rng(partitions)
    for _ in range(300):
        u, v = random_graph(rng)
        assert by_rounds(u, v, partitions)[0] == joined(by_union_find(u, v), u, v)


@given(EDGES, st.randoms(use_true_random=False))
def test_order_repeats_and_direction_do_not_matter(edges, random):
    shuffled = [edge[:: random.choice([1, -1])] for edge in edges + edges[:5]]
    random.shuffle(shuffled)
    assert by_union_find(*arrays(shuffled)) == by_union_find(*arrays(edges)) == by_networkx(*arrays(edges))


@settings(max_examples=50)
@given(EDGES, st.integers(1, 5))
def test_a_star_keeps_components(edges, partitions):
    u, v = arrays(edges)
    expected = joined(by_union_find(u, v), u, v)
    large, _ = one_star(both_ways(u, v), large_star, partitions)
    assert by_union_find(*large) == expected
    assert by_union_find(*one_star(downwards(*large), small_star, partitions)[0]) == expected


@pytest.mark.parametrize("order", ["ascending", "descending", "random"])
@pytest.mark.parametrize(("size", "partitions"), [(10_000, 3), (100_000, 1)])
def test_rounds_on_a_long_path_are_logarithmic(order, size, partitions):
    path = {"ascending": np.arange(size), "descending": np.arange(size)[::-1]}.get(order)
    path = np.random.default_rng(0).permutation(size) if path is None else path
    u, v = path[:-1] << 36, path[1:] << 36
    labels, rounds = by_rounds(u, v, partitions)
    assert labels == by_union_find(u, v) == dict.fromkeys((np.arange(size) << 36).tolist(), 0)
    assert rounds <= 1.5 * math.log2(size)


@pytest.mark.parametrize("centre", [0, 50_000, 100_000, 2**62])
def test_a_large_star_graph(centre):
    leaves = np.arange(1, 100_000)
    u, v = np.full(len(leaves), centre), leaves
    labels = by_union_find(u, v)
    assert set(labels.values()) == {min(centre, 1)}
    assert by_rounds(u, v, 3)[0] == labels


def test_a_digest_tells_edge_lists_apart():
    u, v = np.arange(100), np.arange(100) + 7
    order = np.random.default_rng(0).permutation(100)
    assert digest(u[order], v[order]) == digest(u, v)
    assert digest(v, u) != digest(u, v)
    assert digest(u, v[order]) != digest(u, v)
    assert digest(u[1:], v[1:]) != digest(u, v)
    assert digest(np.array([1, 2]), np.array([10, 20])) == (17133275716324023881, 2)
