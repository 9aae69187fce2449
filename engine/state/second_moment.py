"""Sums of vectors and of their outer products, exact, so that no order of the records changes them."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State

_BITS, _HALF = 33, 16
_CHUNK = 1 << 16
"""Rows at a time: products of halves then add up exactly in float64."""

Ints = NDArray[np.int64]


def _none() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class SecondMoment(State):
    """Count, sum and second moment of vectors, whose numbers are first rounded to multiples of ``2**(scale - 33)``.

    Each number is an integer of 34 bits in two halves; sums of products of halves are kept as integers, exact for half a
    billion vectors along one axis, for more where they differ. The rounding depends on the vector alone, and so a state on its
    vectors alone. With ``scale`` 0 (vectors of length one) it is below 6e-11 a number; with 5 float16 is kept as it is.

    Args:
        scale: numbers are at most ``2**scale`` in size.
        n: how many vectors.
        d: their dimensions; 0 as long as there is none.
        total: (d,) the sum, in units of ``2**(scale - 33)``.
        high, cross, low: the upper triangles, row by row, of the sums of outer products of the halves.

    >>> state = SecondMoment.of(np.float32([[1, 0], [0, 1]])) + SecondMoment.of(np.float32([[1, 0]]))
    >>> state.mean().round(3).tolist(), state.second().round(3).tolist()
    ([0.667, 0.333], [[0.667, 0.0], [0.0, 0.333]])
    """

    scale: int = 0
    n: int = 0
    d: int = 0
    total: Ints = field(default_factory=_none)
    high: Ints = field(default_factory=_none)
    cross: Ints = field(default_factory=_none)
    low: Ints = field(default_factory=_none)

    @classmethod
    def of(cls, vectors: NDArray[Any], scale: int = 0) -> Self:
        """The state of (n, d) vectors.

        Raises:
            ValueError: for numbers that are not finite, or larger than ``2**scale``.
        """
        n, d = vectors.shape
        if not n:
            return cls(scale)
        if not np.isfinite(vectors).all() or np.abs(vectors).max() > 2.0**scale * (1 + 1e-6):
            raise ValueError(f"a vector has numbers that are not finite, or larger than {2**scale}")
        total = np.zeros(d, np.int64)
        sums = np.zeros((3, d, d), np.int64)
        for start in range(0, n, _CHUNK):
            whole = np.rint(vectors[start : start + _CHUNK].astype(np.float64) * 2.0 ** (_BITS - scale))
            high = np.floor(whole / 2**_HALF)
            low = whole - high * 2**_HALF
            cross = high.T @ low
            total += whole.sum(0).astype(np.int64)
            sums += np.stack([high.T @ high, cross + cross.T, low.T @ low]).astype(np.int64)
        upper = np.triu_indices(d)
        return cls(scale, n, d, total, *(one[upper] for one in sums))

    def __add__(self, other: Self) -> "Self":
        if self.scale != other.scale or (self.n and other.n and self.d != other.d):
            raise ValueError("second moments of other scales or dimensions do not merge")
        if not self.n or not other.n:
            return self if self.n else other
        mine, theirs = ((one.total, one.high, one.cross, one.low) for one in (self, other))
        return type(self)(self.scale, self.n + other.n, self.d, *(a + b for a, b in zip(mine, theirs, strict=True)))

    def mean(self) -> NDArray[np.float64]:
        """(d,) the mean vector; there has to be one."""
        return self.total * 2.0 ** (self.scale - _BITS) / self.n

    def second(self) -> NDArray[np.float64]:
        """(d, d) the mean outer product; there has to be one."""
        unit = 2.0 ** (2 * (self.scale - _BITS))
        upper = (self.high * 2.0 ** (2 * _HALF) + self.cross * 2.0**_HALF + self.low) * unit / self.n
        full = np.zeros((self.d, self.d))
        full[np.triu_indices(self.d)] = upper
        return full + np.triu(full, 1).T

    def covariance(self) -> NDArray[np.float64]:
        """(d, d) the unbiased covariance; there have to be two vectors."""
        mean = self.mean()
        return (self.second() - np.outer(mean, mean)) * (self.n / (self.n - 1))
