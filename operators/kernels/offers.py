"""The largest of many numbers that come in pieces, each piece for some of the queries, in numba."""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray


@nb.njit(nogil=True, cache=True)
def _offer(products: Any, queries: Any, first: Any, best: Any, rows: Any) -> None:
    most = best.shape[1]
    for i in range(products.shape[0]):
        q = queries[i]
        for j in range(products.shape[1]):
            value = products[i, j]
            if value <= best[q, most - 1]:
                continue
            at = most - 1
            while at > 0 and best[q, at - 1] < value:
                best[q, at], rows[q, at] = best[q, at - 1], rows[q, at - 1]
                at -= 1
            best[q, at], rows[q, at] = value, first + j


def offer(
    products: NDArray[np.float32], queries: NDArray[np.int64], first: int, best: NDArray[np.float32], rows: NDArray[np.int64]
) -> None:
    """Put a piece's numbers among the largest so far, in place; of equal ones those that came first stay.

    Args:
        products: (m, c), of m queries with the c rows from ``first`` on.
        queries: (m,) which queries these are.
        first: the piece's first row.
        best: (n, k) the largest so far of every query, the largest first; -inf where there are fewer.
        rows: (n, k) the rows that they are of.

    >>> best, rows = np.full((1, 2), -np.inf, np.float32), np.full((1, 2), -1)
    >>> offer(np.float32([[1, 3, 2]]), np.array([0]), 10, best, rows)
    >>> best.tolist(), rows.tolist()
    ([[3.0, 2.0]], [[11, 12]])
    """
    _offer(products, queries, first, best, rows)
