"""The preferred answer of a pair, as the text under audit."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from engine.feature import Columns, Feature


@dataclass(frozen=True)
class ChosenText(Feature):
    """``text``: ``chosen`` as it stands. The rejected answer is not what a model is meant to learn.

    >>> ChosenText().open()(pa.RecordBatch.from_pydict({"chosen": ["Paris.", None]}))["text"].to_pylist()
    ['Paris.', None]
    """

    reads = ("chosen",)
    writes = {"text": pa.string()}  # noqa: RUF012  (read-only by the type of Feature.writes)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"text": batch["chosen"]}
