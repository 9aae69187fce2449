"""What stands around the nodes of a graph, as codes that isomorphic surroundings share."""

from typing import Any

import numba as nb
import numpy as np

from operators.kernels.canonical_graph import canonical
from operators.kernels.hashing import mix


@nb.njit(nogil=True, cache=True)
def _around(starts: Any, near: Any, root: int, radius: int, most: int, place: Any, queue: Any) -> int:
    """How many nodes are within a radius, in ``queue``, with their numbers in ``place``; more than ``most`` end the search."""
    queue[0], place[root], count, done = root, 0, 1, 0
    for _ in range(radius):
        ring = count
        while done < ring:
            u = queue[done]
            done += 1
            for at in range(starts[u], starts[u + 1]):
                if place[near[at]] < 0:
                    if count > most:
                        return count
                    place[near[at]] = count
                    queue[count] = near[at]
                    count += 1
    return count


@nb.njit(nogil=True, cache=True)
def ego_codes(starts: Any, near: Any, kind: Any, colours: Any, radius: int, least: int, most: int, steps: int) -> Any:
    """A code for the surroundings of each node that have at least ``least`` and at most ``most`` nodes, itself marked.

    Returns the codes, and how many of these surroundings have none since ``steps`` did not decide.
    """
    n = colours.size
    codes, found, undecided = np.empty(n, np.uint64), 0, 0
    place, queue = np.full(n, -1, np.int64), np.empty(max(n, most + 2), np.int64)
    for root in range(n):
        count = _around(starts, near, root, radius, most, place, queue)
        if least <= count <= most:
            inside = np.zeros(count + 1, np.int64)
            total = 0
            for at in range(count):
                total += starts[queue[at] + 1] - starts[queue[at]]
            close, ways, paint = np.empty(total, np.int32), np.empty(total, np.uint8), np.empty(count, np.int64)
            filled = 0
            for at in range(count):
                u = queue[at]
                paint[at] = colours[u]
                for edge in range(starts[u], starts[u + 1]):
                    if place[near[edge]] >= 0:
                        close[filled], ways[filled] = place[near[edge]], kind[edge]
                        filled += 1
                inside[at + 1] = filled
                low = inside[at]
                order = np.argsort(close[low:filled])
                close[low:filled], ways[low:filled] = close[low:filled][order], ways[low:filled][order]
            paint[0] = np.int64(mix(np.uint64(paint[0]) + np.uint64(1)))
            forest = filled == 2 * (count - 1)
            _, code, decided = canonical(inside, close[:filled], ways[:filled], paint, forest, steps)
            if decided:
                codes[found] = code
                found += 1
            else:
                undecided += 1
        for at in range(count):
            place[queue[at]] = -1
    return codes[:found], undecided
