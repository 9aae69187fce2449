"""The shape of a distribution of numbers, in buckets of fixed relative width."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State

_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Quantiles(State):
    """Counts in logarithmic buckets (DDSketch: Masson, Rim and Lee 2019): any quantile within ``error`` of its size.

    Deterministic, exactly mergeable and independent of the cut, unlike KLL. Whole numbers below ``1 / (2 * error)`` have a
    bucket each, so that lengths are exact there. Values within 1e-9 of zero count as zero; values must be finite. For numbers
    that differ little beside their size (timestamps), shift them first.

    >>> sketch = Quantiles.of(np.arange(1.0, 1001.0))
    >>> abs(sketch.quantile(0.5) - 500) <= 500 * sketch.error * 2
    True
    """

    error: float = 0.002
    buckets: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, values: NDArray[Any], error: float = 0.002) -> Self:
        """The sketch of the values, which must be finite."""
        values = np.asarray(values, dtype=np.float64)
        size = np.abs(values)
        level = np.ceil(np.log(np.maximum(size, _TINY) / _TINY) / np.log(_gamma(error))).astype(np.int64) + 1
        buckets, counts = np.unique(np.where(size <= _TINY, 0, np.sign(values).astype(np.int64) * level), return_counts=True)
        return cls(error, buckets, counts.astype(np.int64))

    def __add__(self, other: Self) -> "Self":
        if self.error != other.error:
            raise ValueError("sketches of different errors do not merge")
        buckets, at = np.unique(np.concatenate([self.buckets, other.buckets]), return_inverse=True)
        counts = np.zeros(len(buckets), np.int64)
        np.add.at(counts, at, np.concatenate([self.counts, other.counts]))
        return type(self)(self.error, buckets, counts)

    @property
    def n(self) -> int:
        """How many values."""
        return int(self.counts.sum())

    def values(self) -> NDArray[np.float64]:
        """The number that stands for each bucket, in order."""
        gamma = _gamma(self.error)
        size = _TINY * gamma ** (np.abs(self.buckets) - 1) * 2 / (1 + gamma)
        return np.where(self.buckets == 0, 0.0, np.sign(self.buckets) * size)

    def quantile(self, share: float) -> float | None:
        """The value at a share of the distribution; None when there are no values."""
        if self.n == 0:
            return None
        at = int(np.searchsorted(np.cumsum(self.counts), share * (self.n - 1), side="right"))
        return float(self.values()[at])


def _gamma(error: float) -> float:
    return (1 + error) / (1 - error)
