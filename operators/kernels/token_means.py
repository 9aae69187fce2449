"""Means of token vectors, in numba."""

from typing import Any

import numba as nb
import numpy as np


@nb.njit(nogil=True, cache=True)
def token_means(offsets: Any, tokens: Any, table: Any, rows: Any, weights: Any, unknown: Any) -> Any:
    """(n, d) the mean of the weighted vectors of each text's tokens, zeros where it has none.

    Args:
        offsets: (n + 1,) where each text's tokens start.
        tokens: their numbers.
        table: (rows, d) vectors.
        rows: the row of each token.
        weights: of each token.
        unknown: a token that is left out.

    >>> args = np.array([0, 2]), np.array([1, 2]), np.float32([[0], [2], [4]]), np.arange(3), np.ones(3, np.float32)
    >>> token_means(*args, -1).tolist()
    [[3.0]]
    """
    out = np.zeros((len(offsets) - 1, table.shape[1]), np.float32)
    for i in range(len(offsets) - 1):
        n = 0
        for at in range(offsets[i], offsets[i + 1]):
            token = tokens[at]
            if token == unknown or token >= len(rows):
                continue
            n += 1
            row, weight = rows[token], weights[token]
            for j in range(table.shape[1]):
                out[i, j] += weight * table[row, j]
        if n > 0:
            for j in range(table.shape[1]):
                out[i, j] /= np.float32(n)
    return out
