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
        return _text


def _text(batch: pa.RecordBatch) -> Columns:
    talk = turns(batch["messages"])
    spoken = (talk.roles == ASSISTANT) & talk.contents.valid
    offsets = np.concatenate([[0], np.cumsum(spoken)])[talk.offsets]
    none = (np.diff(offsets) == 0) | ~talk.valid
    answers = talk.column.filter(pa.array(spoken))
    joined = pc.binary_join(pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), answers), "\n\n")
    return {"text": pc.if_else(pa.array(none), pa.scalar(None, joined.type), joined)}
