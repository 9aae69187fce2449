"""Which points of one sample lie where the other sample does: precision, recall, density and coverage by k-nearest balls."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_BLOCK = 512
"""Points at a time; with 5,000 others, 20 MB."""

Floats = NDArray[np.float64]
Matrix = NDArray[Any]


class Lying(NamedTuple):
    """How some points lie among the balls of others.

    Args:
        inside: (n,) how many balls hold each point.
        outside: (n,) the least distance from a ball's centre as a share of its radius: below 1 where a ball holds the point.
        nearest: (n,) the ball at which it is least.
        held: (m,) whether a ball holds any of the points.
    """

    inside: NDArray[np.int64]
    outside: Floats
    nearest: NDArray[np.int64]
    held: NDArray[np.bool_]


def radii(points: Matrix, k: int) -> Floats:
    """(n,) the Euclidean distance of each point to its k-th nearest other; the points are distinct and more than k.

    >>> radii(np.array([[0.0], [1.0], [3.0]]), 1).tolist()
    [1.0, 1.0, 2.0]
    """
    found = np.empty(len(points))
    for start in range(0, len(points), _BLOCK):
        squares = _squares(points[start : start + _BLOCK], points)
        found[start : start + _BLOCK] = np.partition(squares, k, axis=1)[:, k]
    return np.sqrt(found)


def lying(points: Matrix, centres: Matrix, reach: Floats) -> Lying:
    """How ``points`` (n, d) lie in the open balls of ``centres`` (m, d) with radii ``reach`` (m,).

    >>> found = lying(np.array([[0.5], [9.0]]), np.array([[0.0], [1.0], [3.0]]), np.array([1.0, 1.0, 2.0]))
    >>> found.inside.tolist(), found.held.tolist(), found.outside.tolist()
    ([2, 0], [True, True, False], [0.5, 3.0])
    """
    inside, outside = np.zeros(len(points), np.int64), np.full(len(points), np.inf)
    nearest, held = np.zeros(len(points), np.int64), np.zeros(len(centres), np.bool_)
    for start in range(0, len(points), _BLOCK):
        part = slice(start, start + _BLOCK)
        shares = np.sqrt(_squares(points[part], centres)) / reach
        within = shares < 1
        inside[part] = within.sum(1)
        nearest[part] = shares.argmin(1)
        outside[part] = shares.min(1)
        held |= within.any(0)
    return Lying(inside, outside, nearest, held)


def _squares(points: Matrix, others: Matrix) -> Floats:
    """(n, m) squared distances."""
    a, b = points.astype(np.float64), others.astype(np.float64)
    squares: Floats = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
    return squares.clip(min=0, out=squares)
