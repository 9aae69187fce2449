"""How many of real data's categories are there."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.schema import Dimension, Direction
from engine.value import Value
from operators.table.aligned import categories
from operators.table.column import ColumnProfile
from operators.table.kinds import kinds_of
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison, by_columns, mean_of

_RARE = 0.01


@dataclass(frozen=True)
class CategoryCoverage(ProfileComparison):
    """The share of the reference's categories that the subject has too, as the mean over columns of categories and truths.

    Missing is no category. A part of each part is the same share among rare categories alone, those with less than 1 % of the
    reference's cells: a generator loses these first.

    0 to 1, higher is better. Exact for columns with at most 4,096 categories; more are merged by hash and have no number.
    Larger samples have more categories: compare at equal sizes. Cost: one pass for all metrics on the profile.

    >>> import pyarrow as pa
    >>> def side(*cells):
    ...     rows = pa.array([{"x": cell} for cell in cells])
    ...     ids, faults = pa.array(range(len(cells))), pa.nulls(len(cells), pa.string())
    ...     return CategoryCoverage().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> CategoryCoverage().compare(side("a", "a", "a", "d", "d"), side("a", "b", "a", "b", "b", "a")).value
    0.5

    Source: SDMetrics 0.32 (https://docs.sdv.dev/sdmetrics), Category Coverage.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    unit: ClassVar[str] = "mean share of categories over columns"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "SDMetrics 0.32, Category Coverage"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The mean over the columns of categories and truth values."""
        kinds = {name: kind for name, kind in kinds_of(reference, subject).items() if kind in ("category", "boolean")}
        parts = {name: _covered(subject.columns[name], reference.columns[name]) for name in kinds}
        parts = dict(sorted((parts | by_columns(subject, reference)).items()))
        return mean_of(
            parts, subject.rows, "share of the reference's categories", "no column of categories has cells on both sides"
        )


def _covered(subject: ColumnProfile, reference: ColumnProfile) -> Value:
    cells, _ = categories(subject, reference)
    if cells.empty:
        return Value.missing(f"the {'reference' if cells.subject.any() else 'subject'} has no cell in the column")
    if not cells.exact:
        return Value.missing("the column has more categories than are counted one by one")
    there, rare = cells.reference > 0, (cells.reference > 0) & (cells.q < _RARE)
    parts = {}
    if rare.any():
        parts["rare categories"] = Value.exact(_share(cells.subject[rare] > 0), int(rare.sum()))
    return Value.exact(_share(cells.subject[there] > 0), int(there.sum())).with_(parts=parts)


def _share(found: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> float:
    return int(np.count_nonzero(found)) / len(found)
