"""Histograms of many things that the data chooses, in bounded memory."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State


def _mixed(cells: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Murmur3's finaliser: an order of the cells that says nothing about them; 0 comes first."""
    mixed = cells.view(np.uint64).copy()
    for shift, factor in ((33, 0xFF51AFD7ED558CCD), (33, 0xC4CEB9FE1A85EC53)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(33))


@dataclass(frozen=True, eq=False)
class CellsBy(State):
    """Counts by key and cell: of at most ``keys`` keys, those with the smallest hash, and of each at most ``cells`` cells.

    A key is a well mixed hash, a cell any whole number. What is kept was kept by every partial state that saw it, so its count
    is exact, whatever the order and the cut. Of a key with more cells those first by a mixing function are kept (0 always).

    Args:
        keys, cells: how many of each are kept.
        key, cell, count: in order of key and cell.
        crowded: the kept keys that lost cells.
        dropped: 1 where keys were lost.

    >>> state = CellsBy.of(np.array([9, 9, 4], np.uint64), np.array([1, 1, 0]))
    >>> (state + state).key.tolist(), (state + state).cell.tolist(), (state + state).count.tolist()
    ([4, 9], [0, 1], [2, 4])
    """

    keys: int = 4096
    cells: int = 4096
    key: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    cell: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    count: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    crowded: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    dropped: int = 0

    @classmethod
    def of(
        cls,
        key: NDArray[np.uint64],
        cell: NDArray[np.int64],
        keys: int = 4096,
        cells: int = 4096,
        count: NDArray[np.int64] | None = None,
    ) -> Self:
        """The counts of things, each with its key and its cell; of ``count`` things each where these are given."""
        ones = np.ones(len(key), np.int64) if count is None else count
        return cls(keys, cells)._with(key, cell.astype(np.int64), ones)

    def __add__(self, other: Self) -> "Self":
        if (self.keys, self.cells) != (other.keys, other.cells):
            raise ValueError("cells of different sizes do not merge")
        both = type(self)(
            self.keys, self.cells, crowded=np.union1d(self.crowded, other.crowded), dropped=max(self.dropped, other.dropped)
        )
        parts = ((one.key, one.cell, one.count) for one in (self, other))
        return both._with(*(np.concatenate(pair) for pair in zip(*parts, strict=True)))

    def _with(self, key: NDArray[np.uint64], cell: NDArray[np.int64], count: NDArray[np.int64]) -> Self:
        """Summed up, ordered, and cut to size; this one has flags and no counts."""
        order = np.lexsort((cell, key))
        key, cell, count = key[order], cell[order], count[order]
        starts = np.flatnonzero(np.r_[True, (key[1:] != key[:-1]) | (cell[1:] != cell[:-1])]) if len(key) else np.arange(0)
        key, cell = key[starts], cell[starts]
        count = np.add.reduceat(count, starts) if len(starts) else count
        known, sizes = np.unique(key, return_counts=True)
        many = known[sizes > self.cells]
        if len(many):
            kept = _first(key, cell, self.cells)
            key, cell, count = key[kept], cell[kept], count[kept]
        dropped = int(len(known) > self.keys)
        if dropped:
            kept = key <= known[self.keys - 1]
            key, cell, count = key[kept], cell[kept], count[kept]
        crowded = np.union1d(self.crowded, many)
        crowded = crowded[np.isin(crowded, known[: self.keys])]
        return type(self)(self.keys, self.cells, key, cell, count, crowded, max(self.dropped, dropped))

    @property
    def known(self) -> NDArray[np.uint64]:
        """The keys, in order."""
        return np.unique(self.key)

    def totals(self) -> NDArray[np.int64]:
        """For each of `known` the sum of its kept counts."""
        starts = np.flatnonzero(np.r_[True, self.key[1:] != self.key[:-1]]) if len(self.key) else np.arange(0)
        return np.add.reduceat(self.count, starts) if len(starts) else np.empty(0, np.int64)


def _first(key: NDArray[np.uint64], cell: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """The positions of the first cells of each key, in order of position."""
    order = np.lexsort((_mixed(cell), key))
    starts = np.flatnonzero(np.r_[True, key[order][1:] != key[order][:-1]])
    rank = np.arange(len(key)) - np.repeat(starts, np.diff(np.r_[starts, len(key)]))
    return np.sort(order[rank < most])
