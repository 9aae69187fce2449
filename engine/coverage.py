"""The survey's grid: for every cell of every modality, whether it was measured, and if not, what it lacks."""

from collections.abc import Iterable, Mapping

from engine.catalog import applies_to, metric_class, metric_names
from engine.report.model import Cell, Result, Status
from engine.schema import GRID, Dimension, Modality

Known = Mapping[Dimension, tuple[str, ...]]

_WORST_LAST = (Status.NOT_ASKED, Status.NOT_MEASURABLE, Status.FAILED, Status.MEASURED)


def known_metrics(modality: Modality) -> dict[Dimension, tuple[str, ...]]:
    """The catalogue's metrics of a modality, by the cell they stand in. Imports them."""
    cells: dict[Dimension, tuple[str, ...]] = {}
    for name in metric_names():
        if applies_to(name, modality):
            dimension = metric_class(name).cell(modality)
            cells[dimension] = (*cells.get(dimension, ()), name)
    return cells


def grid(results: Iterable[Result], modality: Modality, known: Known) -> tuple[Cell, ...]:
    """Every cell of the survey's grid, in its order.

    A cell is measured if any metric in it is; else failed if any failed; else not measurable if any could not be
    measured or if there is no metric for it at all; else not asked.

    Args:
        results: of one audit, in any order.
        modality: of its subject. Cells of the other modalities are not asked.
        known: the metrics of that modality by cell, see `known_metrics`. One that has no result was not asked.

    >>> cells = grid([], Modality.TEXT, {Dimension.DIVERSITY: ("text.distinct_n",)})
    >>> {cell.dimension.value: cell.missing for cell in cells if cell.modality is Modality.TEXT}["diversity"]
    'the plan leaves out text.distinct_n'
    >>> {cell.missing for cell in cells if cell.modality is Modality.AGENT}
    {'the subject is text'}
    """
    by_cell: dict[Dimension, list[Result]] = {}
    for result in sorted(results, key=lambda result: result.metric):
        by_cell.setdefault(result.dimension, []).append(result)
    return tuple(
        _cell(modality, dimension, by_cell.get(dimension, []), known.get(dimension, ()))
        if row is modality
        else Cell(row, dimension, Status.NOT_ASKED, missing=f"the subject is {modality.value}")
        for row, dimensions in GRID.items()
        for dimension in dimensions
    )


def _cell(modality: Modality, dimension: Dimension, results: list[Result], known: tuple[str, ...]) -> Cell:
    metrics = tuple(sorted({result.metric for result in results} | set(known)))
    if not metrics:
        return Cell(modality, dimension, Status.NOT_MEASURABLE, missing="no metric in this version")
    status = max((result.status for result in results), key=_WORST_LAST.index, default=Status.NOT_ASKED)
    return Cell(modality, dimension, status, metrics, _missing(status, results, metrics))


def _missing(status: Status, results: list[Result], metrics: tuple[str, ...]) -> str:
    """What stands between the cell and a number: each reason once, with the metrics that gave it."""
    if status is Status.MEASURED:
        return ""
    if status is Status.NOT_ASKED:
        return "the plan leaves out " + ", ".join(metrics)
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.status is status:
            reasons.setdefault(result.reason or "no reason given", []).append(result.metric)
    if len(reasons) == 1:
        return next(iter(reasons))
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
