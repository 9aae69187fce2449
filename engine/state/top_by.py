"""The records with the greatest scores: the evidence behind a number."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State
from engine.value import Evidence


@dataclass(frozen=True, eq=False)
class TopBy(State):
    """The ``size`` records, or pairs of records, with the greatest score; ties go to the record that comes first.

    Holds ids, scores and short notes, never record content: the report fetches that for the few records it shows.

    >>> top = TopBy.of(np.array([1.0, 9.0, 4.0]), np.array([10, 11, 12]), size=2)
    >>> [(entry.record, entry.score) for entry in top.evidence()]
    [(11, 9.0), (12, 4.0)]
    >>> TopBy.of(np.array([0.5]), np.array([10]), others=np.array([7])).evidence()[0].other
    7
    """

    size: int = 5
    entries: tuple[tuple[float, int, str, int | None], ...] = ()

    @classmethod
    def of(
        cls,
        scores: NDArray[Any],
        records: NDArray[Any],
        notes: Any = None,
        size: int = 5,
        others: NDArray[Any] | None = None,
    ) -> Self:
        """The top of the scored records.

        Args:
            scores: (n,) finite numbers, the greatest first.
            records: (n,) record ids, as in the batch's ``_id``.
            notes: called with a row's position for the rows that are kept, or None.
            size: how many to keep.
            others: (n,) ids of the records that these were compared with, or None.
        """
        if len(scores) > size:
            least = np.partition(scores, len(scores) - size)[len(scores) - size]
            candidates = np.flatnonzero(scores >= least)
        else:
            candidates = np.arange(len(scores))
        ties = records if others is None else others
        order = candidates[np.lexsort((ties[candidates], records[candidates], -scores[candidates]))][:size]
        entries = (
            (float(scores[i]), int(records[i]), notes(int(i)) if notes else "", None if others is None else int(others[i]))
            for i in order
        )
        return cls(size, tuple(entries))

    def __add__(self, other: Self) -> "Self":
        merged = sorted({*self.entries, *other.entries}, key=_rank)
        return type(self)(self.size, tuple(merged[: self.size]))

    def evidence(self) -> tuple[Evidence, ...]:
        """The entries, greatest score first."""
        return tuple(Evidence(record, score, note, other) for score, record, note, other in self.entries)


def _rank(entry: tuple[float, int, str, int | None]) -> tuple[float, int, str, int]:
    score, record, note, other = entry
    return -score, record, note, -1 if other is None else other
