"""How often each of very many things happened, in bounded memory."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State


@dataclass(frozen=True, eq=False)
class Counts(State):
    """Counts by 64-bit hash, exact up to ``size`` distinct hashes; beyond, hashes that share their leading bits are one cell.

    ``bits`` is the largest number of leading bits at which at most ``size`` cells are occupied (64: exact). It depends only
    on the set of hashes, so the state is the same however the data was cut. Merging cells can only lower a divergence
    between two such counts (data processing inequality): what is computed from cells is a lower bound.

    >>> Counts.of(np.array([7, 7, 8], dtype=np.uint64)).total
    3
    """

    size: int = 1 << 17
    bits: int = 64
    cells: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, hashes: NDArray[np.uint64], size: int = 1 << 17) -> Self:
        """The counts of the hashes."""
        cells, counts = np.unique(hashes, return_counts=True)
        return cls(size, 64, cells, counts.astype(np.int64)).within(size)

    def __add__(self, other: Self) -> "Self":
        if self.size != other.size:
            raise ValueError("counts of different sizes do not merge")
        bits = min(self.bits, other.bits)
        left, right = self.at(bits), other.at(bits)
        cells = np.concatenate([left.cells, right.cells])
        return self._grouped(bits, cells, np.concatenate([left.counts, right.counts])).within(self.size)

    @property
    def total(self) -> int:
        """How many things were counted."""
        return int(self.counts.sum())

    def at(self, bits: int) -> Self:
        """The same counts at a coarser resolution of ``bits`` leading bits."""
        if bits >= self.bits:
            return self
        return self._grouped(bits, self.cells >> np.uint64(self.bits - bits), self.counts)

    def _grouped(self, bits: int, cells: NDArray[np.uint64], counts: NDArray[np.int64]) -> Self:
        order = np.argsort(cells, kind="stable")
        cells, counts = cells[order], counts[order]
        starts = np.flatnonzero(np.r_[True, cells[1:] != cells[:-1]]) if len(cells) else np.empty(0, np.int64)
        summed = np.add.reduceat(counts, starts) if len(starts) else np.empty(0, np.int64)
        return type(self)(self.size, bits, cells[starts], summed)

    def within(self, size: int) -> Self:
        """The same counts in at most ``size`` cells."""
        if len(self.cells) <= size:
            return self if size == self.size else replace(self, size=size)
        differ = self.cells[1:] ^ self.cells[:-1]
        # Neighbours that differ in one of the leading b bits stay apart at b bits: count the cells left at every b.
        first_difference = self.bits - _bit_length(differ) + 1
        apart = 1 + np.cumsum(np.bincount(first_difference, minlength=65))
        return replace(self.at(int(np.flatnonzero(apart <= size)[-1])), size=size)


def _bit_length(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Exact, unlike a logarithm: 2**64 - 1 rounds up to 2**64 as a float."""
    high, low = values >> np.uint64(32), values & np.uint64(0xFFFFFFFF)
    upper, lower = (np.frexp(half.astype(np.float64))[1].astype(np.int64) for half in (high, low))
    return np.where(high > 0, upper + 32, lower)
