"""What an agent says beside its tool calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from engine.feature import Columns, Feature


@dataclass(frozen=True)
class AgentText(Feature):
    """``text``: what the assistant says in a trajectory (``said``), joined by a blank line; null where it says nothing.

    >>> said = [[{"step": 1, "role": "user", "text": "Hi"}, {"step": 2, "role": "assistant", "text": "Hello"}], []]
    >>> AgentText().open()(pa.RecordBatch.from_pydict({"said": said}))["text"].to_pylist()
    ['Hello', None]
    """

    reads: ClassVar[tuple[str, ...]] = ("said",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"text": pa.string()}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"text": pa.array(list(map(_joined, batch["said"].to_pylist())), pa.string())}


def _joined(said: list[dict[str, Any]] | None) -> str | None:
    return "\n\n".join(one["text"] for one in said or () if one["role"] == "assistant") or None
