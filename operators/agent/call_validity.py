"""Tool calls that their tools allow."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.features.call_faults import UNDECIDED

_UNDECIDED = {"tool_schema": "tool schema that cannot be used", "undecided": "undecided"}
_SHOWN = 80


@dataclass(frozen=True)
class CallValidity(Metric[Product]):
    """The share of records all of whose tool calls are allowed by the definitions of the tools on offer.

    ``records without a wrong call / records with calls``. A call is allowed where its tool is on offer, its arguments are a
    JSON object, none that is required is missing, none is unknown, and all have the type, the values and the format that the
    tool's schema says (`operators.features.call_faults`; OpenAI, Anthropic, MCP, Gemini, BFCL, ToolBench and xLAM write
    schemas, each differently; of Hermes and ToolBench those in the system prompt are read). Types are JSON's: true is no
    integer, an integer is a number, 5.0 is an integer.

    Parts: ``calls``, the share of calls that are allowed; and the share of calls with each fault, the first of each call.
    Skipped: no tools or calls, no call; records without a wrong call of which one cannot be decided (a wrong schema).

    0 to 1, higher is better, Wilson interval. Evidence: the records with most wrong calls. Cost: that of
    `operators.features.call_faults`.

    >>> faults = [[{"step": 1, "name": "f", "fault": "missing_required", "place": "$"}], []]
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "call_faults": faults})
    >>> value = CallValidity().value(CallValidity().fold(batch))
    >>> value.value, value.skipped, value.evidence[0].note
    (0.0, {'no call': 1}, 'missing required at $ of f, step 1')

    Source: Patil et al. 2023 (arXiv 2305.15334), section 4; BFCL's AST checker; JSON Schema 2020-12.
    """

    dimension: ClassVar[Dimension] = Dimension.EXECUTABILITY
    reads: ClassVar[tuple[str, ...]] = ("call_faults",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2305.15334, section 4"

    def zero(self) -> Product:
        """No records."""
        return Product({"records": Ratio(), "calls": Ratio(), "faults": Tally(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the faults of each record."""
        records, every = Ratio(), Ratio()
        faults: dict[str, int] = {}
        skipped: dict[str, int] = {}
        rows, wrong, notes = [], [], []
        for row, found in enumerate(batch["call_faults"].to_pylist()):
            decided = [one["fault"] for one in found or () if one["fault"] not in UNDECIDED]
            bad = [fault for fault in decided if fault]
            every += Ratio(len(decided) - len(bad), len(decided))
            for fault in bad:
                faults[fault] = faults.get(fault, 0) + 1
            reason = "" if bad else _left_out(found)
            if reason:
                skipped[reason] = skipped.get(reason, 0) + 1
                continue
            records += Ratio(int(not bad), 1)
            if bad:
                rows.append(row)
                wrong.append(len(bad))
                notes.append(_note(next(one for one in found if one["fault"] in bad)))
        worst = TopBy.of(np.array(wrong, np.float64), batch[ID].to_numpy()[rows], lambda at: notes[at])
        states = {"records": records, "calls": every, "faults": Tally(faults), "skipped": Tally(skipped), "worst": worst}
        return Product(states)

    def value(self, state: Product) -> Value:
        """The share of records without a wrong call."""
        skipped = state["skipped"].nonzero()
        value: Value = state["records"].share("no record has a call and tools")
        if value.value is None:
            return value.with_(skipped=skipped)
        calls: Ratio = state["calls"]
        counts: dict[str, int] = state["faults"].nonzero()
        ranked = sorted(counts, key=lambda fault: (-counts[fault], fault))
        parts = {"calls": calls.share(), **{fault: Ratio(counts[fault], calls.n).share() for fault in ranked}}
        plot = Bars(tuple(ranked), tuple(counts[fault] / calls.n for fault in ranked), "share of calls") if ranked else None
        return value.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())


def _left_out(found: Any) -> str:
    if found is None:
        return "no calls or no tools"
    if not found:
        return "no call"
    return next((_UNDECIDED[one["fault"]] for one in found if one["fault"] in UNDECIDED), "")


def _note(call: dict[str, Any]) -> str:
    place = f" at {call['place']}" if call["place"] else ""
    return masked(f"{call['fault'].replace('_', ' ')}{place} of {call['name'] or 'a call'}, step {call['step']}", _SHOWN)
