"""What the assistant says of a picture, as its caption."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from engine.feature import Columns, Feature
from operators.features.message_text import said_by
from operators.kernels.turns import ASSISTANT


@dataclass(frozen=True)
class TurnCaption(Feature):
    """``caption``: the assistant turns of a conversation about the picture (``messages``), joined by a blank line.

    Source: Liu et al. 2023 (LLaVA), section 3, whose layout it is.

    >>> from engine.schema import MESSAGES
    >>> talk = [[{"role": "user", "content": "<image> What is it?"}, {"role": "assistant", "content": "A dog."}], None]
    >>> batch = pa.RecordBatch.from_pydict({"messages": pa.array(talk, MESSAGES)})
    >>> TurnCaption().open()(batch)["caption"].to_pylist()
    ['A dog.', None]
    """

    reads = ("messages",)
    writes = {"caption": pa.string()}  # noqa: RUF012  (read-only by the type of Feature.writes)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"caption": said_by(ASSISTANT, batch["messages"])}
