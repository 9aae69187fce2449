"""How many directions vectors fill: the Vendi score, from their second moment."""

import math

import numpy as np
from numpy.typing import NDArray


def spectrum(second: NDArray[np.float64]) -> NDArray[np.float64]:
    """The eigenvalues of a mean outer product of unit vectors, as shares that add up to one, the largest first.

    They are those of the n x n matrix of cosines over n, without its zeros.
    """
    values = np.clip(np.linalg.eigvalsh(second)[::-1], 0, None)
    shares: NDArray[np.float64] = values / values.sum()
    return shares


def vendi(shares: NDArray[np.float64], order: float = 1.0) -> float:
    """The effective number of distinct directions: the exponential of the Rényi entropy of an order.

    Args:
        shares: see `spectrum`.
        order: 1 is Shannon's entropy; lower orders count rare directions more, ``math.inf`` the largest alone.

    >>> round(vendi(spectrum(np.diag([0.5, 0.25, 0.25]))), 3), vendi(np.array([0.5, 0.5]), math.inf)
    (2.828, 2.0)
    """
    held = shares[shares > 0]
    if order == 1:
        return float(np.exp(-(held * np.log(held)).sum()))
    if math.isinf(order):
        return float(1 / held.max())
    return float(np.exp(np.log((held**order).sum()) / (1 - order)))
