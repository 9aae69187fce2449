"""Counts under a few names that are known beforehand or bounded by the code that makes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from engine.state.codec import State


@dataclass(frozen=True, eq=False)
class Tally(State):
    """How often each named thing happened: reasons, rules, types. For names that the data chooses, see `Counts`.

    >>> (Tally({"empty": 2}) + Tally({"empty": 1, "control": 4})).counts
    {'control': 4, 'empty': 3}
    """

    counts: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Self) -> "Self":
        names = sorted({*self.counts, *other.counts})
        return type(self)({name: self.counts.get(name, 0) + other.counts.get(name, 0) for name in names})

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)

    def nonzero(self) -> dict[str, int]:
        """The names that happened at least once, in order of name."""
        return {name: count for name, count in sorted(self.counts.items()) if count}
