"""Numbers and times within the range of real data's."""

from dataclasses import dataclass
from typing import ClassVar

from engine.schema import Dimension, Direction
from engine.value import Evidence, Value
from operators.table.aligned import bounds, said
from operators.table.column import ColumnProfile, Track
from operators.table.kinds import ORDERED, kinds_of
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison, by_columns, mean_of

_SHOWN = 10


@dataclass(frozen=True)
class BoundaryAdherence(ProfileComparison):
    """The share of numbers and times that lie between the reference's least and greatest, as the mean over the columns.

    Missing cells, and cells that are not of the column's kind, never count (SDMetrics leaves missing ones out only where the
    real column has some). Columns of other kinds have no part. Evidence: the records with the least and the greatest of a
    column, where these lie outside, scored by how many of the reference's ranges they are away.

    0 to 1, higher is better. Exact, unless a column has more than 16,384 different numbers and one of its cells lies across an
    end of the reference's range: then that cell's numbers count as inside, and the interval's lower end has them outside.
    Cost: one pass for all metrics on the profile.

    >>> import pyarrow as pa
    >>> def side(*cells):
    ...     rows = pa.array([{"x": cell} for cell in cells])
    ...     ids, faults = pa.array(range(len(cells))), pa.nulls(len(cells), pa.string())
    ...     return BoundaryAdherence().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> BoundaryAdherence().compare(side(1, 5, 9, 12), side(0, 10)).value
    0.75

    Source: SDMetrics 0.32 (https://docs.sdv.dev/sdmetrics), Diagnostic Report, Boundary Adherence.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    unit: ClassVar[str] = "mean share of numbers over columns"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "SDMetrics 0.32, Boundary Adherence"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The mean over the columns of numbers and times."""
        kinds = {name: kind for name, kind in kinds_of(reference, subject).items() if kind in ORDERED}
        parts = {name: _inside(subject.columns[name], reference.columns[name], kind) for name, kind in kinds.items()}
        odd = [item for name, kind in kinds.items() for item in _outside(subject, reference, name, kind)]
        reason = "no column of numbers or times has values on both sides"
        value = mean_of(dict(sorted((parts | by_columns(subject, reference)).items())), subject.rows, "share in range", reason)
        return value.with_(evidence=tuple(sorted(odd, key=lambda item: (-item.score, item.record, item.note))[:_SHOWN]))


def _tracks(subject: ColumnProfile, reference: ColumnProfile, kind: str) -> tuple[Track | None, Track | None]:
    name = ORDERED[kind]
    return subject.tracks.get(name), reference.tracks.get(name)


def _inside(subject: ColumnProfile, reference: ColumnProfile, kind: str) -> Value:
    mine, theirs = _tracks(subject, reference, kind)
    if mine is None or theirs is None:
        return Value.missing(f"the {'subject' if mine is None else 'reference'} has no value of the column's kind")
    least, greatest = _ends(theirs)
    low, high = bounds(mine.fine.cells, mine.fine.bits)
    first, last = _ends(mine)
    low, high = low.clip(first, last), high.clip(first, last)
    n = mine.fine.total
    sure = int(mine.fine.counts[(low >= least) & (high <= greatest)].sum())
    most = int(mine.fine.counts[(high >= least) & (low <= greatest)].sum())
    value = Value(most / n, n=n, low=sure / n, high=most / n, estimator="exact" if sure == most else "sketch")
    shown = {"least of the reference": least, "greatest of the reference": greatest}
    return value.with_(
        parts={name: Value.exact(end, theirs.fine.total) for name, end in shown.items()} if kind == "number" else {}
    )


def _ends(track: Track) -> tuple[float, float]:
    return track.moments.least or 0.0, track.moments.greatest or 0.0


def _outside(subject: Profile, reference: Profile, name: str, kind: str) -> list[Evidence]:
    mine, theirs = _tracks(subject.columns[name], reference.columns[name], kind)
    if mine is None or theirs is None:
        return []
    least, greatest = _ends(theirs)
    span = (greatest - least) or 1.0
    found = []
    for end, sign, bound in (("least", -1.0, least), ("greatest", 1.0, greatest)):
        for entry in mine.ends[end].evidence():
            value = sign * entry.score
            beyond = sign * (value - bound) / span
            if beyond > 0:
                words = f"{said(value, ORDERED[kind])}, the reference's {end} is {said(bound, ORDERED[kind])}"
                found.append(Evidence(entry.record, beyond, f"column '{name}': {words}"))
    return found
