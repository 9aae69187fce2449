"""The first of several captions, as the caption."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from engine.feature import Columns, Feature


@dataclass(frozen=True)
class FirstCaption(Feature):
    """``caption``: the first of ``captions``; null where there is none.

    >>> batch = pa.RecordBatch.from_pydict({"captions": [["a dog", "a pup"], [], None]})
    >>> FirstCaption().open()(batch)["caption"].to_pylist()
    ['a dog', None, None]
    """

    reads = ("captions",)
    writes = {"caption": pa.string()}  # noqa: RUF012  (read-only by the type of Feature.writes)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"caption": _first(batch["captions"])}


def _first(captions: pa.Array) -> pa.Array:
    some = pc.fill_null(pc.greater(pc.list_value_length(captions), 0), False)
    return pc.list_element(pc.if_else(some, captions, pa.scalar([None], captions.type)), 0).cast(pa.string())
