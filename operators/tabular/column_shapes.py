"""Distributions of single columns beside real data's."""

from dataclasses import dataclass
from typing import ClassVar

from engine.schema import Dimension, Direction
from engine.value import Value
from operators.table.aligned import Cells, categories, ks, ordered, tv
from operators.table.column import ColumnProfile
from operators.table.kinds import ORDERED, SHAPED, kinds_of
from operators.table.overlays import bars, histogram
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison, by_columns, mean_of


@dataclass(frozen=True)
class ColumnShapes(ProfileComparison):
    """How alike the distributions of single columns are, as the mean over the columns.

    Numbers and times: ``1 - max |F_subject(x) - F_reference(x)|`` (the complement of the Kolmogorov-Smirnov distance).
    Categories and truth values: ``1 - sum |p - q| / 2`` (the complement of the total variation distance). Missing cells, and
    cells that are not of their column's kind, do not count; how many are missing is for `tabular.missing_similarity`. Texts,
    ids and columns that one side lacks, or has no value of, are parts without a number. The kind is the plan's (``types``) or
    that of the reference's cells (`operators.table.kinds`).

    0 to 1, higher is better. The interval is the error of what is counted, not of sampling: a point where a column has at most
    16,384 numbers or 4,096 categories; beyond, neighbouring numbers are counted together, and the distance inside of a cell is
    bounded by its counts (at most 0.001 for a normal column); categories are merged by hash, which can only raise the number.
    The same as SDMetrics' Column Shapes, but for the 1e-6 that SDMetrics adds to the count of a category that the reference
    lacks.

    Cost: one pass for all metrics on the profile, about 100 ns a cell; at most 0.6 MB of state a column.

    >>> import pyarrow as pa
    >>> def side(*ages):
    ...     rows = pa.array([{"age": age} for age in ages])
    ...     ids, faults = pa.array(range(len(ages))), pa.nulls(len(ages), pa.string())
    ...     return ColumnShapes().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> ColumnShapes().compare(side("20", "30", "40", "50"), side("20", "30", "40", "90")).value
    0.75

    Source: SDMetrics 0.32 (https://docs.sdv.dev/sdmetrics), Quality Report, Column Shapes.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    unit: ClassVar[str] = "mean complement of the distance over columns"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "SDMetrics 0.32, Column Shapes"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The mean over the columns that both sides have."""
        kinds = kinds_of(reference, subject)
        parts = {n: shape(subject.columns[n], reference.columns[n], kind, n) for n, kind in kinds.items()}
        parts = dict(sorted({**parts, **by_columns(subject, reference)}.items()))
        return mean_of(
            parts, subject.rows, "likeness of the column's distribution", "no column has a distribution on both sides"
        )


def shape(subject: ColumnProfile, reference: ColumnProfile, kind: str, name: str) -> Value:
    """How alike the distributions of one column are."""
    if kind not in SHAPED:
        return Value.missing(
            "the column has no cells" if not kind else f"a column of kind {kind} has no distribution to compare"
        )
    if kind in ORDERED:
        cells = ordered(subject, reference, ORDERED[kind])
        return _lacking(cells) or _ks_value(cells, name)
    cells, names = categories(subject, reference)
    return _lacking(cells) or _tv_value(cells, names, name)


def _lacking(cells: Cells) -> Value | None:
    if not cells.empty:
        return None
    side = "subject" if not cells.subject.any() else "reference"
    return Value.missing(f"the {side} has no value of the column's kind")


def _ks_value(cells: Cells, name: str) -> Value:
    distance, most = ks(cells)
    n = int(cells.subject.sum())
    value = Value(1 - distance, n=n, low=1 - most, high=1 - distance, estimator="exact" if cells.exact else "sketch")
    return value.with_(plot=histogram(cells, f"{name} (share of cells)"))


def _tv_value(cells: Cells, names: tuple[str, ...], name: str) -> Value:
    value = Value.exact(1 - tv(cells), int(cells.subject.sum()))
    if not cells.exact:
        merged = f"categories are merged into {len(cells.keys)} cells by hash: the true number is this or lower"
        value = value.with_(low=0.0, estimator="sketch", reason=merged)
    return value.with_(plot=bars(cells, names, f"share of cells of {name}"))
