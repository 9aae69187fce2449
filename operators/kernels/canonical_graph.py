"""Numbers that isomorphic graphs share and others do not: colour refinement, and a search among its ties within a budget."""

from typing import Any

import numba as nb
import numpy as np

from operators.kernels.hashing import mix

_FOREST = 0x9E3779B97F4A7C15


@nb.njit(nogil=True, cache=True)
def _ranked(values: Any) -> Any:
    """Dense ranks, and how many different values there are."""
    order = np.argsort(values)
    cell, count = np.empty(values.size, np.int64), 0
    for i in range(order.size):
        count += i > 0 and values[order[i]] != values[order[i - 1]]
        cell[order[i]] = count
    return cell, count + (values.size > 0)


@nb.njit(nogil=True, cache=True)
def _refined(starts: Any, near: Any, kind: Any, cell: Any, count: Any, most: int) -> Any:
    """The coarsest stable colouring finer than ``cell`` (1-WL): its ranks, how many, a digest of all rounds, and the steps.

    Ranks are by the hash of what a node and its neighbours were: no numbering of the nodes changes them. It ends before it is
    stable after ``most`` steps, which isomorphic graphs reach in the same round.
    """
    n, digest, steps = cell.size, np.uint64(count), 0
    hashes = np.empty(n, np.uint64)
    while True:
        total = np.uint64(0)
        for u in range(n):
            around = np.uint64(0)
            for at in range(starts[u], starts[u + 1]):
                around += mix(np.uint64(cell[near[at]] * 4 + kind[at] + 1))
            hashes[u] = mix(around + mix(np.uint64(cell[u]) ^ np.uint64(0x5851F42D4C957F2D)))
            total += mix(hashes[u])
        digest = mix(digest ^ total)
        steps += 9 * n + near.size
        finer, more = _ranked(hashes)
        if more == count or steps > most:
            return finer, more, digest, steps
        cell, count = finer, more


@nb.njit(nogil=True, cache=True)
def colouring(starts: Any, near: Any, kind: Any, colours: Any, most: int) -> Any:
    """The stable colouring of a graph (ranks), how many it has, a hash that WL-equivalent graphs share, and the steps."""
    n = colours.size
    first, total = np.empty(n, np.uint64), np.uint64(n)
    for u in range(n):
        first[u] = mix(np.uint64(colours[u]))
        total += mix(first[u] + np.uint64(1))
    cell, count = _ranked(first)
    cell, count, digest, steps = _refined(starts, near, kind, cell, count, most)
    return cell, count, mix(digest ^ mix(total)), steps


@nb.njit(nogil=True, cache=True)
def _apart(starts: Any, near: Any, kind: Any, cell: Any, count: Any, node: int, most: int) -> Any:
    """The stable colouring once a node has a colour of its own."""
    split = cell * 2 + 1
    split[node] -= 1
    return _refined(starts, near, kind, split, count + 1, most)


@nb.njit(nogil=True, cache=True)
def _written(starts: Any, near: Any, kind: Any, colours: Any, cell: Any) -> Any:
    """A hash of the graph with its nodes in the order of a colouring in which all are apart."""
    total = np.uint64(cell.size)
    for u in range(cell.size):
        place = mix(np.uint64(cell[u]) + np.uint64(_FOREST))
        total += mix(place ^ mix(np.uint64(colours[u])))
        for at in range(starts[u], starts[u + 1]):
            total += mix(place + mix(np.uint64(cell[near[at]] * 4 + kind[at])))
    return mix(total)


@nb.njit(nogil=True, cache=True)
def _tied(cell: Any, count: int) -> Any:
    """The nodes of the smallest colour class that has more than one, the first of these."""
    sizes = np.bincount(cell, minlength=count)
    chosen = -1
    for at in range(count):
        if sizes[at] > 1 and (chosen < 0 or sizes[at] < sizes[chosen]):
            chosen = at
    return np.flatnonzero(cell == chosen)


