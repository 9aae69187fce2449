"""All records of a job as one sequence of units, so that any two have ids that can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.schema import Side, record_id, split_id


@dataclass(frozen=True)
class Place:
    """A unit of a side of this job; with ``known`` set, of the subject of that earlier corpus."""

    side: Side
    unit: int
    known: int | None = None


@dataclass(frozen=True)
class Layout:
    """The first unit of each side and of each earlier corpus: the subject's units, the other sides', then earlier corpora's.

    >>> layout = Layout.of({Side.SUBJECT: 3, Side.HOLDOUT: 2}, known=[4])
    >>> layout.place(2), layout.place(3)
    (Place(side=<Side.SUBJECT: 'subject'>, unit=2, known=None), Place(side=<Side.HOLDOUT: 'holdout'>, unit=0, known=None))
    >>> layout.place(6).known, layout.unit(layout.place(6))
    (0, 6)
    """

    firsts: Mapping[Side, int]
    known: tuple[int, ...] = ()

    @classmethod
    def of(cls, units: Mapping[Side, int], known: Sequence[int] = ()) -> "Layout":
        """The layout of sides and earlier corpora of so many units."""
        sides = [side for side in Side if side in units]
        counts = [*(units[side] for side in sides), *known]
        starts = [sum(counts[:at]) for at in range(len(counts))]
        return cls(dict(zip(sides, starts, strict=False)), tuple(starts[len(sides) :]))

    def place(self, unit: int) -> Place:
        """Where a unit of the sequence is. An empty corpus at its place is passed over: the last that begins there has it."""
        earlier = [at for at, first in enumerate(self.known) if first <= unit]
        if earlier:
            return Place(Side.SUBJECT, unit - self.known[earlier[-1]], earlier[-1])
        side = [side for side in Side if side in self.firsts and self.firsts[side] <= unit][-1]
        return Place(side, unit - self.firsts[side])

    def unit(self, place: Place) -> int:
        """The unit of the sequence that is at a place."""
        return place.unit + (self.firsts[place.side] if place.known is None else self.known[place.known])

    def moved(self, record: int, to: "Layout") -> int:
        """The id that a record has in another layout, which has its side too.

        >>> old, new = Layout.of({Side.SUBJECT: 3, Side.HOLDOUT: 2}), Layout({Side.SUBJECT: 0, Side.HOLDOUT: 7})
        >>> split_id(old.moved(record_id(3, 14), new))
        (7, 14)
        """
        unit, row = split_id(record)
        return record_id(to.unit(self.place(unit)), row)
