"""Connected components of an undirected graph given as edges between 64-bit ids, in numba.

An edge list is two int64 arrays of one length: edge ``i`` joins ``u[i]`` and ``v[i]``. Ids are arbitrary. The label of a
component is its smallest id, so every way to compute it gives the same answer.

Two ways. `components` holds the graph: union-find. The rounds of Kiveris, Lattanzi, Mirrokni, Rastogi and Vassilvitskii,
"Connected Components in MapReduce and Beyond" (SoCC 2014), section 3.3, hold one partition of it at a time. One round:

1. `both_ways` of all edges, rows routed by ``node``; `large_star` of each partition;
2. `downwards` of all edges that came out, rows routed by ``node``; `small_star` of each partition.

Rounds are repeated until one leaves the edges as they were, told from `digest` after every small star. Then every edge is
(label, id). The paper proves O(log² n) rounds; a path of 100,000 ids takes 18, in random order 14, a million 21 and 16.
"""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.hashing import C1, mix

Ids = NDArray[np.int64]
_MOST_NODES = 2**31 - 1
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@nb.njit(nogil=True, cache=True)
def _distinct(ordered: Any) -> Any:
    """Move the distinct values of an array in order to its front; how many there are."""
    n = 0
    for i in range(len(ordered)):
        if n == 0 or ordered[i] != ordered[n - 1]:
            ordered[n] = ordered[i]
            n += 1
    return n


def _nodes(u: Ids, v: Ids) -> Ids:
    ids = np.concatenate((u, v))
    ids.sort()
    nodes = ids[: _distinct(ids)].copy()
    if len(nodes) > _MOST_NODES:
        raise ValueError(f"one task takes a graph of at most {_MOST_NODES:,} ids, this one has {len(nodes):,}")
    return nodes


@nb.njit(inline="always")
def _slot(node: Any, bits: Any) -> Any:
    return np.int64(np.uint64(node) * _GOLDEN >> np.uint64(64 - bits))


@nb.njit(nogil=True, cache=True)
def _index(nodes: Any) -> Any:
    """A hash table from id to rank in ``nodes``, a quarter to half full: at most 16 bytes a node."""
    bits = 2
    while 1 << bits < 2 * len(nodes):
        bits += 1
    table = np.full(1 << bits, -1, np.int32)
    for rank in range(len(nodes)):
        at = _slot(nodes[rank], bits)
        while table[at] >= 0:
            at = (at + 1) & (len(table) - 1)
        table[at] = rank
    return table, bits


@nb.njit(inline="always")
def _rank(nodes: Any, table: Any, bits: Any, node: Any) -> Any:
    at = _slot(node, bits)
    while nodes[table[at]] != node:
        at = (at + 1) & (len(table) - 1)
    return table[at]


@nb.njit(nogil=True, cache=True)
def _union(u: Any, v: Any, nodes: Any) -> Any:
    """The root of every node, by rank: parents are never larger than their children, so a root is the smallest."""
    table, bits = _index(nodes)
    parents = np.arange(len(nodes), dtype=np.int32)
    for i in range(len(u)):
        a, b = _rank(nodes, table, bits, u[i]), _rank(nodes, table, bits, v[i])
        while parents[a] != a:
            parents[a] = parents[parents[a]]
            a = parents[a]
        while parents[b] != b:
            parents[b] = parents[parents[b]]
            b = parents[b]
        if a < b:
            parents[b] = a
        else:
            parents[a] = b
    for node in range(len(parents)):
        parents[node] = parents[parents[node]]
    return parents


def components(u: Ids, v: Ids) -> tuple[Ids, Ids]:
    """The ids that edges touch, distinct and in order, and the label of each: the smallest id of its component.

    An id with an edge to itself alone is a component of one. Union by smaller id with path halving (Tarjan and van Leeuwen
    1984): O(log n) amortised an edge, in practice one or two steps; about 220 ns an edge. Memory beside the
    edges: 16 bytes an edge at first, then at most 28 an id.

    >>> nodes, labels = components(np.array([7, 3, 20]), np.array([9, 9, 2**40]))
    >>> nodes.tolist(), labels.tolist()
    ([3, 7, 9, 20, 1099511627776], [3, 3, 3, 20, 20])
    """
    nodes = _nodes(u, v)
    labels: Ids = nodes[_union(u, v, nodes)]
    return nodes, labels


