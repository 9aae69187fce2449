"""What a model was asked, where it was asked once."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from engine.feature import Columns, Feature


@dataclass(frozen=True)
class PromptRequest(Feature):
    """``request``: ``prompt`` as it stands.

    >>> PromptRequest().open()(pa.RecordBatch.from_pydict({"prompt": ["Capital of France?", None]}))["request"].to_pylist()
    ['Capital of France?', None]
    """

    reads = ("prompt",)
    writes = {"request": pa.string()}  # noqa: RUF012  (read-only by the type of Feature.writes)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"request": batch["prompt"]}
