"""Tool calls that give again what is recorded of them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Value

_SHOWN = 100


@dataclass(frozen=True)
class StateTransitions(Metric[Product]):
    """The share of tool calls whose result, when they are made again, is the recorded one.

    ``same / (same + differs)`` calls ([features.replay]): results that nobody got from that environment are invented, or
    belong to another state of it. Results are compared as JSON where both are that, else as text. Parts: ``records``, the
    share of records with all of their results the same; ``final_states``, the share of records that leave the environment in
    the recorded ``final_state``. Not judged: calls without a recorded result, those that raise, and all after them. Skipped:
    records without a call that is judged.

    0 to 1, higher is better, Wilson interval. Evidence: the records with most results that differ. Cost: the environment's.

    >>> one = {"step": 1, "name": "f", "note": ""}
    >>> made = [{**one, "status": "same"}, {**one, "status": "differs", "note": "gives 3"}, {**one, "status": "ran"}]
    >>> columns = {"_id": [0], "_fault": pa.nulls(1, pa.string()), "replay_calls": [made], "replay_state": ["same"]}
    >>> value = StateTransitions().value(StateTransitions().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.parts["final_states"].value, value.evidence[0].note
    (0.5, 1.0, 'f at step 1 gives 3')

    Source: The LLM Data Auditor (arXiv 2601.17717), agent fidelity; tau-bench (arXiv 2406.12045), section 3 (final states).
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("replay_calls", "replay_state")
    unit: ClassVar[str] = "share of calls"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, agent fidelity"

    def zero(self) -> Product:
        """No calls."""
        states = {"calls": Ratio(), "records": Ratio(), "states": Ratio()}
        return Product({**states, "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the results that are the same."""
        every = batch["replay_calls"].to_pylist()
        judged = [[call for call in calls or () if call["status"] in ("same", "differs")] for calls in every]
        other = [[call for call in calls if call["status"] == "differs"] for calls in judged]
        n, wrong = sum(map(len, judged)), sum(map(len, other))
        rows = np.flatnonzero([len(calls) > 0 for calls in other])
        states = [state for state in batch["replay_state"].to_pylist() if state is not None]
        seen = sum(bool(calls) for calls in judged)

        def note(at: int) -> str:
            first = other[rows[at]][0]
            return masked(f"{first['name']} at step {first['step']} {first['note']}", _SHOWN)

        return Product(
            {
                "calls": Ratio(n - wrong, n),
                "records": Ratio(seen - len(rows), seen),
                "states": Ratio(states.count("same"), len(states)),
                "skipped": Tally({"no call to judge": len(every) - seen} if seen < len(every) else {}),
                "worst": TopBy.of(np.array([float(len(other[row])) for row in rows]), batch[ID].to_numpy()[rows], note),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of results that are the same."""
        skipped = state["skipped"].nonzero()
        value: Value = state["calls"].share("no call with a recorded result was made again")
        if value.value is None:
            return value.with_(skipped=skipped)
        parts = {"records": state["records"].share()}
        if state["states"].n:
            parts["final_states"] = state["states"].share()
        return value.with_(skipped=skipped, parts=parts, evidence=state["worst"].evidence())
