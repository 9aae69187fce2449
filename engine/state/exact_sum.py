"""Sums of float64 without rounding: the same whatever the order."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State

_LOWEST = 1074
"""Every finite float64 is a whole multiple of 2**-1074."""


@dataclass(frozen=True, eq=False)
class ExactSum(State):
    """A sum of float64 held as one big integer: ``numerator * 2**-1074``.

    Float sums depend on the order of the terms, so on how the data was cut; this one does not, to the bit. Cost: about
    15 to 35 ns a value in large batches (mantissas are added per exponent with `numpy.bincount`, exactly below 2**53).

    >>> (1e16 + 1.0) - 1e16, ExactSum.of(np.array([1e16, 1.0, -1e16])).value()
    (0.0, 1.0)
    """

    numerator: int = 0

    @classmethod
    def of(cls, values: NDArray[Any]) -> Self:
        """The sum of the values, which must be finite.

        Raises:
            ValueError: for NaN or infinity.
        """
        values = np.asarray(values, dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError("only finite values can be summed")
        return cls(sum(map(_numerator, np.array_split(values, range(1 << 25, len(values), 1 << 25)))))

    def __add__(self, other: Self) -> "Self":
        return type(self)(self.numerator + other.numerator)

    def value(self) -> float:
        """The sum, rounded once."""
        return self.numerator / (1 << _LOWEST)


def _numerator(values: NDArray[np.float64]) -> int:
    if not len(values):
        return 0
    mantissa, exponent = np.frexp(values)
    whole = (mantissa * 2.0**53).astype(np.int64)
    shift = exponent.astype(np.int64) - 53 + _LOWEST
    if shift.min() < 0:  # subnormal: the low mantissa bits are zero
        whole >>= np.maximum(-shift, 0)
        shift = np.maximum(shift, 0)
    first = int(shift.min())
    high = np.bincount(shift - first, weights=(whole >> 26).astype(np.float64))
    low = np.bincount(shift - first, weights=(whole & ((1 << 26) - 1)).astype(np.float64))
    return sum(((int(h) << 26) + int(lo)) << (first + at) for at, (h, lo) in enumerate(zip(high, low, strict=True)))
