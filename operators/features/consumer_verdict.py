"""What a program of the user's own says of documents, graphs, log lines and triples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from engine.feature import Columns, Feature
from operators import plugged

ACCEPTED = "accepted"


@dataclass(frozen=True)
class ConsumerVerdict(Feature):
    """``consumer_verdict``: whether the program that will read the records takes each of them.

    It is called with the record's text: its ``json``, else its ``graph``, ``log`` or ``triple``. ``accepted`` unless it
    raises (then the exception's name) or returns False (``refused``). Null without a text. It runs with the rights of
    whoever runs the audit: it should bound what a hostile text costs it.

    Args:
        consumer: the function, as package.module:function: a typed model's decoder, a loader, a parser.

    >>> batch = pa.RecordBatch.from_pydict({"json": ["[1]", "[1", None]})
    >>> ConsumerVerdict("json:loads").open()(batch)["consumer_verdict"].to_pylist()
    ['accepted', 'JSONDecodeError', None]
    """

    consumer: str = ""

    reads: ClassVar[tuple[str, ...]] = ()
    may_read: ClassVar[tuple[str, ...]] = ("json", "graph", "log", "triple")
    writes: ClassVar[Mapping[str, pa.DataType]] = {"consumer_verdict": pa.string()}
    unasked: ClassVar[str] = "it runs a function of yours: name the consumer"

    def obstacle(self) -> str | None:
        """Whether the function's module is there."""
        return plugged.obstacle(self.consumer) if self.consumer else "name the consumer: [features.consumer_verdict]"

    def identity(self) -> Mapping[str, Any]:
        """The function."""
        return plugged.identity(self.consumer) if self.consumer else {}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Import the function."""
        consumer = plugged.plugged(self.consumer)
        return lambda batch: {"consumer_verdict": pa.array([_verdict(consumer, text) for text in _texts(batch)], pa.string())}


def _texts(batch: pa.RecordBatch) -> list[str | None]:
    """The first of its columns that each record has."""
    texts: list[str | None] = pc.coalesce(
        *(batch[name] for name in ConsumerVerdict.may_read if name in batch.schema.names)
    ).to_pylist()
    return texts


def _verdict(consumer: Callable[..., Any], text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return "refused" if consumer(text) is False else ACCEPTED
    except Exception as error:  # what it cannot take is the answer
        return type(error).__name__[:80]
