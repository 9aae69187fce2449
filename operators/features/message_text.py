"""What the assistant wrote in a conversation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.feature import Columns, Feature
from operators.kernels.turns import ASSISTANT, turns


@dataclass(frozen=True)
class MessageText(Feature):
    """``text``: the assistant turns of ``messages``, joined by a blank line; null where there is none.

    >>> from engine.schema import MESSAGES
    >>> talk = [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], None]
    >>> batch = pa.RecordBatch.from_pydict({"messages": pa.array(talk, MESSAGES)})
    >>> MessageText().open()(batch)["text"].to_pylist()
    ['Hello', None]
    """

    reads = ("messages",)
    writes = {"text": pa.string()}  # noqa: RUF012  (read-only by the type of Feature.writes)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"text": said_by(ASSISTANT, batch["messages"])}


def said_by(role: int, messages: pa.Array) -> pa.Array:
    """The turns of a role (`operators.kernels.turns`) in each conversation, joined by a blank line; null without one."""
    talk = turns(messages)
    spoken = (talk.roles == role) & talk.contents.valid
    offsets = np.concatenate([[0], np.cumsum(spoken)])[talk.offsets]
    none = (np.diff(offsets) == 0) | ~talk.valid
    said = talk.column.filter(pa.array(spoken))
    joined = pc.binary_join(pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), said), "\n\n")
    return pc.if_else(pa.array(none), pa.scalar(None, joined.type), joined)
