"""Categories that real data has too."""

from dataclasses import dataclass
from typing import ClassVar

from engine.schema import Dimension, Direction
from engine.value import Evidence, Value
from operators.table.aligned import categories
from operators.table.column import ColumnProfile
from operators.table.kinds import kinds_of
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison, by_columns, mean_of

_SHOWN = 10


@dataclass(frozen=True)
class CategoryAdherence(ProfileComparison):
    """The share of cells whose category the reference has too, as the mean over the columns of categories and truth values.

    Missing cells never count. Categories are compared as they are written, but for truth values, whose case does not matter,
    and numbers, which are compared as numbers (1 is 1.0). Columns of other kinds have no part. Evidence: the first record of
    each category that the reference lacks, scored by how many cells have it.

    0 to 1, higher is better. Exact for columns with at most 4,096 categories; more are merged by hash, which can only raise the
    share: the interval's lower end is 0 then. Cost: one pass for all metrics on the profile.

    >>> import pyarrow as pa
    >>> def side(*cells):
    ...     rows = pa.array([{"x": cell} for cell in cells])
    ...     ids, faults = pa.array(range(len(cells))), pa.nulls(len(cells), pa.string())
    ...     return CategoryAdherence().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> CategoryAdherence().compare(side("a", "a", "b", "c", "a", "a", "b", "b"), side("a", "a", "b", "b", "a", "b")).value
    0.875

    Source: SDMetrics 0.32 (https://docs.sdv.dev/sdmetrics), Diagnostic Report, Category Adherence.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    unit: ClassVar[str] = "mean share of cells over columns"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "SDMetrics 0.32, Category Adherence"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The mean over the columns of categories and truth values."""
        kinds = {name: kind for name, kind in kinds_of(reference, subject).items() if kind in ("category", "boolean")}
        parts = {name: _known(subject.columns[name], reference.columns[name]) for name in kinds}
        odd = [item for name in kinds for item in _unknown(subject.columns[name], reference.columns[name], name)]
        reason = "no column of categories has cells on both sides"
        parts = dict(sorted((parts | by_columns(subject, reference)).items()))
        value = mean_of(parts, subject.rows, "share of cells with a category that the reference has", reason)
        return value.with_(evidence=tuple(sorted(odd, key=lambda item: (-item.score, item.record, item.note))[:_SHOWN]))


def _known(subject: ColumnProfile, reference: ColumnProfile) -> Value:
    cells, _ = categories(subject, reference)
    if cells.empty:
        return Value.missing(f"the {'reference' if cells.subject.any() else 'subject'} has no cell in the column")
    n = int(cells.subject.sum())
    share = int(cells.subject[cells.reference > 0].sum()) / n
    return Value.exact(share, n) if cells.exact else Value(share, n=n, low=0.0, high=share, estimator="sketch")


def _unknown(subject: ColumnProfile, reference: ColumnProfile, name: str) -> list[Evidence]:
    """The first record of each text that the reference lacks, where texts are counted one by one."""
    mine, theirs = subject.tracks.get("texts"), reference.tracks.get("texts")
    if mine is None or not mine.exact or (theirs is not None and not theirs.exact):
        return []
    known = set(theirs.fine.cells.tolist()) if theirs is not None else set()
    labels = [repr(label) for label in mine.labels] or ["a category"] * len(mine.firsts)
    rows = zip(mine.fine.cells.tolist(), labels, mine.firsts.tolist(), mine.fine.counts.tolist(), strict=True)
    return [
        Evidence(record, float(count), f"column '{name}': {label}, which the reference lacks")
        for key, label, record, count in rows
        if key not in known
    ]
