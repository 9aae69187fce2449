"""What metrics share that average a number of each sentence, found by a model, over a text and then over the texts."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import ID, Dimension
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.kernels.buffers import lists, valid_mask


@dataclass(frozen=True)
class SentenceMean(Metric[Product], ABC):
    """The mean over texts of the mean over their sentences. ``reads`` are columns of lists, and last whether a text was cut.

    Class variables:
        skip: what a record lacks that has no such numbers.
        parts: names of the means beside the score.
    """

    dimension: ClassVar[Dimension] = Dimension.FAITHFULNESS
    skip: ClassVar[str]
    parts: ClassVar[tuple[str, ...]] = ()

    def zero(self) -> Product:
        """No texts."""
        means = {name: Moments() for name in ("score", *self.parts)}
        return Product({**means, "cut": Ratio(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Average over the sentences of each text."""
        *numbers, cut = (batch[name] for name in self.reads)
        rows = np.flatnonzero(valid_mask(cut))
        each = [_rows(column, rows) for column in numbers]
        score, badness, *parts = self.scored(each)
        skipped = batch.num_rows - len(rows)
        worst = [int(np.argmax(one)) for one in badness]
        depth = np.array([one[at] for one, at in zip(badness, worst, strict=True)], np.float64)
        seen = int(np.count_nonzero(cut.take(pa.array(rows)).to_numpy(zero_copy_only=False)))
        means = {name: Moments.of(_means(one)) for name, one in zip(("score", *self.parts), (score, *parts), strict=True)}
        return Product(
            {
                **means,
                "cut": Ratio(seen, len(rows)),
                "skipped": Tally({self.skip: skipped} if skipped else {}),
                "worst": TopBy.of(
                    depth, batch[ID].to_numpy()[rows], lambda at: self.note(worst[at], [one[at] for one in each])
                ),
            }
        )

    @abstractmethod
    def scored(self, each: list[list[NDArray[np.float64]]]) -> list[list[NDArray[np.float64]]]:
        """Of every text's sentences: the score, how bad each is, and the numbers of ``parts``."""

    @abstractmethod
    def note(self, at: int, numbers: list[NDArray[np.float64]]) -> str:
        """What to say of a text's worst sentence, which is the one at ``at``."""

    def value(self, state: Product) -> Value:
        """The mean over texts."""
        value: Value = state["score"].mean(f"every record has {self.skip}", self.range)
        if value.n == 0:
            return value.with_(skipped=state["skipped"].nonzero())
        parts = {name: state[name].mean(within=(0.0, 1.0)) for name in self.parts}
        parts["records that the model saw in part"] = state["cut"].share()
        return value.with_(skipped=state["skipped"].nonzero(), parts=parts, evidence=state["worst"].evidence())


def _rows(column: pa.Array, rows: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """The lists in some rows of a column."""
    view, values = lists(column), column.values.to_numpy(zero_copy_only=False).astype(np.float64)
    return [values[view.offsets[row] : view.offsets[row + 1]] for row in rows.tolist()]


def _means(each: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.array([one.mean() for one in each], np.float64)
