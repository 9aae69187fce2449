"""How many different things there were, from the smallest hashes."""

import math
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State
from engine.value import Z95, Value


@dataclass(frozen=True, eq=False)
class Distinct(State):
    """The ``size`` smallest distinct 64-bit hashes (bottom-k, or KMV: Bar-Yossef et al. 2002; Beyer et al. 2007).

    Exact up to ``size`` distinct things; beyond, ``(size - 1) / (largest kept hash / 2**64)`` with a relative standard
    error of ``1 / sqrt(size - 2)`` (0.4 % at the default). Hashes must be well mixed over all 64 bits.

    >>> Distinct.of(np.array([5, 9, 5], dtype=np.uint64)).count().value
    2.0
    """

    size: int = 1 << 16
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))

    @classmethod
    def of(cls, hashes: NDArray[np.uint64], size: int = 1 << 16) -> Self:
        """The sketch of the hashes, repeats and all."""
        return cls(size, _smallest(hashes, size))

    def __add__(self, other: Self) -> "Self":
        if self.size != other.size:
            raise ValueError("sketches of different sizes do not merge")
        return type(self)(self.size, np.unique(np.concatenate([self.hashes, other.hashes]))[: self.size])

    def count(self) -> Value:
        """The number of distinct things, exact or with the sketch's 95 % interval."""
        kept = len(self.hashes)
        if kept < self.size:
            return Value.exact(float(kept), n=kept)
        estimate = (kept - 1) / ((int(self.hashes[-1]) + 1) / 2.0**64)
        half = Z95 * estimate / math.sqrt(max(kept - 2, 1))
        return Value(estimate, n=kept, low=estimate - half, high=estimate + half, estimator="sketch")


def _smallest(hashes: NDArray[Any], size: int) -> NDArray[np.uint64]:
    """The ``size`` smallest distinct hashes, in order.

    Sorting all of them is most of the cost, so first look only at those below a threshold that should leave enough.
    """
    if len(hashes) > 8 * size:
        below = hashes[hashes < np.uint64(4 * size / len(hashes) * 2**64)]
        smallest = np.unique(below)
        if len(smallest) >= size:
            return smallest[:size]
    return np.unique(hashes)[:size]
