"""The text of a record, for what reads texts whatever the modality."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from engine.feature import Columns, Feature
from engine.schema import PAYLOAD
from operators.near.texts import record_texts


@dataclass(frozen=True)
class ContentText(Feature):
    """``content_text``: the columns of the payload, a line each (`operators.near.texts.record_texts`); null without a text.

    >>> payload = pa.StructArray.from_arrays([pa.array(["2 + 2?", None]), pa.array(["4", None])], names=["problem", "answer"])
    >>> batch = pa.RecordBatch.from_arrays([payload], names=["payload"])
    >>> ContentText().open()(batch)["content_text"].to_pylist()
    ['2 + 2?\\n4', None]
    """

    reads = (PAYLOAD,)
    writes = {"content_text": pa.large_string()}  # noqa: RUF012  (read-only by the type of Feature.writes)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"content_text": record_texts(batch[PAYLOAD]).cast(pa.large_string())}
