"""Hits among trials."""

from dataclasses import dataclass
from typing import Self

from engine.state.codec import State
from engine.value import Value, wilson


@dataclass(frozen=True, eq=False)
class Ratio(State):
    """How many of ``n`` had the property.

    >>> Ratio(1, 4) + Ratio(2, 4)
    Ratio(hits=3, n=8)
    >>> Ratio().share("nothing to judge").reason
    'nothing to judge'
    """

    hits: int = 0
    n: int = 0

    def __add__(self, other: Self) -> "Self":
        return type(self)(self.hits + other.hits, self.n + other.n)

    def share(self, reason: str = "no record to evaluate") -> Value:
        """The share with its Wilson interval; None with ``reason`` when there were no trials."""
        if self.n == 0:
            return Value.missing(reason)
        low, high = wilson(self.hits, self.n)
        return Value(self.hits / self.n, n=self.n, low=low, high=high)
