"""The states of all units as one: merged in a tree, each node a file, so that no process holds more than two of them.

States merge exactly and commutatively; the tree's shape is fixed by the number of units all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.feature import Resources
from engine.job import Job, merged_file, state_file
from engine.metric import Fold
from engine.state import State, decode, encode
from engine.stream import FAULTS_KEPT

FAN_IN = 64


@dataclass(frozen=True)
class Merged:
    """A run of consecutive units as one.

    Args:
        rows: of each unit, None for a unit that is quarantined.
        faults: records that could not be read.
        causes: how many records by kind of cause.
        named: the first faulty records as (unit, row, cause).
        lost: quarantined units as (unit, cause).
        failed: the first error of each metric or relation that failed, by name.
        states: of each metric that did not.
    """

    rows: tuple[int | None, ...] = ()
    faults: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    named: tuple[tuple[int, int, str], ...] = ()
    lost: tuple[tuple[int, str], ...] = ()
    failed: dict[str, str] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)

    @property
    def whole(self) -> tuple[int, ...]:
        """The units that were read."""
        return tuple(unit for unit, rows in enumerate(self.rows) if rows is not None)

    def __add__(self, other: "Merged") -> "Merged":
        failed = {**other.failed, **self.failed}
        names = {*self.states, *other.states} - {*failed}
        return Merged(
            self.rows + other.rows,
            self.faults + other.faults,
            {k: self.causes.get(k, 0) + other.causes.get(k, 0) for k in sorted({*self.causes, *other.causes})},
            (self.named + other.named)[:FAULTS_KEPT],
            self.lost + other.lost,
            failed,
            {name: _sum(self.states.get(name), other.states.get(name)) for name in sorted(names)},
        )

    def document(self) -> dict[str, Any]:
        """As JSON."""
        states = {name: encode(state) for name, state in self.states.items()}
        return {**vars(self), "states": states}

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Merged":
        """From JSON."""
        tuples = {key: tuple(map(tuple, document[key])) for key in ("named", "lost")}
        states = {name: decode(state) for name, state in document["states"].items()}
        return cls(**{**document, **tuples, "rows": tuple(document["rows"]), "states": states})

    @classmethod
    def of_unit(cls, unit: int, document: dict[str, Any]) -> "Merged":
        """From a unit's commit record."""
        if "fault" in document:
            return cls(rows=(None,), lost=((unit, document["fault"]),))
        named = tuple((unit, row, cause) for row, cause in document["named"])
        states = {name: decode(state) for name, state in document["states"].items()}
        return cls((document["rows"],), document["faults"], document["causes"], named, (), document["failed"], states)


@dataclass(frozen=True)
class Merge:
    """The work of one level of the tree: item ``i`` merges children ``i * FAN_IN`` and on."""

    job: Job
    step: str
    level: int
    children: int
    resources: Resources = Resources()

    @property
    def name(self) -> str:
        """The stage, as progress shows it."""
        return f"merge {self.step}"

    @property
    def items(self) -> int:
        """How many nodes the level has."""
        return -(-self.children // FAN_IN)

    def open(self) -> Callable[[int], None]:
        """Return what merges one node's children."""
        return self._merge

    def give_up(self, item: int, cause: str) -> None:
        """States cannot be left out."""
        raise RuntimeError(f"node {item} of level {self.level} of {self.step} cannot be merged: {cause}")

    def _merge(self, item: int) -> None:
        total = Merged()
        for child in range(item * FAN_IN, min(self.children, (item + 1) * FAN_IN)):
            total = total + self._child(child)
        self.job.store.write_packed(merged_file(self.step, self.level, item), total.document())

    def _child(self, child: int) -> Merged:
        if self.level == 0:
            return Merged.of_unit(child, self.job.store.read_packed(state_file(self.step, child)))
        return Merged.of(self.job.store.read_packed(merged_file(self.step, self.level - 1, child)))


def with_zeros(merged: Merged, metrics: dict[str, Fold[Any]]) -> Merged:
    """With the state of no records for every metric that no unit had a state of."""
    zeros = {name: metric.zero() for name, metric in metrics.items() if name not in merged.failed}
    return Merged(**{**vars(merged), "states": {**zeros, **merged.states}})


def _sum(a: State | None, b: State | None) -> State:
    if a is None or b is None:
        return a or b  # type: ignore[return-value]
    return a + b
