"""A set of 64-bit hashes in a numpy array, for kernels: open addressing, linear probing, at most half full."""

from typing import Any

import numba as nb
import numpy as np

_ZERO = np.uint64(0x9E3779B97F4A7C15)
"""Stands for the hash 0, which marks a free slot."""


@nb.njit(nogil=True, cache=True)
def room_for(n: Any) -> Any:
    """The mask of a table for ``n`` hashes: its size, a power of two, less one."""
    size = 4
    while size < 2 * n:
        size *= 2
    return size - 1


@nb.njit(nogil=True, cache=True)
def add(table: Any, mask: Any, key: Any) -> Any:
    """Put the key into ``table[: mask + 1]``; whether it is new."""
    key = key if key != np.uint64(0) else _ZERO
    at = np.int64(key >> np.uint64(32)) & mask
    while table[at] != np.uint64(0) and table[at] != key:
        at = (at + 1) & mask
    new = table[at] == np.uint64(0)
    table[at] = key
    return new
