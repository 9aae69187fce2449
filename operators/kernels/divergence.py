"""Distances of distributions that are given as counts over the same cells."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.value import Z95, Value


def jensen_shannon(a: NDArray[Any], b: NDArray[Any]) -> float:
    """The Jensen-Shannon divergence of two distributions, in bits (Lin 1991); 0.5 where one side has no count.

    >>> jensen_shannon(np.array([1, 1, 0]), np.array([1, 0, 1]))
    0.5
    """
    p, q = a / max(1, a.sum()), b / max(1, b.sum())
    m = (p + q) / 2
    return min(1.0, max(0.0, float(p @ _log_ratio(p, m) + q @ _log_ratio(q, m)) / 2))


def spread_of(shares: NDArray[np.float64]) -> float:
    """``exp(mean_t KL(p_t || mean p))`` of distributions, each made to sum to one: 1 where all are equal, n where none overlap.

    Args:
        shares: (n, classes) 0 or more.

    >>> round(spread_of(np.eye(4)), 6), spread_of(np.array([[1.0, 3.0], [2.0, 6.0]]))
    (4.0, 1.0)
    """
    each = shares / np.maximum(shares.sum(1, keepdims=True), np.finfo(np.float64).tiny)
    bits = float((each * _log_ratio(each, np.broadcast_to(each.mean(0), each.shape))).sum()) / len(each)
    return min(float(len(each)), math.pow(2.0, max(0.0, bits)))


def divergence(a: NDArray[np.int64], b: NDArray[np.int64]) -> Value:
    """The divergence with its interval: normal, by the delta method, counts taken as independent.

    >>> divergence(np.array([4, 4]), np.array([4, 4])).value
    0.0
    """
    value = jensen_shannon(a, b)
    p, q = a / a.sum(), b / b.sum()
    half = Z95 * math.sqrt(_variance(p, q, int(a.sum())) + _variance(q, p, int(b.sum())))
    return Value(value, n=int(a.sum()), low=max(0.0, value - half), high=min(1.0, value + half))


def total_variation(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Half the sum of the differences of the shares; both have a count.

    >>> total_variation(np.array([1, 1]), np.array([1, 0]))
    0.5
    """
    return float(np.abs(a / a.sum() - b / b.sum()).sum()) / 2


def kolmogorov_smirnov(a: NDArray[Any], b: NDArray[Any]) -> float:
    """The greatest difference of the cumulated shares, over cells in order; both have a count.

    >>> kolmogorov_smirnov(np.array([1, 1, 0]), np.array([0, 1, 1]))
    0.5
    """
    return float(np.abs(np.cumsum(a) / a.sum() - np.cumsum(b) / b.sum()).max())


def normalised_entropy(counts: NDArray[Any]) -> float:
    """Shannon's entropy over that of as many equal shares: 1 where all are equal, and of a single one.

    >>> normalised_entropy(np.array([2, 2])), round(normalised_entropy(np.array([3, 1])), 3)
    (1.0, 0.811)
    """
    if len(counts) < 2:
        return 1.0
    p = counts / counts.sum()
    return min(1.0, max(0.0, float(-(p @ _log_ratio(p, np.ones_like(p)))) / math.log2(len(counts))))


def aligned(*sides: tuple[NDArray[Any], NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Counts over the same cells, in order: each side is its distinct cells, in order, and their counts.

    >>> [side.tolist() for side in aligned((np.array([1, 4]), np.array([2, 2])), (np.array([4]), np.array([5])))]
    [[2, 2], [0, 5]]
    """
    cells = np.unique(np.concatenate([cells for cells, _ in sides]))
    found = []
    for own, counts in sides:
        side = np.zeros(len(cells), np.int64)
        side[np.searchsorted(cells, own)] = counts
        found.append(side)
    return found


def _log_ratio(p: NDArray[np.float64], m: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log2(np.divide(p, m, out=np.ones_like(p), where=p > 0))


def _variance(p: NDArray[np.float64], q: NDArray[np.float64], n: int) -> float:
    """Of the plug-in divergence through the sampling of ``p``: its derivative by ``p_i`` is ``log2(p_i / m_i) / 2``."""
    slope = _log_ratio(p, (p + q) / 2) / 2
    return max(0.0, float(p @ slope**2) - float(p @ slope) ** 2) / n
