"""What the user asked for in a conversation."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from engine.feature import Columns, Feature
from operators.features.message_text import said_by
from operators.kernels.turns import USER


@dataclass(frozen=True)
class MessageRequest(Feature):
    """``request``: the user turns of ``messages``, joined by a blank line; null where there is none.

    >>> from engine.schema import MESSAGES
    >>> talk = [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], None]
    >>> batch = pa.RecordBatch.from_pydict({"messages": pa.array(talk, MESSAGES)})
    >>> MessageRequest().open()(batch)["request"].to_pylist()
    ['Hi', None]
    """

    reads = ("messages",)
    writes = {"request": pa.string()}  # noqa: RUF012  (read-only by the type of Feature.writes)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"request": said_by(USER, batch["messages"])}
