"""Runs of ``k`` values in records that have an order, whichever way they were cut and merged."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State
from engine.state.counts import Counts

Ints = NDArray[np.int64]


def _none() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Grams(State):
    """Runs of ``k`` values that follow each other, in stretches of records without a gap between their ids.

    A stretch knows its first and its last ``k - 1`` values. Where two stretches meet, these make the runs across the border, so
    that in the end every run in one unit was counted once, however the unit was cut. Units do not meet: their ids have gaps
    between them. `Succession` is the same for pairs, by source.

    Args:
        k: how many values a run has.
        grams: how often each run occurs, by a hash.
        starts, stops: of the stretches, in order: the first id and the one after the last.
        sizes: how many values each stretch knows of either end, at most ``k - 1``.
        heads, tails: (stretches * (k - 1),) the first and the last values, each stretch's at the beginning of its place.

    >>> ids, values = np.array([4, 5, 6, 7]), np.array([1, 2, 3, 1])
    >>> whole = Grams.of(3, Counts(64), ids, values)
    >>> parts = [Grams.of(3, Counts(64), ids[at], values[at]) for at in ([0, 3], [2], [1])]
    >>> whole.grams.total, (parts[0] + parts[1] + parts[2]) == whole
    (2, True)
    """

    k: int = 3
    grams: Counts = field(default_factory=Counts)
    starts: Ints = field(default_factory=_none)
    stops: Ints = field(default_factory=_none)
    sizes: Ints = field(default_factory=_none)
    heads: Ints = field(default_factory=_none)
    tails: Ints = field(default_factory=_none)

    @classmethod
    def of(cls, k: int, grams: Counts, ids: Ints, values: Ints, known: NDArray[np.bool_] | None = None) -> Self:
        """The runs of some records; one that is not ``known`` has no value, and stands between those beside it all the same.

        Args:
            grams: empty, with the size that it shall have.
        """
        order = np.argsort(ids, kind="stable")
        ids, values = ids[order].astype(np.int64), values[order].astype(np.int64)
        there = np.ones(len(ids), bool) if known is None else known[order]
        if not len(ids):
            return cls(k, grams)
        opens = np.flatnonzero(np.r_[True, np.diff(ids) != 1])
        ends = np.r_[opens[1:], len(ids)]
        of = np.repeat(np.arange(len(opens)), ends - opens)[there]
        value = values[there]
        first, stop = np.searchsorted(of, np.arange(len(opens))), np.searchsorted(of, np.arange(len(opens)), side="right")
        sizes = np.minimum(stop - first, k - 1)
        places = np.arange(k - 1)
        inside = places[None, :] < sizes[:, None]
        heads, tails = np.zeros((len(opens), k - 1), np.int64), np.zeros((len(opens), k - 1), np.int64)
        heads[inside] = value[(first[:, None] + places)[inside]]
        tails[inside] = value[((stop - sizes)[:, None] + places)[inside]]
        counted = grams + Counts.of(_runs(value, of, k), grams.size)
        return cls(k, counted, ids[opens], ids[ends - 1] + 1, sizes, heads.ravel(), tails.ravel())

    def __add__(self, other: Self) -> "Self":
        if self.k != other.k:
            raise ValueError("runs of different lengths do not merge")
        pairs = zip(self._arrays(), other._arrays(), strict=True)
        return type(self)(self.k, self.grams + other.grams, *(np.concatenate(pair) for pair in pairs))._joined()

    def _arrays(self) -> tuple[Ints, ...]:
        return self.starts, self.stops, self.sizes, self.heads, self.tails

    def _joined(self) -> Self:
        """Stretches that meet made one."""
        order, wide = np.argsort(self.starts), self.k - 1
        starts, stops, sizes = self.starts[order], self.stops[order], self.sizes[order].copy()
        heads, tails = (side.reshape(-1, wide)[order].copy() for side in (self.heads, self.tails))
        meets = np.flatnonzero(stops[:-1] == starts[1:])
        across, kept = [], np.ones(len(starts), bool)
        for at in meets.tolist():  # from left to right, so that a stretch takes with it all that it met
            left, right = tails[at, : sizes[at]], heads[at + 1, : sizes[at + 1]]
            across.append(_runs(np.r_[left, right], np.zeros(len(left) + len(right), np.int64), self.k))
            first = np.r_[heads[at, : sizes[at]], right if sizes[at] < wide else right[:0]][:wide]
            last = np.r_[left if sizes[at + 1] < wide else left[:0], tails[at + 1, : sizes[at + 1]]][-wide:]
            kept[at], starts[at + 1], sizes[at + 1] = False, starts[at], len(first)
            heads[at + 1], tails[at + 1] = 0, 0
            heads[at + 1, : len(first)], tails[at + 1, : len(last)] = first, last
        grams = self.grams + Counts.of(np.concatenate(across), self.grams.size) if across else self.grams
        return type(self)(self.k, grams, starts[kept], stops[kept], sizes[kept], heads[kept].ravel(), tails[kept].ravel())


def _runs(values: Ints, of: Ints, k: int) -> NDArray[np.uint64]:
    """A hash of each run of ``k`` values of one stretch."""
    n = max(0, len(values) - k + 1)
    hashes = np.zeros(n, np.uint64)
    for at in range(k):
        hashes = _mixed(hashes + values[at : at + n].view(np.uint64))
    return hashes[of[:n] == of[k - 1 : k - 1 + n]] if n else hashes


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Murmur3's finaliser, of the values moved off zero."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((33, 0xFF51AFD7ED558CCD), (33, 0xC4CEB9FE1A85EC53)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(33))