@nb.njit(nogil=True, cache=True)
def _twins(starts: Any, near: Any, kind: Any, u: int, v: int) -> Any:
    """Whether the two may be exchanged, all else staying where it is."""
    i, j = starts[u], starts[v]
    while True:
        if i < starts[u + 1] and near[i] == v:
            if kind[i] != 3:
                return False
            i += 1
        if j < starts[v + 1] and near[j] == u:
            j += 1
        if i == starts[u + 1] or j == starts[v + 1]:
            return i == starts[u + 1] and j == starts[v + 1]
        if near[i] != near[j] or kind[i] != kind[j]:
            return False
        i += 1
        j += 1


@nb.njit(nogil=True, cache=True)
def _candidates(starts: Any, near: Any, kind: Any, cell: Any, count: int, most: int) -> Any:
    """Of the tied nodes one of each set of twins, and the steps."""
    tied = _tied(cell, count)
    kept, found, steps = np.empty(tied.size, np.int64), 0, cell.size
    for node in tied:
        if steps > most:
            break
        twin = False
        for at in range(found):
            steps += starts[node + 1] - starts[node] + 1
            if _twins(starts, near, kind, kept[at], node):
                twin = True
                break
        if not twin:
            kept[found] = node
            found += 1
    return kept[:found], steps


@nb.njit(nogil=True, cache=True)
def _first_leaf(starts: Any, near: Any, kind: Any, colours: Any, cell: Any, count: int, most: int) -> Any:
    """What is written when of the tied nodes always the first is taken; and the steps."""
    steps = 0
    while count < cell.size and steps <= most:
        cell, count, _, more = _apart(starts, near, kind, cell, count, _tied(cell, count)[0], most - steps)
        steps += more
    return _written(starts, near, kind, colours, cell), steps


@nb.njit(nogil=True, cache=True)
def _searched(starts: Any, near: Any, kind: Any, colours: Any, cell: Any, count: int, most: int) -> Any:
    """The least that can be written, over all ways to break the ties; False where ``most`` steps do not decide.

    Two nodes that lead to the same first leaf are images of each other under an automorphism that leaves what was set apart
    before where it is: one of them is enough (McKay 1981).
    """
    n, best = cell.size, np.uint64(0xFFFFFFFFFFFFFFFF)
    first, steps = _candidates(starts, near, kind, cell, count, most)
    if steps > most:
        return best, False
    cells, counts, choices, nexts = [cell], [count], [first], [0]
    leaves = [np.empty(first.size, np.uint64)]
    while len(cells) > 0:
        top = len(cells) - 1
        at = nexts[top]
        if at == choices[top].size:
            cells.pop()
            counts.pop()
            choices.pop()
            nexts.pop()
            leaves.pop()
            continue
        nexts[top] = at + 1
        child, split, _, more = _apart(starts, near, kind, cells[top], counts[top], choices[top][at], most - steps)
        steps += more
        if split == n:
            best = min(best, _written(starts, near, kind, colours, child))
        else:
            leaf = np.uint64(at)
            if choices[top].size > 1:
                leaf, more = _first_leaf(starts, near, kind, colours, child, split, most - steps)
                steps += more
            leaves[top][at] = leaf
            known = False
            for before in range(at):
                known = known or (choices[top].size > 1 and leaves[top][before] == leaf)
            if not known:
                options, more = _candidates(starts, near, kind, child, split, most - steps)
                steps += more
                cells.append(child)
                counts.append(split)
                choices.append(options)
                nexts.append(0)
                leaves.append(np.zeros(options.size, np.uint64))
        if steps > most:
            return best, False
    return best, True


@nb.njit(nogil=True, cache=True)
def canonical(starts: Any, near: Any, kind: Any, colours: Any, forest: bool, most: int) -> Any:
    """A hash that WL-equivalent graphs share, one that only isomorphic graphs share, and whether the second was found.

    Colour refinement alone tells forests apart (Immerman and Lander 1990), and graphs whose nodes it all tells apart.

    Args:
        starts, near, kind, colours: a `operators.kernels.graphs.Graph`.
        forest: whether it has no cycle.
        most: steps (nodes and neighbours looked at) that the search may take.
    """
    cell, count, digest, steps = colouring(starts, near, kind, colours, most)
    if steps > most:
        return digest, np.uint64(0), False
    if forest:
        return digest, mix(digest + np.uint64(_FOREST)), True
    if count == cell.size:
        return digest, _written(starts, near, kind, colours, cell), True
    code, decided = _searched(starts, near, kind, colours, cell, count, most - steps)
    return digest, code, decided