def both_ways(u: Ids, v: Ids) -> tuple[Ids, Ids]:
    """Rows (node, neighbour) for `large_star`: every edge from both of its ends; no edge from an id to itself.

    >>> node, neighbour = both_ways(np.array([1, 2]), np.array([5, 2]))
    >>> node.tolist(), neighbour.tolist()
    ([1, 5], [5, 1])
    """
    u, v = u[u != v], v[u != v]
    return np.concatenate((u, v)), np.concatenate((v, u))


def downwards(u: Ids, v: Ids) -> tuple[Ids, Ids]:
    """Rows (node, neighbour) for `small_star`: every edge from its larger end; no edge from an id to itself.

    >>> node, neighbour = downwards(np.array([1, 2]), np.array([5, 2]))
    >>> node.tolist(), neighbour.tolist()
    ([5], [1])
    """
    u, v = u[u != v], v[u != v]
    return np.maximum(u, v), np.minimum(u, v)


@nb.njit(nogil=True, cache=True)
def _star(nodes: Any, node: Any, neighbour: Any, large: Any) -> Any:
    """New edges as ``rank of the centre << 32 | rank of the other``, repeated ones too."""
    table, bits = _index(nodes)
    centres = np.arange(len(nodes), dtype=np.int32)
    codes = np.empty(len(node), np.int64)
    for i in range(len(node)):
        a, b = _rank(nodes, table, bits, node[i]), _rank(nodes, table, bits, neighbour[i])
        centres[a] = min(centres[a], b)
        codes[i] = np.int64(a) << 32 | np.int64(b)
    n = 0
    for i in range(len(codes)):
        a, b = codes[i] >> 32, codes[i] & 0xFFFFFFFF
        # Of the small star, the node itself joins its centre too: in place of the row of the centre, which needs no edge.
        other = a if not large and b == centres[a] else b
        if (b > a or not large) and other != centres[a]:
            codes[n] = np.int64(centres[a]) << 32 | other
            n += 1
    return codes[:n]


def _edges(node: Ids, neighbour: Ids, large: bool) -> tuple[Ids, Ids]:
    nodes = _nodes(node, neighbour)
    codes = _star(nodes, node, neighbour, large)
    codes.sort()
    codes = codes[: _distinct(codes)]
    return nodes[codes >> 32], nodes[codes & 0xFFFFFFFF]


def large_star(node: Ids, neighbour: Ids) -> tuple[Ids, Ids]:
    """Join every larger neighbour of a node to the smallest id among the node and its neighbours.

    Rows are `both_ways` of the edges, in any order, all of a node's rows in this call. Edges come out distinct and in order,
    the smaller id first. Labels of components stay as they are. Memory: at most 28 bytes an id and 24 a row.

    >>> u, v = large_star(*both_ways(np.array([1, 2, 3]), np.array([2, 3, 4])))
    >>> u.tolist(), v.tolist()
    ([1, 1, 2], [2, 3, 4])
    """
    return _edges(node, neighbour, True)


def small_star(node: Ids, neighbour: Ids) -> tuple[Ids, Ids]:
    """Join a node and all of its smaller neighbours to the smallest of these.

    Rows are `downwards` of the edges, in any order, all of a node's rows in this call. Edges come out as in `large_star`.

    >>> u, v = small_star(*downwards(np.array([1, 2, 2]), np.array([3, 3, 4])))
    >>> u.tolist(), v.tolist()
    ([1, 1, 2], [2, 3, 4])
    """
    return _edges(node, neighbour, False)


@nb.njit(nogil=True, cache=True)
def _checksum(u: Any, v: Any) -> Any:
    total = np.uint64(0)
    for i in range(len(u)):
        total += mix(mix(np.uint64(u[i]) + C1) + np.uint64(v[i]))
    return total


def digest(u: Ids, v: Ids) -> tuple[int, int]:
    """A checksum of the edges, 0 to 2**64 - 1, and their number; both are added over tasks, the checksum modulo 2**64.

    Whatever the order and however the edges are split among tasks. Two different lists agree with probability 2**-64.

    >>> edges = np.array([1, 2, 3]), np.array([4, 5, 6])
    >>> whole, parts = digest(*edges), [digest(u, v) for u, v in zip(edges[0][:, None], edges[1][:, None])]
    >>> whole == (sum(part[0] for part in parts) % 2**64, 3)
    True
    """
    return int(_checksum(u, v)), len(u)
