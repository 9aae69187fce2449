"""Names and types of columns beside real data's."""

from dataclasses import dataclass
from typing import ClassVar

from engine.schema import Dimension, Direction
from engine.value import Value
from operators.table.kinds import family_of
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison


@dataclass(frozen=True)
class TableStructure(ProfileComparison):
    """The share of columns, with their type, that both tables have, among all that either has (Jaccard).

    A column's type is the commonest among its cells: number, datetime, boolean or text; the plan's ``types`` do not count,
    since they are said of both sides alike. A column without any cell is of whatever type it has on the other side. A part for
    each column that only one side has, or that is of another type. SDMetrics compares the types that pandas gives to columns,
    by which whole numbers with a missing cell among them differ from those without.

    0 to 1, higher is better, exact. Cost: one pass for all metrics on the profile.

    >>> import pyarrow as pa
    >>> def side(*cells):
    ...     rows = pa.array([{"x": cell} for cell in cells])
    ...     ids, faults = pa.array(range(len(cells))), pa.nulls(len(cells), pa.string())
    ...     return TableStructure().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> TableStructure().compare(side("1", "2"), side("3", "x", "y")).value
    0.0

    Source: SDMetrics 0.32 (https://docs.sdv.dev/sdmetrics), Diagnostic Report, Table Structure.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    unit: ClassVar[str] = "share of columns of either table"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "SDMetrics 0.32, Table Structure"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The Jaccard index of the columns with their types."""
        types = {name: self._types(name, subject, reference) for name in sorted({*subject.columns, *reference.columns})}
        if not types:
            return Value.missing("neither table has a column")
        same = sum(mine == theirs for mine, theirs in types.values())
        either = sum(1 if mine == theirs or not mine or not theirs else 2 for mine, theirs in types.values())
        odd = {n: Value.missing(_difference(*pair)) for n, pair in types.items() if pair[0] != pair[1]}
        return Value.exact(same / either, either).with_(parts=odd)

    def _types(self, name: str, subject: Profile, reference: Profile) -> tuple[str, str]:
        found = [family_of(side.columns[name]) or "any" if name in side.columns else "" for side in (subject, reference)]
        known = next((kind for kind in found if kind not in ("", "any")), "any")
        mine, theirs = (known if kind == "any" else kind for kind in found)
        return mine, theirs


def _difference(mine: str, theirs: str) -> str:
    if not mine or not theirs:
        return f"the {'subject' if not mine else 'reference'} has no such column"
    return f"{mine} in the subject, {theirs} in the reference"
