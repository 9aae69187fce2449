"""Several states as one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from engine.state.codec import State


@dataclass(frozen=True, eq=False)
class Product(State):
    """Named states that merge name by name; a name that one side lacks keeps the other's.

    >>> from engine.state import Ratio
    >>> a = Product({"passed": Ratio(1, 2)}) + Product({"passed": Ratio(1, 1), "seen": Ratio(0, 1)})
    >>> a["passed"], a["seen"]
    (Ratio(hits=2, n=3), Ratio(hits=0, n=1))
    """

    states: Mapping[str, State] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.states[name]

    def __contains__(self, name: str) -> bool:
        return name in self.states

    def __add__(self, other: Self) -> "Self":
        merged = dict(self.states)
        for name, state in other.states.items():
            merged[name] = merged[name] + state if name in merged else state
        return type(self)(dict(sorted(merged.items())))
