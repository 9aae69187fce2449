"""Vectors of counted things: each thing adds to one of ``d`` places, with a sign, both by its hash."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SIGN = np.uint64(63)


def sketched(
    rows: NDArray[np.int64], things: NDArray[np.uint64], n: int, d: int, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float32]:
    """(n, d) the vectors of ``n`` rows, whose inner products are on average those of their counts of things.

    The error of a cosine is about ``d**-0.5`` (Weinberger et al. 2009, feature hashing; Charikar et al. 2002, count sketch).

    Args:
        rows: (m,) the row that each thing is in.
        things: (m,) well mixed hashes of the things.
        weights: (m,) what each counts, 1 where not given.

    >>> found = sketched(np.array([0, 0, 1]), np.array([5, 5, 5 + (1 << 63)], np.uint64), 2, 8)
    >>> found[:, 5].tolist(), float(abs(found).sum())
    ([2.0, -1.0], 3.0)
    """
    signs: Any = 1.0 - 2.0 * (things >> _SIGN).astype(np.float64)
    places = rows * d + (things % np.uint64(d)).astype(np.int64)
    signed = signs if weights is None else signs * weights
    order = np.argsort(places, kind="stable")  # few places have something in them: no array of n * d float64
    places = places[order]
    starts = np.flatnonzero(np.r_[True, places[1:] != places[:-1]]) if len(places) else np.empty(0, np.int64)
    vectors = np.zeros(n * d, np.float32)
    vectors[places[starts]] = np.add.reduceat(signed[order], starts) if len(starts) else 0
    return vectors.reshape(n, d)
