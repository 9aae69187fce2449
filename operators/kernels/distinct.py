"""Distinct 64-bit keys of a column, and tables of counts of pairs of columns, in one walk each."""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.hashing import mix

_SIGN = np.uint64(1 << 63)


@nb.njit(nogil=True, cache=True)
def _distinct(keys: Any, mask: Any) -> Any:
    slots = np.full(mask + 1, -1, np.int32)
    found, counts, inverse = np.empty(len(keys), np.uint64), np.zeros(len(keys), np.int64), np.empty(len(keys), np.int32)
    n = 0
    for i in range(len(keys)):
        key = keys[i]
        at = np.int64(mix(key) & np.uint64(mask))
        while slots[at] >= 0 and found[slots[at]] != key:
            at = (at + 1) & mask
        if slots[at] < 0:
            slots[at] = n
            found[n] = key
            n += 1
        inverse[i] = slots[at]
        counts[slots[at]] += 1
    return found[:n], counts[:n], inverse


def distinct(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """The distinct keys in order, how often each occurs, and for each key its place among them.

    >>> [part.tolist() for part in distinct(np.array([7, 5, 7], np.uint64))]
    [[5, 7], [1, 2], [1, 0, 1]]
    """
    found, counts, inverse = _distinct(keys, (1 << max(4, int(2 * len(keys) - 1).bit_length())) - 1)
    order = np.argsort(found)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return found[order], counts[order], place[inverse]


def ordered_keys(numbers: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Keys that sort as the numbers do, which may not be NaN; zero has one key.

    >>> keys = ordered_keys(np.array([-2.0, -0.0, 0.0, 1e-300, 3.0]))
    >>> bool((keys[1:] >= keys[:-1]).all()), bool(keys[1] == keys[2])
    (True, True)
    """
    bits = (numbers + 0.0).view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def numbers_of(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    """The numbers whose `ordered_keys` these are.

    >>> numbers_of(ordered_keys(np.array([-2.5, 0.0, 7.0]))).tolist()
    [-2.5, 0.0, 7.0]
    """
    return np.where(keys & _SIGN, keys ^ _SIGN, ~keys).view(np.float64)


@nb.njit(nogil=True, cache=True)
def pair_tables(codes: Any, left: Any, right: Any, widths: Any, starts: Any) -> Any:
    """Counts of pairs of codes, the table of each pair of columns after the other in one array.

    Args:
        codes: (columns, n) of each row, from 0.
        left, right: (pairs,) columns.
        widths: (columns,) how many codes there are.
        starts: (pairs + 1,) where each table begins.
    """
    out = np.zeros(starts[-1], np.int64)
    for pair in range(len(left)):
        a, b, table, width = codes[left[pair]], codes[right[pair]], out[starts[pair] :], widths[right[pair]]
        for i in range(codes.shape[1]):
            table[np.int64(a[i]) * width + np.int64(b[i])] += 1
    return out


@nb.njit(nogil=True, cache=True)
def firsts(codes: Any, ids: Any, size: Any) -> Any:
    """The smallest id of the rows of each code; a negative code is none."""
    out = np.full(size, np.iinfo(np.int64).max, np.int64)
    for i in range(len(codes)):
        if codes[i] >= 0 and ids[i] < out[codes[i]]:
            out[codes[i]] = ids[i]
    return out


@nb.njit(nogil=True, cache=True)
def moved(tables: Any, starts: Any, widths: Any, maps: Any, begins: Any, wider: Any, left: Any, right: Any) -> Any:
    """Tables of pairs with other codes: ``maps`` has the new code of each old one, by column; `pair_tables` has the layout."""
    out = np.zeros(begins[-1], np.int64)
    for pair in range(len(left)):
        a, b, at = left[pair], right[pair], starts[pair]
        for i in range(widths[a]):
            row = begins[pair] + maps[a, i] * wider[b]
            for j in range(widths[b]):
                out[row + maps[b, j]] += tables[at]
                at += 1
    return out
