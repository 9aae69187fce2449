"""The distance between two normal distributions."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def frechet_distance(mean: Matrix, covariance: Matrix, other_mean: Matrix, other_covariance: Matrix) -> float:
    """The squared Fréchet distance (Dowson and Landau 1982): ``|m - m'|^2 + tr(C + C' - 2 (C C')^(1/2))``, at least 0.

    The root's trace is that of ``(A C' A)^(1/2)`` with ``A`` the root of ``C``, which is symmetric: no complex numbers arise.

    >>> round(frechet_distance(np.zeros(2), np.eye(2), np.ones(2), 4 * np.eye(2)), 9)
    4.0
    """
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    inner = np.clip(np.linalg.eigvalsh(root @ other_covariance @ root), 0, None)
    between = float(((mean - other_mean) ** 2).sum())
    return max(0.0, between + float(np.trace(covariance) + np.trace(other_covariance) - 2 * np.sqrt(inner).sum()))
