"""Whether a table's rows sit on one real row, or between several."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.schema import Dimension, Direction
from engine.state import TopBy
from engine.value import Bins, Value
from operators.table.scaled import Sides
from operators.tabular._sampled import DistanceSides, Floats, near, quantile

_SHARE, _BINS = 0.05, 40


@dataclass(frozen=True)
class Nndr(DistanceSides):
    """5 % quantile of d1 / d2, the distances of a row to the nearest and the second nearest row of the reference.

    Near 1 a row lies between several real ones; near 0 it sits on one of them, and tells about that one. A real row that is
    there twice makes 1 (0 / 0): nobody is singled out. Where the plan has a holdout the same against it stands beside it, and
    the first over the second: a generator that leaks has a smaller ratio to the reference, below 1. Distance, drawn rows and
    the cut of reference and holdout to equally many records are those of `tabular.dcr`. A quantile, and not the tenth smallest
    ratio as mostlyai-qa has it: that one falls with the number of rows. Interval: from the ranks beside the quantile.

    0 to 1, higher is better. Rows are evidence whose ratio is smallest.

    Cost: shared with `tabular.dcr`.

    >>> import pyarrow as pa
    >>> def side(*ages):
    ...     rows, ids = pa.array([{"age": age} for age in ages]), pa.array(range(len(ages)))
    ...     faults = pa.nulls(len(ages), pa.string())
    ...     return Nndr().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> Nndr().compare(side(22), side(20, 30)).value
    0.25

    Source: Zhao et al. 2021, "CTAB-GAN", section 4.1; Platzer and Reutterer 2021.
    """

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    unit: ClassVar[str] = "ratio of distances"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Zhao et al. 2021, section 4.1"

    def of(self, sides: Sides) -> Value:
        """The quantile, beside the holdout's."""
        found = near(sides)
        ratios, held = _ratios(found.reference), None if found.holdout is None else _ratios(found.holdout)
        if ratios is None:
            return Value.missing("the reference has fewer than two rows")
        counts = found.rows.counts
        value = quantile(ratios, counts, _SHARE, 1.0)
        plot, parts = _histogram(ratios, held, counts), {}
        if held is not None:
            parts["the same of the holdout"] = beside = quantile(held, counts, _SHARE, 1.0)
            parts["of the reference, over that of the holdout"] = _over(value, beside)
        top = TopBy.of(1 - ratios, found.rows.ids, lambda at: f"d1 / d2 = {ratios[at]:.3f}")
        return value.with_(parts=parts, plot=plot, evidence=top.evidence())


def _ratios(distances: Floats) -> Floats | None:
    """Of the two nearest; None where there is no second."""
    first, second = distances[:, 0], distances[:, 1]
    if np.isinf(second).any():
        return None
    return np.where(second > 0, first / np.where(second > 0, second, 1.0), 1.0)


def _over(value: Value, other: Value) -> Value:
    """One quantile over another, with the least and the greatest that their intervals allow."""
    if not other.value or not other.high:
        return Value.missing("the holdout's is 0")
    low = (value.low or 0.0) / other.high
    if not other.low:
        return Value((value.value or 0.0) / other.value, n=value.n, low=low)
    return Value((value.value or 0.0) / other.value, n=value.n, low=low, high=(value.high or 0.0) / other.low)


def _histogram(ratios: Floats, held: Floats | None, counts: NDArray[np.int64]) -> Bins:
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    bars = tuple(np.histogram(ratios, edges, weights=counts)[0].tolist())
    outline = () if held is None else tuple(np.histogram(held, edges, weights=counts)[0].tolist())
    return Bins(tuple(edges.tolist()), bars, "d1 / d2 in the reference; outline: in the holdout", outline)
