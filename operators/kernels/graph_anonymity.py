"""How many nodes of a graph look like each of its nodes, to one who knows a little of their surroundings."""

from typing import Any

import numba as nb
import numpy as np

from operators.kernels.canonical_graph import colouring
from operators.kernels.hashing import mix

_MOST_STEPS = 1 << 28
"""Long thin graphs take as many rounds as they have nodes: then those further away are not looked at (some seconds)."""

VIEWS = ("degree", "neighbourhood", "structure")


@nb.njit(nogil=True, cache=True)
def _copies(values: Any) -> Any:
    """For each value how often it occurs."""
    order, out, start = np.argsort(values), np.empty(values.size, np.int64), 0
    for i in range(1, values.size + 1):
        if i == values.size or values[order[i]] != values[order[start]]:
            for at in range(start, i):
                out[order[at]] = i - start
            start = i
    return out


@nb.njit(nogil=True, cache=True)
def crowd(starts: Any, near: Any, kind: Any, colours: Any) -> Any:
    """(3, n) how many nodes, itself among them, share a node's degree; its and its neighbours' degrees; its stable colour.

    In directed graphs degrees are those in, out and both ways. ``colours`` is what else is known of each node.
    """
    n = colours.size
    degree, around, out = np.empty(n, np.uint64), np.empty(n, np.uint64), np.empty((3, n), np.int64)
    for u in range(n):
        total = np.uint64(0)
        for at in range(starts[u], starts[u + 1]):
            total += mix(np.uint64(kind[at]))
        degree[u] = mix(total + mix(np.uint64(colours[u])))
    for u in range(n):
        total = np.uint64(0)
        for at in range(starts[u], starts[u + 1]):
            total += mix(degree[near[at]] + np.uint64(kind[at]))
        around[u] = mix(total ^ mix(degree[u]))
    cell, _, _, _ = colouring(starts, near, kind, colours, _MOST_STEPS)
    out[0], out[1], out[2] = _copies(degree), _copies(around), _copies(cell.astype(np.uint64))
    return out
