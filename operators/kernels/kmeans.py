"""Clusters of unit vectors."""

import numpy as np
from numpy.typing import NDArray

from operators.kernels.nearest import Base

ROUNDS = 8
"""Of Lloyd's algorithm."""
_AT_ONCE = 1024
_EQUAL = 1e-6

Matrix = NDArray[np.float32]


def centroids(sample: Matrix, cells: int, rounds: int = ROUNDS) -> Matrix:
    """(cells, d) unit centroids of unit vectors: Lloyd's algorithm from every n-th of them; an empty cell keeps its place.

    More than 1,024 are found in two steps, clusters and then cells inside each, and may be a few less than asked for: 16,384
    then take a fifth of the time, and put a million vectors' neighbours into as near cells.

    >>> centroids(np.float32([[1, 0], [1, 0], [0, 1], [0, 1]]), 2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if cells <= _AT_ONCE:
        return _moved(sample, sample[np.linspace(0, len(sample) - 1, cells).astype(np.int64)].copy(), rounds)
    groups = int(np.sqrt(cells))
    group = assigned(sample, centroids(sample, groups, rounds))
    counts = np.bincount(group, minlength=groups)
    shares = np.floor(counts / len(sample) * cells).astype(np.int64).clip(min=1)
    inside = [centroids(sample[group == one], min(shares[one], counts[one]), rounds) for one in np.flatnonzero(counts)]
    return _moved(sample, np.concatenate(inside), 1)


def topics(sample: Matrix, cells: int, rounds: int = 20) -> Matrix:
    """(cells, d) unit centroids of unit vectors: Lloyd's algorithm from seeds that lie far apart (greedy k-means++).

    Better than `centroids` where the clusters are few and are looked at themselves; ``cells`` passes over the sample for it.

    >>> topics(np.float32([[1, 0]] * 9 + [[0, 1]]), 2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]

    Source: Arthur and Vassilvitskii 2007, "k-means++", section 7 for its greedy variant.
    """
    rng = np.random.default_rng(0)
    tries = 2 + int(np.log(cells))
    seeds = [int(rng.integers(len(sample)))]
    far = _squares(sample, sample[seeds])[:, 0]
    while len(seeds) < cells and far.sum() > 0:
        tried = np.searchsorted(np.cumsum(far), rng.random(tries) * far.sum()).clip(max=len(sample) - 1)
        left = np.minimum(far[:, None], _squares(sample, sample[tried]))
        best = int(left.sum(0).argmin())
        seeds.append(int(tried[best]))
        far = left[:, best]
    return _moved(sample, sample[seeds].copy(), rounds)


def _squares(vectors: Matrix, others: Matrix) -> NDArray[np.float64]:
    """(n, m) half the squared distances of unit vectors; of equal ones nought, whatever the rounding."""
    apart = 1 - (vectors @ others.T).astype(np.float64)
    return np.where(apart > _EQUAL, apart, 0)


def _moved(sample: Matrix, found: Matrix, rounds: int) -> Matrix:
    for _ in range(rounds):
        cell = assigned(sample, found)
        order = np.argsort(cell, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(cell[order]) > 0])
        sums = np.add.reduceat(sample[order].astype(np.float64), starts, axis=0)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        moved = cell[order][starts]
        found[moved] = np.where(lengths > 0, sums / np.maximum(lengths, 1e-30), found[moved])
    return found


def assigned(vectors: Matrix, centres: Matrix) -> NDArray[np.int64]:
    """(n,) the number of the centroid nearest to each vector.

    >>> assigned(np.float32([[0.8, 0.6], [0, 1]]), np.float32([[1, 0], [0, 1]])).tolist()
    [0, 1]
    """
    return Base(centres, np.arange(len(centres))).nearest(vectors, 1).ids[:, 0]
