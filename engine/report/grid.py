"""The coverage grid as it is laid out: a row for each audit and each modality without one; quality first, then trust."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.report.model import Cell, Report, Result, Status
from engine.schema import GRID, Dimension, Direction, Modality

QUALITY = 4
"""The first cells of a modality are about quality, whatever follows is about trust (arXiv 2601.17717, taxonomy)."""

_QUALITY = (
    (Dimension.VALIDITY, Dimension.EXECUTABILITY),
    (Dimension.FIDELITY,),
    (Dimension.DIVERSITY,),
    (Dimension.UTILITY,),
)


@dataclass(frozen=True)
class Slot:
    """A cell with the number that stands for it: that of its weakest metric."""

    cell: Cell
    headline: Result | None
    measured: int


@dataclass(frozen=True)
class Row:
    """One modality, of one audit or of none. ``None`` among the slots: the survey has no such cell."""

    modality: Modality
    report: Report | None
    quality: tuple[Slot | None, ...]
    trust: tuple[Slot | None, ...]


def rows(reports: Sequence[Report]) -> tuple[Row, ...]:
    """The grid of several audits, in the survey's order of modalities."""
    audits: dict[Modality, list[Report | None]] = {modality: [] for modality in GRID}
    for report in reports:
        audits[report.modality].append(report)
    return tuple(_row(modality, report) for modality in GRID for report in audits[modality] or [None])


def weakest(results: Iterable[Result]) -> Result | None:
    """The measured result that is farthest from the good end of its range; the first one where no range has two ends."""
    measured = [result for result in results if result.status is Status.MEASURED]
    return min(measured, key=_goodness, default=None)


def _goodness(result: Result) -> float:
    low, high = result.range
    if result.value is None or result.value.value is None or low is None or high is None or low == high:
        return 1.0
    if result.direction is Direction.NONE:
        return 1.0
    share = (result.value.value - low) / (high - low)
    return share if result.direction is Direction.UP else 1 - share


def _row(modality: Modality, report: Report | None) -> Row:
    cells = {cell.dimension: cell for cell in report.cells if cell.modality is modality} if report else {}
    slots = {
        dimension: _slot(cells.get(dimension) or Cell(modality, dimension, Status.NOT_ASKED, missing="no audit"), report)
        for dimension in GRID[modality]
    }
    quality = tuple(next((slots.pop(name) for name in names if name in slots), None) for names in _QUALITY)
    trust = tuple(slots.values())
    return Row(modality, report, quality, trust + (None,) * (QUALITY - len(trust)))


def _slot(cell: Cell, report: Report | None) -> Slot:
    results = [result for result in report.results if result.metric in cell.metrics] if report else []
    return Slot(cell, weakest(results), sum(result.status is Status.MEASURED for result in results))
