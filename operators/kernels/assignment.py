"""The pairing of two sets of things that weighs most."""

import numpy as np
from numpy.typing import NDArray


def heaviest(weights: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The pairs (row, column) of greatest total weight, each row and column in at most one, in order of row.

    Shortest augmenting paths with potentials (Kuhn 1955; Jonker and Volgenant 1987): O(n^3), exact in whole numbers.

    Args:
        weights: (n, m) weights, none below 0.

    >>> heaviest(np.array([[1, 1], [1, 0]]))
    [(0, 1), (1, 0)]
    """
    if weights.shape[0] > weights.shape[1]:
        return sorted((row, column) for column, row in heaviest(weights.T))
    n, m = weights.shape
    costs = int(weights.max(initial=0)) - weights
    of_rows, of_columns = np.zeros(n + 1, np.int64), np.zeros(m + 1, np.int64)
    row_of = np.full(m + 1, n)  # column m and row n are where every search starts
    for row in range(n):
        _augment(row, costs, of_rows, of_columns, row_of)
    return sorted((int(row), column) for column, row in enumerate(row_of[:m]) if row < n)


def _augment(
    row: int, costs: NDArray[np.int64], of_rows: NDArray[np.int64], of_columns: NDArray[np.int64], row_of: NDArray[np.int64]
) -> None:
    """Give a row a column, moving others along the cheapest alternating path."""
    m = costs.shape[1]
    row_of[m] = row
    least = np.full(m, np.iinfo(np.int64).max)
    came_from = np.full(m, m)
    done = np.zeros(m + 1, bool)
    column = m
    while row_of[column] < len(of_rows) - 1:
        done[column] = True
        current = row_of[column]
        reduced = costs[current] - of_rows[current] - of_columns[:m]
        better = ~done[:m] & (reduced < least)
        least[better], came_from[better] = reduced[better], column
        open_columns = np.flatnonzero(~done[:m])
        nearest = int(open_columns[np.argmin(least[open_columns])])
        step = least[nearest]
        of_rows[row_of[done]] += step
        of_columns[done] -= step
        least[open_columns] -= step
        column = nearest
    while column != m:
        before = came_from[column]
        row_of[column] = row_of[before]
        column = before
    row_of[m] = len(of_rows) - 1
