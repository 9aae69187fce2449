"""A prompt and its response as a conversation of two turns."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.feature import Columns, Feature
from engine.schema import MESSAGE, MESSAGES


@dataclass(frozen=True)
class PromptResponseMessages(Feature):
    """``messages``: ``prompt`` as the user's turn, ``response`` as the assistant's; null where either is.

    >>> batch = pa.RecordBatch.from_pydict({"prompt": ["Capital of France?", "?"], "response": ["Paris.", None]})
    >>> [[turn["role"] for turn in talk or []] for talk in PromptResponseMessages().open()(batch)["messages"].to_pylist()]
    [['user', 'assistant'], []]
    """

    reads = ("prompt", "response")
    writes = {"messages": MESSAGES}  # noqa: RUF012  (read-only by the type of Feature.writes)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return _messages


def _messages(batch: pa.RecordBatch) -> Columns:
    prompt, response = (batch[name].cast(pa.string()) for name in ("prompt", "response"))
    rows = batch.num_rows
    turn_by_turn = np.arange(2 * rows).reshape(2, rows).T.ravel()
    contents = pa.concat_arrays([prompt, response]).take(pa.array(turn_by_turn))
    roles = pa.array(["user", "assistant"]).take(pa.array(np.tile([0, 1], rows)))
    spoken = pa.StructArray.from_arrays([roles, contents], fields=list(MESSAGE))
    lacking = pc.or_(prompt.is_null(), response.is_null())
    return {"messages": pa.ListArray.from_arrays(pa.array(np.arange(rows + 1) * 2, pa.int32()), spoken, mask=lacking)}
