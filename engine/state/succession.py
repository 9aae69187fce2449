"""What follows what in records that have an order, whichever way they were cut and merged."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State
from engine.state.counts import Counts
from engine.state.quantiles import Quantiles

Ints = NDArray[np.int64]


def _none() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Succession(State):
    """Pairs of values that follow each other, source by source, in stretches of records without a gap between their ids.

    A stretch knows the first and the last value of each source in it. Where two stretches meet, the last of one and the first
    of the other are a pair, so that in the end every pair of neighbours of one source in one unit was counted once, however
    the unit was cut. Units do not meet: their ids have gaps between them. Memory grows with units times sources.

    Args:
        pairs: what the pairs come to. `Quantiles`: differences, later less earlier. `Counts`: a hash of both.
        starts, stops: of the stretches, in order: the first id and the one after the last.
        at, source, first, last: of each source in each stretch: where that starts, the values at both ends.

    >>> ids, values = np.array([4, 5, 6]), np.array([10, 30, 20])
    >>> whole = Succession.of(Quantiles(), ids, np.zeros(3, int), values)
    >>> parts = [Succession.of(Quantiles(), ids[at], np.zeros(len(at), int), values[at]) for at in ([0, 2], [1])]
    >>> whole.pairs.n, parts[0].pairs.n, (parts[0] + parts[1]) == whole
    (2, 0, True)
    """

    pairs: Quantiles | Counts
    starts: Ints = field(default_factory=_none)
    stops: Ints = field(default_factory=_none)
    at: Ints = field(default_factory=_none)
    source: Ints = field(default_factory=_none)
    first: Ints = field(default_factory=_none)
    last: Ints = field(default_factory=_none)

    @classmethod
    def of(
        cls, pairs: Quantiles | Counts, ids: Ints, source: Ints, values: Ints, known: NDArray[np.bool_] | None = None
    ) -> Self:
        """The pairs of some records; one that is not ``known`` has no value, and stands between those beside it all the same.

        Args:
            pairs: empty, with the size or error that it shall have.
        """
        ids, rows = ids.astype(np.int64), np.arange(len(ids)) if known is None else np.flatnonzero(known)
        value = values.astype(np.int64)[rows]
        return cls(pairs, ids, ids + 1, ids[rows], source.astype(np.int64)[rows], value, value)._joined()

    def __add__(self, other: Self) -> "Self":
        if not len(self.starts) or not len(other.starts):
            kept = self if len(self.starts) else other
            return type(self)(_sum(self.pairs, other.pairs), *kept._arrays())
        both = (np.concatenate(pair) for pair in zip(self._arrays(), other._arrays(), strict=True))
        return type(self)(_sum(self.pairs, other.pairs), *both)._joined()

    def _arrays(self) -> tuple[Ints, ...]:
        return self.starts, self.stops, self.at, self.source, self.first, self.last

    def _joined(self) -> Self:
        """Stretches that meet made one."""
        if not len(self.starts):
            return self
        order = np.argsort(self.starts)
        starts, stops = self.starts[order], self.stops[order]
        opens = np.r_[True, starts[1:] != stops[:-1]]
        merged, group = starts[opens], np.cumsum(opens) - 1
        of = group[np.searchsorted(starts, self.at)]
        order = np.lexsort((self.at, self.source, of))
        of, source, first, last = of[order], self.source[order], self.first[order], self.last[order]
        meets = (of[1:] == of[:-1]) & (source[1:] == source[:-1])
        pairs = _sum(self.pairs, _counted(self.pairs, last[:-1][meets], first[1:][meets]))
        heads = np.flatnonzero(np.r_[np.ones(min(1, len(of)), bool), ~meets])
        tails = np.r_[heads[1:] - 1, len(of) - 1] if len(heads) else heads
        ends = np.r_[np.flatnonzero(opens)[1:] - 1, len(starts) - 1]
        return type(self)(pairs, merged, stops[ends], merged[of[heads]], source[heads], first[heads], last[tails])


def _counted(like: Quantiles | Counts, earlier: Ints, later: Ints) -> Quantiles | Counts:
    if isinstance(like, Quantiles):
        return Quantiles.of(later - earlier, like.error)
    return Counts.of(_mixed(_mixed(earlier.view(np.uint64)) + later.view(np.uint64)), like.size)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Murmur3's finaliser, of the values moved off zero."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((33, 0xFF51AFD7ED558CCD), (33, 0xC4CEB9FE1A85EC53)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(33))


def _sum(a: Quantiles | Counts, b: Quantiles | Counts) -> Quantiles | Counts:
    if isinstance(a, Quantiles) and isinstance(b, Quantiles):
        return a + b
    if isinstance(a, Counts) and isinstance(b, Counts):
        return a + b
    raise ValueError("successions of different pairs do not merge")
