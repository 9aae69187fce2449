"""Counts between fixed edges."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State
from engine.value import Bins


@dataclass(frozen=True, eq=False)
class Histogram(State):
    """Counts between edges that are parameters, so that two histograms always merge.

    Bin ``i`` holds ``edges[i] <= x < edges[i + 1]``; the first and last bin also hold what lies outside. Non-finite values
    are not counted.

    >>> Histogram.of(np.array([-1.0, 0.5, 2.5, 9.0]), edges=(0.0, 1.0, 2.0, 3.0)).counts
    (2, 0, 2)
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...] = ()

    @classmethod
    def of(cls, values: NDArray[Any], edges: tuple[float, ...]) -> Self:
        """The histogram of the values over the edges."""
        values = np.asarray(values, dtype=np.float64)
        values = values[np.isfinite(values)]
        at = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
        return cls(edges, tuple(np.bincount(at, minlength=len(edges) - 1).tolist()))

    def __add__(self, other: Self) -> "Self":
        if self.edges != other.edges:
            raise ValueError("histograms over different edges do not merge")
        if not self.counts or not other.counts:
            return other if not self.counts else self
        return type(self)(self.edges, tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)))

    def bins(self, x_label: str, log_x: bool = False) -> Bins | None:
        """The plot of it; None when nothing was counted. On a logarithmic axis, empty bins at either end are left out.

        >>> Histogram((1.0, 10.0, 100.0, 1000.0), (4, 2, 0)).bins("size", log_x=True).edges
        (1.0, 10.0, 100.0)
        """
        occupied = np.flatnonzero(self.counts)
        if not len(occupied):
            return None
        first, last = (int(occupied[0]), int(occupied[-1])) if log_x else (0, len(self.counts) - 1)
        counts = tuple(map(float, self.counts[first : last + 1]))
        return Bins(self.edges[first : last + 2], counts, x_label, log_x=log_x)
