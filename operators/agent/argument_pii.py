"""Personal data and secrets in what tools are called with."""

from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
import pyarrow as pa

from engine.metric import Metric
from engine.schema import FAULT, ID, Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.pii.spans import COUNTED, Type
from operators.semistructured.pii import Pii


@dataclass(frozen=True)
class ArgumentPii(Metric[Product]):
    """The share of records with personal data or a secret in an argument of a tool call.

    ``records with a finding / records whose calls can be read``. The calls of a record are looked at as one JSON document, a
    list of ``{tool: arguments}``, in the way of `semistructured.pii`: each value with its key before it, keys too. Whether
    the tool needs it is not known: a booking has a name. Parts: the shares of records with each type (``secret`` is any key,
    token or password), ``in keys`` and ``in values``, and with each type at each argument
    (``email_address at $[].send_mail.to``; the 20 most frequent). Skipped: null, records of more than 262,144 values.

    0 to 1, lower is better, Wilson interval. Evidence names the types and arguments, and shows nothing of what was found.
    Cost: about 15 MB/s of arguments a core.

    >>> calls = [[{"name": "mail", "arguments": '{"to": "ann@mail.org"}'}], [{"name": "now", "arguments": "{}"}]]
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "tool_calls": calls})
    >>> value = ArgumentPii().value(ArgumentPii().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'email_address at $[].mail.to')

    Source: The LLM Data Auditor (arXiv 2601.17717), agent safety; `text.pii`, `text.secrets`.
    """

    types: tuple[Type, ...] = COUNTED

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("tool_calls",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, agent safety"

    def zero(self) -> Product:
        """No records."""
        return Pii(self.types).zero()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Look at the arguments of each record."""
        documents = pa.array([_document(calls) for calls in batch["tool_calls"].to_pylist()], pa.string())
        columns = {ID: batch[ID], FAULT: batch[FAULT], "json": documents}
        return Pii(self.types).fold(pa.RecordBatch.from_pydict(columns))

    def value(self, state: Product) -> Value:
        """The share of records with a finding."""
        value = Pii(self.types).value(state)
        return value if value.value is not None else Value.missing("no record has calls", value.skipped)


def _document(calls: list[dict[str, Any]] | None) -> str | None:
    """The calls as one document, without those that have a fault; of equal keys the last."""
    if calls is None:
        return None
    there = ({call["name"]: orjson.loads(call["arguments"])} for call in calls if call["arguments"] and call["name"])
    return orjson.dumps(list(there)).decode()
