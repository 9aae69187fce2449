"""Nearest rows of tables by a distance over numbers and categories, exactly, in numba."""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

NOTHING, ORDERED, NOMINAL = 0, 1, 3
"""What a cell holds; anything below `NOMINAL` but nothing is ordered. Cells of different sorts are as far apart as can be."""
_BLOCK, _STEP = 2048, 128
"""Rows of the base that are compared with all others before the next, which fit a cache; and how many are passed over at once
where none of them is near enough."""


@nb.njit(inline="always")
def cell_distance(x: Any, y: Any, a: Any, b: Any) -> Any:
    """Of one cell of either row, at most 1: numbers by their difference, what is nominal by equality."""
    if a != b:
        return 1.0
    if a == 0:
        return 0.0
    if a == 3:
        return 0.0 if x == y else 1.0
    return min(1.0, abs(x - y))


@nb.njit(nogil=True, cache=True)
def _kind_of_all(base_kinds: Any) -> Any:
    """(d,) what all cells of a column of the base hold; -1 where they differ."""
    found = np.full(base_kinds.shape[1], -1)
    if len(base_kinds):
        found[:] = base_kinds[0]
    for i in range(len(base_kinds)):
        for c in range(len(found)):
            if base_kinds[i, c] != found[c]:
                found[c] = -1
    return found


@nb.njit(nogil=True, cache=True)
def _add_cells(total: Any, x: Any, a: Any, cells: Any, kinds: Any, all_of: Any) -> None:
    """Add the distances of one cell to those of a column: without branches where these are all of one kind, so in vectors."""
    n = len(total)
    if all_of < 0:
        for j in range(n):
            total[j] += cell_distance(x, cells[j], a, kinds[j])
    elif a != all_of:
        for j in range(n):
            total[j] += 1.0
    elif a == 3:
        for j in range(n):
            total[j] += 0.0 if cells[j] == x else 1.0
    elif a != 0:
        for j in range(n):
            apart = abs(x - cells[j])
            total[j] += apart if apart < 1.0 else 1.0


@nb.njit(nogil=True, cache=True)
def _any_within(total: Any, limit: Any) -> Any:
    """Whether a number is at most the limit."""
    found = 0
    for j in range(len(total)):
        found += total[j] <= limit
    return found > 0


@nb.njit(nogil=True, cache=True)
def _nearest(values: Any, kinds: Any, base: Any, base_kinds: Any, counts: Any, k: Any) -> Any:
    n, m, d = len(values), len(base), values.shape[1]
    far = np.full((n, k), np.inf)
    at = np.full(n, -1, np.int64)
    total, all_of = np.empty(_BLOCK), _kind_of_all(base_kinds)
    for start in range(0, m, _BLOCK):
        size = min(_BLOCK, m - start)
        cells, sorts = base[start : start + size].T.copy(), base_kinds[start : start + size].T.copy()
        for i in range(n):
            total[:size] = 0.0
            for c in range(d):
                _add_cells(total[:size], values[i, c], kinds[i, c], cells[c], sorts[c], all_of[c])
            for first in range(0, size, _STEP):
                last = min(first + _STEP, size)
                if not _any_within(total[first:last], far[i, k - 1] * d + 1e-9):
                    continue
                for j in range(first, last):
                    if total[j] > far[i, k - 1] * d + 1e-9:
                        continue
                    distance = np.floor(total[j] / d * 1e12 + 0.5) / 1e12
                    if distance < far[i, 0]:
                        at[i] = start + j
                    for _ in range(min(counts[start + j], k)):
                        if distance >= far[i, k - 1]:
                            break
                        place = k - 1
                        while place > 0 and far[i, place - 1] > distance:
                            far[i, place] = far[i, place - 1]
                            place -= 1
                        far[i, place] = distance
    return far, at


