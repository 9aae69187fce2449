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

    Images and clips are left out: the text of a captioned picture is its caption.

    >>> payload = pa.StructArray.from_arrays([pa.array(["2 + 2?", None]), pa.array(["4", None])], names=["problem", "answer"])
    >>> batch = pa.RecordBatch.from_arrays([payload], names=["payload"])
    >>> ContentText().open()(batch)["content_text"].to_pylist()
    ['2 + 2?\\n4', None]
    """

    version = 2
    reads = (PAYLOAD,)
    writes = {"content_text": pa.large_string()}  # noqa: RUF012  (read-only by the type of Feature.writes)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"content_text": record_texts(_without_media(batch[PAYLOAD])).cast(pa.large_string())}


def _without_media(payload: pa.StructArray) -> pa.StructArray:
    kept = [at for at, field in enumerate(payload.type) if not pa.types.is_binary(field.type)]
    if len(kept) == payload.type.num_fields:
        return payload
    names = [payload.type.field(at).name for at in kept]
    fields = [payload.field(at) for at in kept]
    return pa.StructArray.from_arrays(fields, names) if fields else pa.nulls(len(payload), pa.struct([]))
