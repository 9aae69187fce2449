"""Sequences of tool calls that run to their end when they are made again."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Value

_STOPS = ("raised", "unreadable")
_SHOWN = 100


@dataclass(frozen=True)
class ReplayExecutability(Metric[Product]):
    """The share of records all of whose tool calls can be made again, in an environment that the plan names.

    ``records that run to the end / records with a call``. The environment is a simulation of the user's own, or a file of
    recorded results ([features.replay] environment, recordings): no live service is asked. A call that raises where the
    record reports a failure of it goes on: that is what happened. Parts: the shares of records that stop at a call that
    ``raised`` or was ``unreadable``; ``calls``, the share of calls that ran. Whether they give the same again is
    `agent.state_transitions`. Skipped: null, no call.

    0 to 1, higher is better, Wilson interval. Evidence: the records that run shortest. Cost: the environment's.

    >>> made = [{"step": 1, "name": "f", "status": "same"}, {"step": 2, "name": "g", "status": "raised", "note": "E"}]
    >>> columns = {"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "replay_calls": [made[:1], made]}
    >>> value = ReplayExecutability().value(ReplayExecutability().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.evidence[0].note
    (0.5, 'raised at step 2: g, E')

    Source: The LLM Data Auditor (arXiv 2601.17717), agent executability; tau²-bench (arXiv 2506.07982).
    """

    dimension: ClassVar[Dimension] = Dimension.EXECUTABILITY
    reads: ClassVar[tuple[str, ...]] = ("replay_calls",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, agent executability"

    def zero(self) -> Product:
        """No records."""
        return Product({"whole": Ratio(), "calls": Ratio(), "stops": Tally(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """See where each record stops."""
        every = batch["replay_calls"].to_pylist()
        skipped = {"no calls": every.count(None), "no call": every.count([])}
        stops: Counter[str] = Counter()
        rows: list[int] = []
        left: list[float] = []
        notes: list[str] = []
        ran = made = 0
        for row, calls in enumerate(every):
            at = next((at for at, call in enumerate(calls or ()) if call["status"] in _STOPS), None)
            made += len(calls or ())
            ran += len(calls or ()) if at is None else at
            if calls and at is not None:
                stopped = calls[at]
                stops[stopped["status"]] += 1
                rows.append(row)
                left.append(1.0 - at / len(calls))
                name = stopped["name"] or "a call"
                notes.append(masked(f"{stopped['status']} at step {stopped['step']}: {name}, {stopped['note']}", _SHOWN))
        n = len(every) - sum(skipped.values())
        return Product(
            {
                "whole": Ratio(n - len(rows), n),
                "calls": Ratio(ran, made),
                "stops": Tally(dict(stops)),
                "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
                "worst": TopBy.of(np.array(left), batch[ID].to_numpy()[rows], lambda at: notes[at]),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of records that run to the end."""
        whole: Ratio = state["whole"]
        skipped = state["skipped"].nonzero()
        value: Value = whole.share("no record has a call")
        if value.value is None:
            return value.with_(skipped=skipped)
        parts = {status: Ratio(state["stops"][status], whole.n).share() for status in _STOPS}
        return value.with_(
            skipped=skipped, parts={**parts, "calls": state["calls"].share()}, evidence=state["worst"].evidence()
        )
