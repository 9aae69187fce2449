"""Maximum mean discrepancy of two samples of histograms, from the matrix of a kernel over all of them."""

import math
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from engine.value import Z95, Value

_PERMUTATIONS = 99
_TIE = 1e-12

Matrix = NDArray[np.float64]


def squared_distances(x: Matrix) -> Matrix:
    """Between all rows: of their difference, so that equal rows are at exactly 0."""
    found: Matrix = _pairwise(np.ascontiguousarray(x, np.float64), True)
    return found


def l1_distances(x: Matrix) -> Matrix:
    """Sums of absolute differences between all rows.

    >>> l1_distances(np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    found: Matrix = _pairwise(np.ascontiguousarray(x, np.float64), False)
    return found


@nb.njit(nogil=True, cache=True)
def _pairwise(x: Any, squared: bool) -> Any:
    out = np.zeros((x.shape[0], x.shape[0]))
    for i in range(x.shape[0]):
        for j in range(i):
            total = 0.0
            for k in range(x.shape[1]):
                difference = abs(x[i, k] - x[j, k])
                total += difference * difference if squared else difference
            out[i, j] = out[j, i] = total
    return out


def gaussian(squared: Matrix, sigma: float) -> Matrix:
    """``exp(-d**2 / (2 sigma**2))``: positive definite where ``d`` is Euclidean, and not for most other distances."""
    kernel: Matrix = np.exp(-squared / (2 * sigma * sigma))
    return kernel


def median_width(squared: Matrix, of: NDArray[np.bool_]) -> float:
    """The median distance between those marked; where that is 0 the median between all that differ, else 1."""
    for some in (of, np.ones(len(of), bool)):
        inside = np.sqrt(squared[np.ix_(some, some)][np.triu_indices(int(some.sum()), 1)])
        width = float(np.median(inside)) if len(inside) else 0.0
        if width > 0:
            return width
    apart = np.sqrt(squared[squared > 0])
    return float(np.median(apart)) if len(apart) else 1.0


def biased(kernel: Matrix, subject: NDArray[np.int64], reference: NDArray[np.int64]) -> float:
    """The V-statistic of weighted samples: never negative for a positive definite kernel, and above 0 for equal sources.

    Args:
        kernel: (k, k) over the distinct histograms of both sides.
        subject, reference: (k,) how many records of each side have each.
    """
    difference = subject / subject.sum() - reference / reference.sum()
    return float(difference @ kernel @ difference)


def unbiased(kernel: Matrix, subject: NDArray[np.int64], reference: NDArray[np.int64]) -> float:
    """The U-statistic (Gretton et al. 2012, lemma 6): 0 on average for equal sources, so also below 0. The diagonal is 1.

    >>> unbiased(np.eye(2), np.array([2, 0]), np.array([0, 2]))
    2.0
    """
    m, n = int(subject.sum()), int(reference.sum())
    within = (float(subject @ kernel @ subject) - m) / (m * (m - 1)) + (float(reference @ kernel @ reference) - n) / (
        n * (n - 1)
    )
    return within - 2 * float(subject @ kernel @ reference) / (m * n)


def estimated(kernel: Matrix, subject: NDArray[np.int64], reference: NDArray[np.int64]) -> Value:
    """The unbiased estimate with the normal interval of its first-order term, too narrow where the sources are equal."""
    value, variance = unbiased(kernel, subject, reference), 0.0
    m, n = int(subject.sum()), int(reference.sum())
    witness = kernel @ (subject / m - reference / n)
    for counts, size in ((subject, m), (reference, n)):
        mean = float(counts @ witness) / size
        variance += 4 * float(counts @ (witness - mean) ** 2) / (size * (size - 1))
    half = Z95 * math.sqrt(max(0.0, variance))
    return Value(value, m, max(-2.0, value - half), min(2.0, value + half), estimator="sample")


def permutation_p(kernel: Matrix, subject: NDArray[np.int64], reference: NDArray[np.int64], seed: int = 0) -> float:
    """How often a random split of the pooled records is as far apart as the sides are (99 splits; (hits + 1) / 100)."""
    pooled, random = subject + reference, np.random.default_rng(seed)
    drawn = random.multivariate_hypergeometric(pooled, int(subject.sum()), size=_PERMUTATIONS)
    splits = [unbiased(kernel, one, pooled - one) for one in drawn]
    least = unbiased(kernel, subject, reference) - _TIE
    return (1 + sum(split >= least for split in splits)) / (1 + _PERMUTATIONS)
