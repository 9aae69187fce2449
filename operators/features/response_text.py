"""What the model answered, as the text under audit."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from engine.feature import Columns, Feature


@dataclass(frozen=True)
class ResponseText(Feature):
    """``text``: ``response`` as it stands.

    >>> ResponseText().open()(pa.RecordBatch.from_pydict({"response": ["Paris.", None]}))["text"].to_pylist()
    ['Paris.', None]
    """

    reads = ("response",)
    writes = {"text": pa.string()}  # noqa: RUF012  (read-only by the type of Feature.writes)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"text": batch["response"]}
