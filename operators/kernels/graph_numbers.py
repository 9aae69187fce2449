"""Numbers that describe a graph as a whole. They are made of whole numbers first: no numbering of the nodes changes them."""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.graphs import Graphs, components, diameter, triangles

STATISTICS = (
    "nodes",
    "edges",
    "density",
    "mean degree",
    "assortativity",
    "average clustering",
    "largest component",
    "diameter",
)


@nb.njit(nogil=True, cache=True)
def _assortativity(degree: Any, near: Any) -> Any:
    """The correlation of the degrees at the two ends of edges (Newman 2002); NaN where all are equal or there is no edge."""
    ends, least, most = 0, degree.size, 0
    first, second, product = 0, 0, 0
    at = 0
    for u in range(degree.size):
        for _ in range(degree[u]):
            d, e = degree[u], degree[near[at]]
            at += 1
            ends += 1
            first += d
            second += d * d
            product += d * e
            least, most = min(least, d), max(most, d)
    if ends == 0 or least == most:
        return np.nan
    mean = first / ends
    return min(1.0, max(-1.0, (product / ends - mean * mean) / (second / ends - mean * mean)))


@nb.njit(nogil=True, cache=True)
def _average_clustering(degree: Any, found: Any) -> Any:
    """The mean of triangles over pairs of neighbours, 0 for nodes with fewer than two; summed by degree."""
    by_degree = np.zeros(degree.max() + 1, np.int64)
    for u in range(degree.size):
        by_degree[degree[u]] += found[u]
    total = 0.0
    for d in range(2, by_degree.size):
        total += 2.0 * by_degree[d] / (d * (d - 1.0))
    return total / degree.size


@nb.njit(nogil=True, cache=True)
def _numbers(nodes: Any, starts: Any, near: Any, kept: Any, most_nodes: int) -> Any:
    out = np.full((kept.size, 8), np.nan)
    for row in range(kept.size):
        low, high = nodes[kept[row]], nodes[kept[row] + 1]
        mine = starts[low : high + 1] - starts[low]
        close = near[starts[low] : starts[high]]
        n, degree = high - low, mine[1:] - mine[:-1]
        out[row, 0], out[row, 1], out[row, 3] = n, close.size // 2, close.size / n
        if n > 1:
            out[row, 2] = close.size / (n * (n - 1.0))
        out[row, 4] = _assortativity(degree, close)
        out[row, 5] = _average_clustering(degree, triangles(mine, close))
        component, _ = components(mine, close)
        sizes = np.bincount(component)
        largest = int(np.argmax(sizes))
        out[row, 6] = sizes[largest] / n
        if n <= most_nodes:
            longest = 0
            for other in range(sizes.size):  # of components of the same size the one with the longest way
                if sizes[other] == sizes[largest]:
                    longest = max(longest, diameter(mine, close, component == other))
            out[row, 7] = longest
    return out


def numbers(graphs: Graphs, kept: NDArray[np.int64], most_nodes: int) -> NDArray[np.float64]:
    """(k, 8) the `STATISTICS` of some graphs, NaN where one does not exist, or for the diameter beyond ``most_nodes``.

    The density is that of the undirected graph without loops; the diameter is that of the largest component.
    """
    found: NDArray[np.float64] = _numbers(graphs.nodes, graphs.starts, graphs.near, kept, most_nodes)
    return found
