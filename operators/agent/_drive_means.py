"""What metrics share that are the mean over drives of a number that each has."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Direction
from engine.state import Histogram, Moments, Product, Tally, TopBy
from engine.value import Value

_MOST = 1e150
"""Squares of greater numbers overflow: such a number is none."""
NOT_FINITE = "a number beyond 1e150"


@dataclass
class Scores:
    """The numbers of a batch's drives as they are found.

    Args:
        rows, scores, notes: of the drives that have a number.
        parts: further numbers, by name.
        skipped: drives without a number, by reason.
    """

    rows: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, row: int, score: float, note: str = "", parts: Mapping[str, float | None] | None = None) -> None:
        """A drive's number, and those beside it."""
        if not abs(score) < _MOST:
            self.skipped[NOT_FINITE] += 1
            return
        self.rows.append(row)
        self.scores.append(score)
        self.notes.append(note)
        for name, value in (parts or {}).items():
            if value is not None and abs(value) < _MOST:
                self.parts.setdefault(name, []).append(value)


@dataclass(frozen=True)
class DriveMean(Metric[Product]):
    """The mean over drives of a number, its histogram, its parts, and the drives where it is worst.

    Class variables:
        edges: of the histogram.
        label: what the number is.
        nothing: why there is no mean where no drive has one.
        part_names: the parts, in order; each is a mean over the drives that have it.
    """

    edges: ClassVar[tuple[float, ...]]
    label: ClassVar[str]
    nothing: ClassVar[str]
    part_names: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def scores(self, batch: pa.RecordBatch) -> Scores:
        """The numbers of a batch's drives."""

    def zero(self) -> Product:
        """No drives."""
        states = {"mean": Moments(), "scores": Histogram(self.edges), "skipped": Tally(), "worst": TopBy(), "parts": Product()}
        return Product(states)

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Add up the batch's numbers."""
        return self.state_of(self.scores(batch), batch)

    def state_of(self, found: Scores, batch: pa.RecordBatch) -> Product:
        """The state of the numbers that were found in a batch."""
        numbers = np.array(found.scores, np.float64)
        bad = numbers - self.range[0] if self.direction is Direction.DOWN else self.range[1] - numbers
        worse = np.flatnonzero(bad > 0)
        return Product(
            {
                "mean": Moments.of(numbers),
                "scores": Histogram.of(numbers, self.edges),
                "skipped": Tally(dict(found.skipped)),
                "worst": TopBy.of(
                    bad[worse],
                    batch[ID].to_numpy()[np.array(found.rows, np.int64)[worse]],
                    lambda at: self._note(found, int(worse[at])),
                ),
                "parts": Product({name: Moments.of(np.array(values)) for name, values in found.parts.items()}),
            }
        )

    def _note(self, found: Scores, at: int) -> str:
        return found.notes[at] or f"{self.label} {found.scores[at]:.4g}"

    def value(self, state: Product) -> Value:
        """The mean."""
        skipped = state["skipped"].nonzero()
        mean: Value = state["mean"].mean(self.nothing, within=self.range)
        if mean.value is None:
            return mean.with_(skipped=skipped)
        parts = {name: state["parts"][name].mean() for name in self.part_names if name in state["parts"]}
        plot = state["scores"].bins(self.label)
        return mean.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())
