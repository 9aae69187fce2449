"""How a column looks on both sides."""

import numpy as np
from numpy.typing import NDArray

from engine.value import Bars, Bins
from operators.table.aligned import Cells

_BINS, _BARS = 30, 16
_SKEWED = 1000.0
_LEAST = float(np.finfo(np.float64).tiny)
"""Smaller numbers lose their digits, and halves of the smallest are zero, which no logarithmic axis has."""


def histogram(cells: Cells, label: str) -> Bins:
    """Shares of both sides over the same edges, on a logarithmic axis where positive numbers span three decades."""
    low, high = cells.bounds()
    middle = low / 2 + high / 2
    log = bool(low[0] > 0 and middle[0] >= _LEAST and middle[-1] > _SKEWED * middle[0])
    edges = np.geomspace(middle[0], middle[-1], _BINS + 1) if log else np.linspace(middle[0], middle[-1], _BINS + 1)
    if not edges[-1] > edges[0]:
        edges = np.array([edges[0] - 0.5, edges[0] + 0.5])
    shares = [_shares(middle, edges, counts) for counts in (cells.subject, cells.reference)]
    return Bins(tuple(edges.tolist()), shares[0], label, reference=shares[1], log_x=log)


def _shares(middle: NDArray[np.float64], edges: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[float, ...]:
    at = np.clip(np.searchsorted(edges, middle, side="right") - 1, 0, len(edges) - 2)
    return tuple((np.bincount(at, counts, len(edges) - 1) / counts.sum()).tolist())


def bars(cells: Cells, names: tuple[str, ...], label: str) -> Bars:
    """The shares of the reference's commonest categories, the subject's beside them."""
    order = np.lexsort((np.arange(len(names)), -cells.subject, -cells.reference))[:_BARS]
    return Bars(
        tuple(names[at] for at in order), tuple(cells.p[order].tolist()), label, reference=tuple(cells.q[order].tolist())
    )
