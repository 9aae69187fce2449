"""Mean and variance that no order of the records changes."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State
from engine.state.exact_sum import ExactSum
from engine.value import Z95, Value


@dataclass(frozen=True, eq=False)
class Moments(State):
    """Count, exact sum, exact sum of squares, least and greatest of finite numbers.

    Squares are exact too (Dekker's two-term products), so that a small spread around a large mean is not lost.

    >>> Moments.of(np.array([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])).variance()
    4.571428571428571
    """

    n: int = 0
    total: ExactSum = ExactSum()
    squares: ExactSum = ExactSum()
    least: float | None = None
    greatest: float | None = None

    @classmethod
    def of(cls, values: NDArray[Any]) -> Self:
        """The moments of the values, which must be finite and below 1e150 in size."""
        values = np.asarray(values, dtype=np.float64)
        if not len(values):
            return cls()
        return cls(len(values), ExactSum.of(values), _squares(values), float(values.min()), float(values.max()))

    def __add__(self, other: Self) -> "Self":
        least = [x for x in (self.least, other.least) if x is not None]
        greatest = [x for x in (self.greatest, other.greatest) if x is not None]
        return type(self)(
            self.n + other.n,
            self.total + other.total,
            self.squares + other.squares,
            min(least, default=None),
            max(greatest, default=None),
        )

    def variance(self) -> float | None:
        """The unbiased variance; None below two values."""
        if self.n < 2:
            return None
        total, squares = self.total.numerator, self.squares.numerator
        scale = 1 << 1074
        spread = Fraction(squares, scale) - Fraction(total * total, scale * scale * self.n)
        return float(max(spread, Fraction(0)) / (self.n - 1))

    def mean(self, reason: str = "no number to average", within: tuple[float, float] = (-math.inf, math.inf)) -> Value:
        """The mean with its normal 95 % interval, cut to the range of the values; None with ``reason`` when there were none."""
        if self.n == 0:
            return Value.missing(reason)
        mean = float(Fraction(self.total.numerator, (1 << 1074) * self.n))
        half = Z95 * math.sqrt((self.variance() or 0.0) / self.n)
        return Value(mean, n=self.n, low=max(within[0], mean - half), high=min(within[1], mean + half))


def _squares(values: NDArray[np.float64]) -> ExactSum:
    """The exact sum of the squares: each is the sum of two floats (Dekker 1971; exact unless it underflows)."""
    square = values * values
    scaled = values * 134217729.0
    high = scaled - (scaled - values)
    low = values - high
    rest = ((high * high - square) + 2.0 * high * low) + low * low
    return ExactSum.of(square) + ExactSum.of(rest)
