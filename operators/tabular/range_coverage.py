"""How much of the range of real data's numbers is there."""

from dataclasses import dataclass
from typing import ClassVar

from engine.schema import Dimension, Direction
from engine.value import Value
from operators.table.column import ColumnProfile
from operators.table.kinds import ORDERED, kinds_of
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison, by_columns, mean_of


@dataclass(frozen=True)
class RangeCoverage(ProfileComparison):
    """How much of the reference's range of numbers and times the subject's reaches, as the mean over the columns.

    ``max(0, 1 - [max(0, min_s - min_r) + max(0, max_r - max_s)] / (max_r - min_r))``. What lies beyond the reference's range
    is for `tabular.boundary_adherence`. A column that is constant in the reference has no range, and a part without a number.

    0 to 1, higher is better, exact. A range is two numbers: one outlier covers it. Cost: one pass for all metrics on the
    profile.

    >>> import pyarrow as pa
    >>> def side(*cells):
    ...     rows = pa.array([{"x": cell} for cell in cells])
    ...     ids, faults = pa.array(range(len(cells))), pa.nulls(len(cells), pa.string())
    ...     return RangeCoverage().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> RangeCoverage().compare(side(2, 9, 30), side(0, 10, 5)).value
    0.8

    Source: SDMetrics 0.32 (https://docs.sdv.dev/sdmetrics), Range Coverage.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    unit: ClassVar[str] = "mean share of the range over columns"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "SDMetrics 0.32, Range Coverage"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The mean over the columns of numbers and times."""
        kinds = {name: kind for name, kind in kinds_of(reference, subject).items() if kind in ORDERED}
        parts = {name: _covered(subject.columns[name], reference.columns[name], ORDERED[kind]) for name, kind in kinds.items()}
        reason = "no column of numbers or times has a range in the reference and values in the subject"
        parts = dict(sorted((parts | by_columns(subject, reference)).items()))
        return mean_of(parts, subject.rows, "share of the reference's range", reason)


def _covered(subject: ColumnProfile, reference: ColumnProfile, track: str) -> Value:
    if track not in subject.tracks or track not in reference.tracks:
        return Value.missing(f"the {'reference' if track in subject.tracks else 'subject'} has no value of the column's kind")
    mine, theirs = subject.tracks[track].moments, reference.tracks[track].moments
    least, greatest, first, last = (end or 0.0 for end in (theirs.least, theirs.greatest, mine.least, mine.greatest))
    if least == greatest:
        return Value.missing("constant in the reference")
    span = greatest - least
    return Value.exact(max(0.0, 1 - (max((first - least) / span, 0.0) + max((greatest - last) / span, 0.0))), mine.n)
