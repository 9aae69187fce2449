"""What metrics share that are the mean of a number that each record has."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import ID, Direction
from engine.state import Histogram, Moments, Product, Tally, TopBy
from engine.value import Value
from operators.kernels.buffers import lists

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MeanOf(Metric[Product]):
    """The mean over records of a number, its histogram, and the records where it is worst.

    Class variables:
        edges: of the histogram.
        label: what the number is.
        lacking: why a record is skipped that has none.
        nothing: why there is no mean where no record has one.
    """

    edges: ClassVar[tuple[float, ...]]
    label: ClassVar[str]
    lacking: ClassVar[str]
    nothing: ClassVar[str]

    @abstractmethod
    def scores(self, batch: pa.RecordBatch) -> Floats:
        """(n,) the number of each record, NaN where it has none."""

    def others(self, batch: pa.RecordBatch) -> dict[str, Floats]:  # noqa: ARG002
        """Further numbers of each record whose means are parts."""
        return {}

    def zero(self) -> Product:
        """No records."""
        return Product(
            {"mean": Moments(), "scores": Histogram(self.edges), "skipped": Tally(), "worst": TopBy(), "others": Product()}
        )

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Add up the batch's numbers."""
        scores = self.scores(batch)
        rows = np.flatnonzero(np.isfinite(scores))
        seen, without = scores[rows], len(scores) - len(rows)
        bad = seen if self.direction is Direction.DOWN else -seen
        others = {name: Moments.of(values[np.isfinite(values)]) for name, values in self.others(batch).items()}
        return Product(
            {
                "mean": Moments.of(seen),
                "scores": Histogram.of(seen, self.edges),
                "skipped": Tally({self.lacking: without} if without else {}),
                "worst": TopBy.of(bad, batch[ID].to_numpy()[rows], lambda at: f"{self.label} {seen[at]:.4g}"),
                "others": Product(others),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean."""
        skipped = state["skipped"].nonzero()
        mean: Value = state["mean"].mean(self.nothing, within=self.range)
        if mean.value is None:
            return mean.with_(skipped=skipped)
        parts = {name: found.mean(f"no record has a {name}") for name, found in state["others"].states.items()}
        plot = state["scores"].bins(self.label)
        return mean.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())


def column(batch: pa.RecordBatch, name: str) -> Floats:
    """A column of numbers, NaN where null."""
    return numbers(batch[name])


def numbers(array: pa.Array) -> Floats:
    """An array of numbers, NaN where null.

    >>> numbers(pa.array([1, None])).tolist()
    [1.0, nan]
    """
    found: Floats = array.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return found


def mean_of_lists(column: pa.Array, of: Callable[[Floats], Floats]) -> Floats:
    """(n,) the mean over each list of a function of its numbers; NaN where a list is null or empty.

    >>> mean_of_lists(pa.array([[1.0, 3.0], [], None]), lambda x: x).tolist()
    [2.0, nan, nan]
    """
    offsets, valid = lists(column)
    values = of(numbers(column.values))
    sums = np.concatenate([[0.0], np.cumsum(values)])
    lengths = np.diff(offsets)
    means = np.full(len(column), np.nan)
    some = valid & (lengths > 0)
    np.divide(sums[offsets[1:]] - sums[offsets[:-1]], lengths, out=means, where=some)
    return means


def field(batch: pa.RecordBatch, name: str, part: str) -> Floats:
    """A field of a column of structs, NaN where null."""
    array = batch[name]
    return numbers(array.flatten()[array.type.get_field_index(part)])
