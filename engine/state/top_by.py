"""The records with the greatest scores: the evidence behind a number."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State
from engine.value import Evidence


@dataclass(frozen=True, eq=False)
class TopBy(State):
    """The ``size`` records with the greatest score; ties go to the record that comes first.

    Holds ids, scores and short notes, never record content: the report fetches that for the few records it shows.

    >>> top = TopBy.of(np.array([1.0, 9.0, 4.0]), np.array([10, 11, 12]), size=2)
    >>> [(entry.record, entry.score) for entry in top.evidence()]
    [(11, 9.0), (12, 4.0)]
    """

    size: int = 5
    entries: tuple[tuple[float, int, str], ...] = ()

    @classmethod
    def of(cls, scores: NDArray[Any], records: NDArray[Any], notes: Any = None, size: int = 5) -> Self:
        """The top of the scored records.

        Args:
            scores: (n,) finite numbers, the greatest first.
            records: (n,) record ids, as in the batch's ``_id``.
            notes: called with a row's position for the rows that are kept, or None.
            size: how many to keep.
        """
        if len(scores) > size:
            least = np.partition(scores, len(scores) - size)[len(scores) - size]
            candidates = np.flatnonzero(scores >= least)
        else:
            candidates = np.arange(len(scores))
        order = candidates[np.lexsort((records[candidates], -scores[candidates]))][:size]
        return cls(size, tuple((float(scores[i]), int(records[i]), notes(int(i)) if notes else "") for i in order))

    def __add__(self, other: Self) -> "Self":
        merged = sorted({*self.entries, *other.entries}, key=lambda entry: (-entry[0], entry[1], entry[2]))
        return type(self)(self.size, tuple(merged[: self.size]))

    def evidence(self) -> tuple[Evidence, ...]:
        """The entries, greatest score first."""
        return tuple(Evidence(record, score, note) for score, record, note in self.entries)
