"""Graphs as sorted lists of neighbours, and what is counted on them. All loops are numba's over flat arrays."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numba as nb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from operators.kernels.buffers import valid_mask

OUT, IN = 1, 2
"""How a neighbour is reached: along an edge, against one, or (3) both. An undirected edge is both."""


class Graph(NamedTuple):
    """One graph without loops and parallel edges: node ``u`` has the neighbours ``near[starts[u]:starts[u + 1]]``, in order."""

    starts: NDArray[np.int64]
    near: NDArray[np.int32]
    kind: NDArray[np.uint8]
    colours: NDArray[np.int64]


@dataclass(frozen=True)
class Graphs:
    """The graphs of some rows of a batch, their nodes one after the other; neighbours are numbered within their graph.

    ``loops`` and ``parallel`` say by graph how many edges join a node to itself, and how many repeat another.
    """

    rows: NDArray[np.int64]
    nodes: NDArray[np.int64]
    starts: NDArray[np.int64]
    near: NDArray[np.int32]
    kind: NDArray[np.uint8]
    colours: NDArray[np.int64]
    directed: NDArray[np.bool_]
    loops: NDArray[np.int64]
    parallel: NDArray[np.int64]

    def __getitem__(self, at: int) -> Graph:
        """The graph at a position, which is not that of its row."""
        low, high = self.nodes[at], self.nodes[at + 1]
        first, last = self.starts[low], self.starts[high]
        return Graph(self.starts[low : high + 1] - first, self.near[first:last], self.kind[first:last], self.colours[low:high])


def graphs_of(structure: pa.Array) -> Graphs:
    """The graphs of a column of `operators.features.graph_structure`; rows without one are left out.

    >>> from operators.features.graph_structure import GraphStructure
    >>> texts = pa.RecordBatch.from_pydict({"graph": ["[[0, 1], [1, 2], [2, 2], [1, 0]]", None]})
    >>> graphs = graphs_of(GraphStructure().open()(texts)["graph_structure"])
    >>> graphs[0].near.tolist(), graphs.loops.tolist(), graphs.parallel.tolist()
    ([1, 0, 2, 1], [1], [1])
    """
    mask = valid_mask(structure)
    kept = structure.filter(pa.array(mask))
    sizes = pc.struct_field(kept, "nodes").to_numpy(zero_copy_only=False).astype(np.int64)
    directed = pc.struct_field(kept, "directed").to_numpy(zero_copy_only=False).astype(np.bool_)
    nodes = np.concatenate(([0], np.cumsum(sizes)))
    ends = pc.struct_field(kept, "ends")
    lengths = pc.list_value_length(ends).to_numpy(zero_copy_only=False).astype(np.int64) // 2
    pairs = ends.flatten().to_numpy(zero_copy_only=False).reshape(-1, 2).astype(np.int64)
    of = np.repeat(np.arange(len(sizes)), lengths)
    loops = np.bincount(of[pairs[:, 0] == pairs[:, 1]], minlength=len(sizes))
    starts, near, kind, apart = _neighbours(pairs, of, nodes, directed)
    colours = _colours(pc.struct_field(kept, "colours"), sizes)
    rows = np.flatnonzero(mask)
    return Graphs(rows, nodes, starts, near, kind, colours, directed, loops, lengths - loops - apart)


def _neighbours(pairs: Any, of: Any, nodes: Any, directed: Any) -> tuple[Any, ...]:
    """The lists of neighbours, and by graph the edges that are neither loops nor repeats."""
    proper = pairs[:, 0] != pairs[:, 1]
    u, v, of = pairs[proper, 0], pairs[proper, 1], of[proper]
    first = nodes[of]
    ways = np.where(directed[of], OUT, OUT | IN)
    keys = np.concatenate([(first + u) << 32 | v, (first + v) << 32 | u])
    kinds = np.concatenate([ways, np.where(directed[of], IN, OUT | IN)]).astype(np.uint8)
    order = np.argsort(keys, kind="stable")
    keys, kinds = keys[order], kinds[order]
    heads = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.empty(0, np.int64)
    kinds = np.bitwise_or.reduceat(kinds, heads) if len(heads) else kinds
    keys = keys[heads]
    starts = np.searchsorted(keys, np.arange(nodes[-1] + 1, dtype=np.int64) << 32)
    by_graph = np.diff(starts[nodes]) // 2
    both = np.diff(np.searchsorted(np.flatnonzero(kinds == (OUT | IN)), starts[nodes])) // 2
    return starts, (keys & 0xFFFFFFFF).astype(np.int32), kinds, by_graph + np.where(directed, both, 0)


def _colours(labels: pa.Array, sizes: Any) -> NDArray[np.int64]:
    """A number for each node: its label's hash, 0 in graphs without labels."""
    given = pc.list_value_length(labels).to_numpy(zero_copy_only=False) > 0
    colours = np.zeros(int(sizes.sum()), np.int64)
    colours[np.repeat(given, sizes)] = labels.flatten().to_numpy(zero_copy_only=False)
    return colours