def nearest(
    values: NDArray[np.float64],
    kinds: NDArray[np.uint8],
    base: NDArray[np.float64],
    base_kinds: NDArray[np.uint8],
    counts: NDArray[np.int64],
    k: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(n, k) distances to the nearest rows of a base, and (n,) the place of the nearest, the first of those as near.

    The distance is the mean over the cells, rounded to twelve places so that equal ones are equal.

    Args:
        values, kinds: (n, d) of the rows that look: scaled numbers or codes, and `NOTHING`, `ORDERED` or `NOMINAL`.
        base, base_kinds: (m, d) of the rows looked among.
        counts: (m,) how often each row of the base is there.
        k: how many distances; infinite where the base has fewer rows.

    >>> ages, numbers = np.array([[0.0], [0.5]]), np.full((2, 1), ORDERED, np.uint8)
    >>> [part.tolist() for part in nearest(np.array([[0.1]]), numbers[:1], ages, numbers, np.array([1, 1]), 2)]
    [[[0.1, 0.4]], [0]]
    """
    found: tuple[NDArray[np.float64], NDArray[np.int64]] = _nearest(values, kinds, base, base_kinds, counts, k)
    return found


@nb.njit(nogil=True, cache=True)
def _take(total: Any, start: Any, draws: Any, salt: Any, at: Any, least: Any, i: Any) -> None:
    """Take in the distances of a row to those of the base from ``start`` on: the nearest so far is at[i], least[i] far."""
    for first in range(0, len(total), _STEP):
        last = min(first + _STEP, len(total))
        if not _any_within(total[first:last], least[i] + 1e-9):
            continue
        for j in range(first, last):
            near, tied = total[j] < least[i] - 1e-9, total[j] <= least[i] + 1e-9
            if near or (tied and draws[start + j] ^ salt < draws[at[i]] ^ salt):
                at[i] = start + j
                least[i] = min(least[i], total[j])


@nb.njit(nogil=True, cache=True)
def nearest_by(values: Any, kinds: Any, base: Any, base_kinds: Any, columns: Any, draws: Any, salts: Any) -> Any:
    """(n,) the place of the nearest row of a base by some columns; of those as near, the one whose draw the salt makes least.

    Args:
        values, kinds, base, base_kinds: as in `nearest`.
        columns: places of the columns that are compared.
        draws: (m,) random bits of the base's rows.
        salts: (n,) random bits of the rows that look, so that ties go elsewhere for each.
    """
    n, m = len(values), len(base)
    at, least = np.full(n, -1, np.int64), np.full(n, np.inf)
    total, all_of = np.empty(_BLOCK), _kind_of_all(base_kinds)
    for start in range(0, m, _BLOCK):
        size = min(_BLOCK, m - start)
        cells, sorts = base[start : start + size].T.copy(), base_kinds[start : start + size].T.copy()
        for i in range(n):
            total[:size] = 0.0
            for c in columns:
                _add_cells(total[:size], values[i, c], kinds[i, c], cells[c], sorts[c], all_of[c])
            _take(total[:size], start, draws, salts[i], at, least, i)
    return at


@nb.njit(nogil=True, cache=True)
def nearest_without_each(values: Any, kinds: Any, base: Any, base_kinds: Any, left_out: Any, draws: Any, salts: Any) -> Any:
    """(n, columns left out) the place of the nearest row by all columns but one, for each of these; ties as in `nearest_by`."""
    n, m = len(values), len(base)
    at, least = np.full((len(left_out), n), -1, np.int64), np.full((len(left_out), n), np.inf)
    total, rest, all_of = np.empty(_BLOCK), np.empty(_BLOCK), _kind_of_all(base_kinds)
    for start in range(0, m, _BLOCK):
        size = min(_BLOCK, m - start)
        cells, sorts = base[start : start + size].T.copy(), base_kinds[start : start + size].T.copy()
        for i in range(n):
            total[:size] = 0.0
            for c in range(len(cells)):
                _add_cells(total[:size], values[i, c], kinds[i, c], cells[c], sorts[c], all_of[c])
            for place in range(len(left_out)):
                c = left_out[place]
                rest[:size] = 0.0
                _add_cells(rest[:size], values[i, c], kinds[i, c], cells[c], sorts[c], all_of[c])
                for j in range(size):
                    rest[j] = total[j] - rest[j]
                _take(rest[:size], start, draws, salts[i], at[place], least[place], i)
    return at.T.copy()


@nb.njit(inline="always")
def _agrees(x: Any, y: Any, a: Any, b: Any, within: Any) -> Any:
    """Whether a cell is as wanted: nominal ones equal, numbers and times no further apart than ``within``, or both empty."""
    return cell_distance(x, y, a, b) <= (within if b == 1 or b == 2 else 0.0)


@nb.njit(nogil=True, cache=True)
def matches(values: Any, kinds: Any, counts: Any, wanted: Any, wanted_kinds: Any, chosen: Any, within: Any) -> Any:
    """(p,) how many records agree with each of some predicates.

    Args:
        values, kinds, counts: (n, d), (n, d) and (n,) of the rows.
        wanted, wanted_kinds: (p, d) what the cells must be.
        chosen: (p, k) the columns of each predicate.
        within: how far numbers may be apart on their scale.
    """
    found = np.zeros(len(wanted), np.int64)
    for p in range(len(wanted)):
        for i in range(len(values)):
            for c in chosen[p]:
                if not _agrees(values[i, c], wanted[p, c], kinds[i, c], wanted_kinds[p, c], within):
                    break
            else:
                found[p] += counts[i]
    return found
