"""Shares of missing cells beside real data's."""

from dataclasses import dataclass
from typing import ClassVar

from engine.schema import Dimension, Direction
from engine.value import Value
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison, by_columns, mean_of


@dataclass(frozen=True)
class MissingSimilarity(ProfileComparison):
    """How alike the shares of missing cells are: ``1 - |subject's - reference's|``, the mean over the columns.

    Missing: null, NaN, and the strings that `tabular.column_types` takes for missing. Each part has the two shares as parts.

    0 to 1, higher is better, exact. Cost: one pass for all metrics on the profile.

    >>> import pyarrow as pa
    >>> def side(*cells):
    ...     rows = pa.array([{"x": cell} for cell in cells])
    ...     ids, faults = pa.array(range(len(cells))), pa.nulls(len(cells), pa.string())
    ...     return MissingSimilarity().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> MissingSimilarity().compare(side("1", None, None, None), side("1", "2", None, "4")).value
    0.5

    Source: SDMetrics 0.32 (https://docs.sdv.dev/sdmetrics), Missing Value Similarity.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    unit: ClassVar[str] = "mean likeness over columns"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "SDMetrics 0.32, Missing Value Similarity"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The mean over the columns that both sides have."""
        both = [name for name in subject.columns if name in reference.columns]
        parts = {name: _likeness(subject, reference, name) for name in both} | by_columns(subject, reference)
        label = "likeness of the share of missing cells"
        return mean_of(dict(sorted(parts.items())), subject.rows, label, "no column is in both tables")


def _likeness(subject: Profile, reference: Profile, name: str) -> Value:
    sides = {"subject": subject, "reference": reference}
    shares = {side: profile.columns[name].missing / profile.rows for side, profile in sides.items()}
    parts = {f"missing in the {side}": Value.exact(share, sides[side].rows) for side, share in shares.items()}
    return Value.exact(1 - abs(shares["subject"] - shares["reference"]), subject.rows).with_(parts=parts)
