"""How often nodes play each part in connected subgraphs of two to four nodes."""

from typing import Any

import numba as nb
import numpy as np

ORBITS = 15


@nb.njit(nogil=True, cache=True)
def _joined(starts: Any, near: Any, u: int, v: int) -> Any:
    if starts[v + 1] - starts[v] < starts[u + 1] - starts[u]:
        u, v = v, u
    low, high = starts[u], starts[u + 1]
    stop = high
    while low < high:
        middle = (low + high) // 2
        if near[middle] < v:
            low = middle + 1
        else:
            high = middle
    return low < stop and near[low] == v


@nb.njit(nogil=True, cache=True)
def _take(totals: Any, degrees: Any, edges: int) -> None:
    """Add the four nodes of one induced subgraph to their orbits."""
    most = max(max(degrees[0], degrees[1]), max(degrees[2], degrees[3]))
    for d in degrees:
        if edges == 3:
            totals[(6 if d == 1 else 7) if most == 3 else (4 if d == 1 else 5)] += 1
        elif edges == 4:
            totals[8 + d if most == 3 else 8] += 1
        else:
            totals[12 + (d == 3) if edges == 5 else 14] += 1


@nb.njit(nogil=True, cache=True)
def _classify(starts: Any, near: Any, four: Any, degrees: Any, totals: Any) -> None:
    degrees[:] = 0
    edges = 0
    for i in range(4):
        for j in range(i):
            if _joined(starts, near, four[i], four[j]):
                degrees[i] += 1
                degrees[j] += 1
                edges += 1
    _take(totals, degrees, edges)


@nb.njit(nogil=True, cache=True)
def orbit_totals(starts: Any, near: Any, triangles: Any, most: int) -> Any:
    """Over all nodes the counts of the 15 orbits (Przulj 2007) of induced subgraphs, and whether they could be counted.

    Every connected set of four nodes is made once (ESU: Wernicke 2006); after ``most`` of them it gives up.
    """
    n = starts.size - 1
    totals, four, degrees = np.zeros(ORBITS, np.int64), np.zeros(4, np.int64), np.zeros(4, np.int64)
    for v in range(n):
        d = starts[v + 1] - starts[v]
        totals[0] += d
        totals[3] += triangles[v]
        totals[2] += d * (d - 1) // 2 - triangles[v]
        for at in range(starts[v], starts[v + 1]):
            totals[1] += starts[near[at] + 1] - starts[near[at]] - 1
        totals[1] -= 2 * triangles[v]
    seen, ahead, made = np.zeros(n, np.uint8), np.empty(n, np.int64), 0
    for v in range(n):
        four[0], first = v, 0
        seen[v] = 1
        for at in range(starts[v], starts[v + 1]):
            seen[near[at]] = 1
            if near[at] > v:
                ahead[first] = near[at]
                first += 1
        for i in range(first):
            four[1], count = ahead[i], first
            for at in range(starts[four[1]], starts[four[1] + 1]):
                u = near[at]
                if u > v and not seen[u]:
                    seen[u] = 2
                    ahead[count] = u
                    count += 1
            for j in range(i + 1, count):
                four[2] = ahead[j]
                for k in range(j + 1, count):
                    four[3] = ahead[k]
                    _classify(starts, near, four, degrees, totals)
                    made += 1
                for at in range(starts[four[2]], starts[four[2] + 1]):
                    if near[at] > v and not seen[near[at]]:
                        four[3] = near[at]
                        _classify(starts, near, four, degrees, totals)
                        made += 1
                if made > most:
                    return totals, False
            for k in range(first, count):
                seen[ahead[k]] = 0
        seen[v] = 0
        for at in range(starts[v], starts[v + 1]):
            seen[near[at]] = 0
    return totals, True