@nb.njit(nogil=True, cache=True)
def triangles(starts: Any, near: Any) -> Any:
    """How many triangles each node is in: edges are followed from the rarer to the more connected end, O(m ** 1.5)."""
    n = starts.size - 1
    degree = starts[1:] - starts[:-1]
    first = np.zeros(n + 1, np.int64)
    up = np.empty(near.size // 2, np.int64)
    m = 0
    for u in range(n):
        for at in range(starts[u], starts[u + 1]):
            v = near[at]
            if degree[v] > degree[u] or (degree[v] == degree[u] and v > u):
                up[m] = v
                m += 1
        first[u + 1] = m
    found, mark = np.zeros(n, np.int64), np.full(n, -1, np.int64)
    for u in range(n):
        for at in range(first[u], first[u + 1]):
            mark[up[at]] = u
        for at in range(first[u], first[u + 1]):
            v = up[at]
            for more in range(first[v], first[v + 1]):
                if mark[up[more]] == u:
                    found[u] += 1
                    found[v] += 1
                    found[up[more]] += 1
    return found


@nb.njit(nogil=True, cache=True)
def components(starts: Any, near: Any) -> Any:
    """For each node the number of its component, and whether the graph is bipartite."""
    n = starts.size - 1
    component, side, queue = np.full(n, -1, np.int64), np.zeros(n, np.int8), np.empty(n, np.int64)
    count, bipartite = 0, True
    for root in range(n):
        if component[root] >= 0:
            continue
        component[root], queue[0], head, tail = count, root, 0, 1
        while head < tail:
            u = queue[head]
            head += 1
            for at in range(starts[u], starts[u + 1]):
                v = near[at]
                if component[v] < 0:
                    component[v], side[v] = count, 1 - side[u]
                    queue[tail] = v
                    tail += 1
                elif side[v] == side[u]:
                    bipartite = False
        count += 1
    return component, bipartite


@nb.njit(nogil=True, cache=True)
def has_cycle(starts: Any, near: Any, kind: Any) -> Any:
    """Whether some way along edges in their direction leads back (Kahn 1962); for directed graphs."""
    n = starts.size - 1
    into, queue = np.zeros(n, np.int64), np.empty(n, np.int64)
    tail = 0
    for u in range(n):
        for at in range(starts[u], starts[u + 1]):
            into[u] += (kind[at] >> 1) & 1
        if into[u] == 0:
            queue[tail] = u
            tail += 1
    head = 0
    while head < tail:
        u = queue[head]
        head += 1
        for at in range(starts[u], starts[u + 1]):
            if kind[at] & 1:
                into[near[at]] -= 1
                if into[near[at]] == 0:
                    queue[tail] = near[at]
                    tail += 1
    return tail < n


@nb.njit(nogil=True, cache=True)
def diameter(starts: Any, near: Any, inside: Any) -> int:
    """The longest shortest way between two of the nodes that are ``inside``, which must be one component."""
    n = starts.size - 1
    longest = 0
    far, queue = np.full(n, -1, np.int64), np.empty(n, np.int64)
    for root in range(n):
        if not inside[root]:
            continue
        far[:] = -1
        far[root], queue[0], head, tail = 0, root, 0, 1
        while head < tail:
            u = queue[head]
            head += 1
            for at in range(starts[u], starts[u + 1]):
                if far[near[at]] < 0:
                    far[near[at]] = far[u] + 1
                    queue[tail] = near[at]
                    tail += 1
        longest = max(longest, far[queue[tail - 1]])
    return longest


def normalised_laplacian(graph: Graph) -> NDArray[np.float64]:
    """``I - D^-1/2 A D^-1/2``, with zero rows for nodes without a neighbour, as NetworkX has it."""
    degree = np.diff(graph.starts)
    scale = 1.0 / np.sqrt(np.maximum(degree, 1))
    matrix = np.diag((degree > 0).astype(np.float64))
    u = np.repeat(np.arange(len(degree)), degree)
    matrix[u, graph.near] -= scale[u] * scale[graph.near]
    return matrix
