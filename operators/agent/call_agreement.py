"""Tool calls that are the right ones."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.agent._calls import gold_of
from operators.agent._matching import MOST_CALLS, Agreement, Made, agreement, f1

_SHOWN = 80


@dataclass(frozen=True)
class CallAgreement(Metric[Product]):
    """The mean over records of the F1 of their tool calls against those known to be right (``gold``).

    ``2 right / (made + wanted)`` calls of a record; 1 where none is made and none wanted. A call is right where the tool and
    all arguments are: none missing, none too many. Calls are paired with the right ones whatever their order, so that most
    calls are right and then most arguments: the best assignment there is, not the first that fits, which rejects
    ``f(1), f(2)`` for ``f(1 or 2), f(1)``. ``gold`` are calls, whose arguments have to be equal (numbers by size, true is no
    number), or BFCL's possible answers: several values for each argument, "" where it may be left out, strings without case,
    spaces and ``,./-_*^``. Whether a call is allowed at all is `agent.call_validity`: BFCL's verdict is both.

    Parts: ``exact``, the share of records with the right calls and no others; ``precision`` and ``recall`` of all calls;
    ``arguments``, the F1 of all arguments of calls that were paired. Skipped: null, gold that cannot be read, records of over
    256 calls.

    0 to 1, higher is better, normal interval over records. Evidence: the records furthest off. Cost: 70 us a record of one
    call; the assignment takes n^3 of n calls.

    >>> from operators.features.written_calls import WrittenCalls
    >>> batch = pa.RecordBatch.from_pydict({"calls": ["[f(a=1), f(a=2)]", "f(a=3)"]})
    >>> calls = WrittenCalls().open()(batch)["tool_calls"]
    >>> gold = pa.array(['[{"f": {"a": [1, 2]}}, {"f": {"a": [1]}}]', '{"name": "f", "arguments": {"a": 1}}'])
    >>> columns = {"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "tool_calls": calls, "gold": gold}
    >>> value = CallAgreement().value(CallAgreement().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.parts["exact"].value, value.evidence[0].note
    (0.5, 0.5, '0 of 1 calls right, 1 made: f{"a":3}')

    Source: Patil et al. 2023 (arXiv 2305.15334), section 4, and BFCL's AST checker; Kuhn 1955 (assignment).
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("tool_calls", "gold")
    unit: ClassVar[str] = "mean F1 over records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2305.15334, section 4"

    def zero(self) -> Product:
        """No records."""
        counts = {name: Ratio() for name in ("exact", "precision", "recall", "made arguments", "wanted arguments")}
        return Product({**counts, "f1": Moments(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Pair the calls of each record."""
        skipped: dict[str, int] = {}
        rows, found, notes = [], [], []
        for row, (calls, gold) in enumerate(zip(batch["tool_calls"].to_pylist(), batch["gold"].to_pylist(), strict=True)):
            wanted = None if gold is None else gold_of(gold)
            reason = _left_out(calls, gold, wanted)
            if reason or wanted is None:
                skipped[reason] = skipped.get(reason, 0) + 1
                continue
            made = [made_of(call) for call in calls]
            rows.append(row)
            found.append(agreement(made, wanted))
            notes.append(made[:1])
        return self._state(batch, rows, found, notes, skipped)

    def _state(
        self, batch: pa.RecordBatch, rows: list[int], found: list[Agreement], first: list[list[Made]], skipped: dict[str, int]
    ) -> Product:
        scores = np.array([one.f1 for one in found])
        off = np.flatnonzero(scores < 1.0)

        def note(at: int) -> str:
            one, shown = found[off[at]], first[off[at]]
            written = f"{shown[0][0]}{orjson.dumps(shown[0][1]).decode()}" if shown else "none"
            return masked(f"{one.right} of {one.wanted} calls right, {one.made} made: {written}", _SHOWN)

        def total(hits: str, n: str) -> Ratio:
            return Ratio(sum(getattr(one, hits) for one in found), sum(getattr(one, n) for one in found))

        return Product(
            {
                "exact": Ratio(sum(one.exact for one in found), len(found)),
                "precision": total("right", "made"),
                "recall": total("right", "wanted"),
                "made arguments": total("right_arguments", "made_arguments"),
                "wanted arguments": total("right_arguments", "wanted_arguments"),
                "f1": Moments.of(scores),
                "skipped": Tally(skipped),
                "worst": TopBy.of(1.0 - scores[off], batch[ID].to_numpy()[rows][off], note),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean F1."""
        skipped = state["skipped"].nonzero()
        value: Value = state["f1"].mean("no record has calls and gold calls", (0.0, 1.0))
        if value.value is None:
            return value.with_(skipped=skipped)
        made, wanted = state["made arguments"], state["wanted arguments"]
        arguments = Value.exact(f1(made.hits, made.n, wanted.n), made.n) if made.n else Value.missing("no call has arguments")
        parts = {
            "exact": state["exact"].share(),
            "precision": state["precision"].share("no call is made"),
            "recall": state["recall"].share("no call is wanted"),
            "arguments": arguments,
        }
        return value.with_(skipped=skipped, parts=parts, evidence=state["worst"].evidence())


def made_of(call: dict[str, Any]) -> Made:
    """The name and arguments of one of a record's ``tool_calls``; no arguments where it has a fault."""
    return call["name"], None if call["fault"] else orjson.loads(call["arguments"])


def _left_out(calls: Any, gold: str | None, wanted: Any) -> str:
    if calls is None:
        return "no calls"
    if gold is None:
        return "no gold calls"
    if wanted is None:
        return "gold that cannot be read"
    return f"over {MOST_CALLS} calls" if max(len(calls), len(wanted)) > MOST_CALLS else ""
