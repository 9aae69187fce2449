"""Sums, squares and products of columns of float64 without rounding, so that no order of the rows changes a correlation."""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

CHUNKS = 67
"""Of 32 bits each, from 2**-1074 up (after the small superaccumulator of Neal 2015)."""
LARGEST = 1e150
"""Beyond this, a square is no float64."""

_MASK = np.int64(0xFFFFFFFF)
_BLOCK = 480
"""Rows whose products, two floats each of 53 bits, add up in an int64 for each exponent."""
_WHOLE, _ROWS = 2.0**21, 2048
"""Whole numbers up to this size, and how many of them: sums of their products are float64 without rounding."""

Floats = NDArray[np.float64]


@nb.njit(nogil=True, cache=True)
def _flush(sums: Any, low: Any, high: Any, chunks: Any) -> None:
    """Move the sums of mantissas by exponent to chunks of 32 bits in int64, which carry later."""
    for exponent in range(low, high + 1):
        value = sums[exponent]
        if value == 0:
            continue
        sums[exponent] = 0
        place = max(exponent - 1, 0)
        at, shift = place >> 5, np.int64(place & 31)
        below, above = (value & _MASK) << shift, (value >> np.int64(32)) << shift
        chunks[at] += below & _MASK
        chunks[at + 1] += (below >> np.int64(32)) + (above & _MASK)
        chunks[at + 2] += above >> np.int64(32)


@nb.njit(nogil=True, cache=True)
def _add(values: Any, n: Any, sums: Any, low: Any, high: Any) -> Any:
    """Add mantissas to the sums of their exponents; NaN does not count. The least and the greatest exponent come back."""
    bits = values.view(np.int64)
    for i in range(n):
        if values[i] == 0.0 or values[i] != values[i]:
            continue
        exponent = (bits[i] >> np.int64(52)) & np.int64(0x7FF)
        mantissa = bits[i] & np.int64(0xFFFFFFFFFFFFF)
        if exponent:
            mantissa |= np.int64(1) << np.int64(52)
        sums[exponent] += -mantissa if bits[i] < 0 else mantissa
        low, high = min(low, exponent), max(high, exponent)
    return low, high


@nb.njit(nogil=True, cache=True)
def _add_products(chunks: Any, x: Any, y: Any, product: Any, rest: Any, sums: Any) -> None:
    """Each product is the sum of two floats (Dekker 1971), which are added; where one of the two is NaN, nothing is."""
    for start in range(0, len(x), _BLOCK):
        n = min(_BLOCK, len(x) - start)
        for i in range(n):
            a, b = x[start + i], y[start + i]
            p = a * b
            scaled = a * 134217729.0
            high = scaled - (scaled - a)
            low = a - high
            scaled = b * 134217729.0
            tall = scaled - (scaled - b)
            flat = b - tall
            product[i] = p
            rest[i] = ((high * tall - p) + high * flat + low * tall) + low * flat
        least, greatest = _add(product, n, sums, 2047, 0)
        least, greatest = _add(rest, n, sums, least, greatest)
        _flush(sums, least, greatest, chunks)


@nb.njit(nogil=True, cache=True)
def _sums(values: Any) -> Any:
    """(columns, 2, CHUNKS): of the values and of their squares; values that are NaN do not count."""
    out = np.zeros((values.shape[0], 2, CHUNKS), np.int64)
    product, rest, sums = np.empty(_BLOCK), np.empty(_BLOCK), np.zeros(2048, np.int64)
    for a in range(values.shape[0]):
        for start in range(0, values.shape[1], _BLOCK):
            n = min(_BLOCK, values.shape[1] - start)
            least, greatest = _add(values[a, start : start + n], n, sums, 2047, 0)
            _flush(sums, least, greatest, out[a, 0])
        _add_products(out[a, 1], values[a], values[a], product, rest, sums)
    return out


@nb.njit(nogil=True, cache=True)
def _products(values: Any, left: Any, right: Any) -> Any:
    """(pairs, CHUNKS) of the products of the columns of each pair."""
    out = np.zeros((len(left), CHUNKS), np.int64)
    product, rest, sums = np.empty(_BLOCK), np.empty(_BLOCK), np.zeros(2048, np.int64)
    for pair in range(len(left)):
        _add_products(out[pair], values[left[pair]], values[right[pair]], product, rest, sums)
    return out


def whole(chunks: NDArray[np.int64]) -> int:
    """The sum in units of 2**-1074."""
    return sum(chunk << (32 * at) for at, chunk in enumerate(chunks.tolist()) if chunk)


def _small(values: Floats) -> bool:
    """Whether these are whole numbers whose products can be added as floats."""
    return bool((np.abs(values) <= _WHOLE).all() and (np.rint(values) == values).all())


def _whole_products(values: Floats) -> tuple[list[int], list[list[int]]]:
    """The sums of rows of small whole numbers and of the products of each two, as matrix products of a few rows at a time."""
    total, products = np.zeros(len(values), np.int64), np.zeros((len(values), len(values)), np.int64)
    for start in range(0, values.shape[1], _ROWS):
        part = values[:, start : start + _ROWS]
        total += part.sum(1).astype(np.int64)
        products += (part @ part.T).astype(np.int64)
    return total.tolist(), products.tolist()


def sums(values: Floats) -> list[tuple[int, int, int]]:
    """Of each row of (columns, n) values: how many are not NaN, their sum, and that of their squares, as `whole` numbers.

    >>> [total >> 1074 for total in sums(np.array([[1.0, 2.0, np.nan, 3.0]]))[0][1:]]
    [6, 14]
    """
    return [_summed(row) for row in values]


def _summed(row: Floats) -> tuple[int, int, int]:
    gaps = np.isnan(row)
    n = len(row) - int(np.count_nonzero(gaps))
    filled = np.where(gaps, 0.0, row) if n < len(row) else row
    if _small(filled):
        total, squares = _whole_products(filled[None])
        return n, total[0] << 1074, squares[0][0] << 1074
    both = _sums(row[None])[0]
    return n, whole(both[0]), whole(both[1])


def products(values: list[Floats], left: NDArray[np.int64], right: NDArray[np.int64]) -> list[int]:
    """Of each pair of columns, whose numbers are at most 1e150: the sum of their products where both are there, as `whole`.

    >>> products([np.array([1.0, 2.0]), np.array([3.0, np.nan])], np.array([0]), np.array([1]))[0] >> 1074
    3
    """
    filled = [np.nan_to_num(column, nan=0.0) for column in values]
    small = np.array([_small(column) for column in filled], np.bool_)
    place = np.cumsum(small) - 1
    easy = _whole_products(np.stack([filled[at] for at in np.flatnonzero(small)]))[1] if small.any() else []
    both = small[left] & small[right]
    hard = iter(_products(np.stack(values), left[~both], right[~both]) if not both.all() else [])
    pairs = zip(left, right, both, strict=True)
    return [easy[place[a]][place[b]] << 1074 if simple else whole(next(hard)) for a, b, simple in pairs]
