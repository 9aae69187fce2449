"""MAUVE of two histograms over the same clusters."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Frontier(NamedTuple):
    """The divergence curve of two distributions and what it comes to.

    Args:
        x, y: the curve from (0, 1) to (1, 0): ``exp(-c KL(q|r))`` and ``exp(-c KL(p|r))`` for mixtures r of both.
        mauve: the area under it, 1 for equal distributions.
        integral: the frontier integral, 0 for equal distributions (Liu et al. 2021).
    """

    x: Floats
    y: Floats
    mauve: float
    integral: float


def mauve(p: NDArray[Any], q: NDArray[Any], scaling: float = 5.0, mixtures: int = 25) -> Frontier:
    """MAUVE of two histograms of counts or shares over the same clusters.

    >>> round(mauve(np.array([3, 1]), np.array([3, 1])).mauve, 9), round(mauve(np.array([1, 0]), np.array([0, 1])).mauve, 3)
    (1.0, 0.004)
    """
    p, q = p / p.sum(), q / q.sum()
    weights = np.linspace(1e-6, 1 - 1e-6, mixtures)
    mixed = [weight * p + (1 - weight) * q for weight in weights]
    x = np.exp(-scaling * np.array([0.0, *(_divergence(q, r) for r in mixed), np.inf]))
    y = np.exp(-scaling * np.array([np.inf, *(_divergence(p, r) for r in mixed), 0.0]))
    x[0], y[0], x[-1], y[-1] = 1.0, 0.0, 0.0, 1.0
    x, y = x[::-1], y[::-1]  # the curve is monotone; to sort it would reorder points that share one coordinate
    return Frontier(x, y, (_area(y, x) + _area(x[::-1], y[::-1])) / 2, _integral(p, q))


def _area(heights: Floats, at: Floats) -> float:
    return float((np.diff(at) * (heights[1:] + heights[:-1]) / 2).sum())


def _divergence(p: Floats, r: Floats) -> float:
    there = p > 0
    return float((p[there] * np.log(p[there] / r[there])).sum())


def _integral(p: Floats, q: Floats) -> float:
    """Where a cluster has both, ``(p + q) / 2 - p q log(p / q) / (p - q)``; the sum of them."""
    both = (p > 0) & (q > 0) & (p != q)
    total = (p + q) / 2
    total[p == q] = 0
    total[both] -= p[both] * q[both] * np.log(p[both] / q[both]) / (p[both] - q[both])
    return float(total.sum())
