"""How far some columns of a table decide another, in bounded memory."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.state import State
from engine.state.sample import estimate
from engine.value import Value

VALUES = 64
"""Different values beside one key that are counted one by one."""

Keys = NDArray[np.uint64]
Ints = NDArray[np.int64]


def _keys() -> Keys:
    return np.empty(0, np.uint64)


def _ints() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Dependents(State):
    """Of at most ``size`` keys, those with the smallest hash, how many rows have each and which values stand beside it.

    A key that is kept was kept by every partial state that saw it, and so were the `VALUES` values with the smallest hash
    beside it: their counts are exact, however the data was cut.

    Args:
        size: keys that are kept.
        dropped: 1 where there were more.
        keys, totals: (m,) in order, and how many rows have each.
        owners, values, counts: (p,) pairs of a key and a value in order, and how many rows have them.
    """

    size: int = 1 << 14
    dropped: int = 0
    keys: Keys = field(default_factory=_keys)
    totals: Ints = field(default_factory=_ints)
    owners: Keys = field(default_factory=_keys)
    values: Keys = field(default_factory=_keys)
    counts: Ints = field(default_factory=_ints)

    @classmethod
    def of(cls, keys: Keys, values: Keys, size: int = 1 << 14) -> Self:
        """The state of rows with a key and a value each, as hashes."""
        ones = np.ones(len(keys), np.int64)
        return cls(size)._with(0, keys, ones, keys, values, ones)

    def __add__(self, other: Self) -> "Self":
        if self.size != other.size:
            raise ValueError("states of other sizes do not merge")
        return self._with(
            max(self.dropped, other.dropped),
            np.concatenate([self.keys, other.keys]),
            np.concatenate([self.totals, other.totals]),
            np.concatenate([self.owners, other.owners]),
            np.concatenate([self.values, other.values]),
            np.concatenate([self.counts, other.counts]),
        )

    def _with(self, dropped: int, keys: Keys, totals: Ints, owners: Keys, values: Keys, counts: Ints) -> Self:
        """The kept part of keys and pairs, each of which may be there several times."""
        found, at = np.unique(keys, return_inverse=True)
        kept = found[: self.size]
        summed = np.bincount(at, totals, len(found)).astype(np.int64)[: self.size]
        near = owners <= kept[-1] if len(kept) else np.zeros(len(owners), np.bool_)
        order = np.lexsort((values[near], owners[near]))
        owners, values, counts = owners[near][order], values[near][order], counts[near][order]
        if len(owners):
            starts = np.flatnonzero(np.r_[True, (owners[1:] != owners[:-1]) | (values[1:] != values[:-1])])
            owners, values, counts = owners[starts], values[starts], np.add.reduceat(counts, starts)
            first = np.searchsorted(owners, owners)
            few = np.arange(len(owners)) - first < VALUES
            owners, values, counts = owners[few], values[few], counts[few]
        return type(self)(self.size, int(bool(dropped) or len(found) > self.size), kept, summed, owners, values, counts)

    def violations(self) -> Value:
        """The share of rows that do not have the commonest value of their key: ``1 - sum max / n``; None without rows."""
        if not len(self.keys):
            return Value.missing("no row has cells in all of the columns")
        commonest = np.maximum.reduceat(self.counts, np.searchsorted(self.owners, self.keys))
        scores = (self.totals - commonest) / self.totals
        return estimate(scores, self.totals, not self.dropped, most=1.0)
