"""Trajectories that are whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import orjson
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Ratio
from engine.value import Value
from operators.agent._steps import Call, Event, Message, Result, events_of, steps_of
from operators.kernels.buffers import strings
from operators.kernels.first_fault import SKIPPED, judged, nothing_judged, skipped_as, valid_share
from operators.kernels.json_syntax import check

_FAULTS = (
    "json",
    "shape",
    "role_order",
    "empty_step",
    "bad_call",
    "unnamed_call",
    "bad_arguments",
    "unanswered_call",
    "orphan_result",
    "truncated",
)
_CODE = {fault: at + 1 for at, fault in enumerate(_FAULTS)}
_MAX_DEPTH = 128


@dataclass(frozen=True)
class Verdict:
    """The first fault of a trajectory ('' for none), the step that has it, and how its tool calls went."""

    fault: str
    step: int
    calls: Ratio


@dataclass(frozen=True)
class TrajectoryFormat(Metric[Product]):
    """The share of trajectories that an agent could have run through from end to end.

    ``whole / trajectories``. A trajectory is strict JSON (``json``): a list of steps of a known kind, or an object that
    holds one (``shape``): OpenAI messages, ShareGPT conversations, Hermes or ReAct text, SWE-agent steps. It is whole when
    system messages come first (``role_order``), no step is blank (``empty_step``), each call names a tool and has arguments
    that are a JSON object (``bad_call``, ``unnamed_call``, ``bad_arguments``), each call has its result before the talk goes on
    (``unanswered_call``), each result a call (``orphan_result``; by id where results carry one, else a result answers all
    open calls), and the end is a message of the assistant, a tool's result, or a user's message with one of ``stops`` in
    it; anything else broke off in the middle (``truncated``). Skipped: null, and trajectories over ``max_bytes``. The part
    ``failing_calls`` is the share of tool results that report an error, whole trajectories or not.

    0 to 1, higher is better, Wilson interval. Cost: a JSON parse and a walk over the steps, about 70 MB/s a core.

    >>> call = '{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}'
    >>> texts = [f'[{call}, {{"role": "tool", "tool_call_id": "a", "content": "1"}}]', f"[{call}]"]
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "trajectory": texts})
    >>> value = TrajectoryFormat().value(TrajectoryFormat().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'truncated at step 1')

    Source: Qin et al. 2023, ToolLLM (arXiv 2307.16789), appendix A; OpenAI chat messages.
    """

    stops: tuple[str, ...] = ("###STOP###",)
    max_bytes: Annotated[int, Field(ge=1)] = 16 * 1024 * 1024

    version: ClassVar[int] = 2
    dimension: ClassVar[Dimension] = Dimension.EXECUTABILITY
    reads: ClassVar[tuple[str, ...]] = ("trajectory",)
    unit: ClassVar[str] = "share of trajectories"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2307.16789, appendix A"

    def zero(self) -> Product:
        """No trajectories."""
        return nothing_judged() + Product({"failing": Ratio()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Walk through each trajectory."""
        view = strings(batch["trajectory"])
        large = view.valid & (np.diff(view.offsets) > self.max_bytes)
        strict, _ = check(view.offsets, view.data, _MAX_DEPTH)
        codes, steps = np.full(batch.num_rows, SKIPPED), np.zeros(batch.num_rows, np.int64)
        failing = Ratio()
        for row in np.flatnonzero(view.valid & ~large):
            text = view.data[view.offsets[row] : view.offsets[row + 1]]
            verdict = Verdict("json", 0, Ratio()) if strict[row] else self._judge(text.tobytes())
            codes[row], steps[row] = _CODE.get(verdict.fault, 0), verdict.step
            failing += verdict.calls
        kept = np.flatnonzero(~large)

        def note(at: int) -> str:
            fault, step = _FAULTS[codes[kept[at]] - 1].replace("_", " "), steps[kept[at]]
            return f"{fault} at step {step}" if step else fault

        state = judged(batch.take(pa.array(kept, pa.int64())), codes[kept], _FAULTS, note)
        return skipped_as(state, f"over {self.max_bytes} bytes", int(large.sum())) + Product({"failing": failing})

    def value(self, state: Product) -> Value:
        """The share of whole trajectories."""
        failing: Ratio = state["failing"]
        parts = {"failing_calls": failing.share("no tool result")}
        return valid_share(state, "no record has a trajectory", parts)

    def _judge(self, text: bytes) -> Verdict:
        try:
            steps = steps_of(orjson.loads(text))
        except ValueError:  # what strict JSON allows and orjson does not hold, such as 1e999
            return Verdict("json", 0, Ratio())
        if steps is None:
            return Verdict("shape", 0, Ratio())
        events: list[tuple[int, Event]] = []
        for number, step in enumerate(steps, start=1):
            found = events_of(step)
            if found is None:
                return Verdict("shape", number, _failing(events))
            events.extend((number, event) for event in found)
        fault, number = _first_fault(events, self.stops)
        return Verdict(fault, number, _failing(events))


def _failing(events: Iterable[tuple[int, Event]]) -> Ratio:
    results = [event.failed for _, event in events if isinstance(event, Result)]
    return Ratio(sum(results), len(results))


def _first_fault(events: list[tuple[int, Event]], stops: tuple[str, ...]) -> tuple[str, int]:
    """The first fault and its step."""
    pending: list[str | None] = []
    talked = False
    for number, event in events:
        if isinstance(event, Call):
            if event.fault:
                return event.fault, number
            pending.append(event.id)
        elif isinstance(event, Result):
            if not pending or (event.id is not None and event.id not in pending and None not in pending):
                return "orphan_result", number
            pending = _answered(pending, event.id)
        elif isinstance(event, Message):
            fault = _message_fault(event, talked, bool(pending))
            if fault:
                return fault, number
        talked = talked or not (isinstance(event, Message) and event.role in ("system", "developer"))
    number, last = events[-1]
    goes_on = isinstance(last, Message) and last.role != "assistant" and not any(stop in last.text for stop in stops)
    return ("truncated", number) if pending or goes_on else ("", 0)


def _message_fault(message: Message, talked: bool, calls_open: bool) -> str:
    if message.role in ("system", "developer"):
        return "role_order" if talked else ""
    if calls_open:
        return "unanswered_call"
    return "empty_step" if message.blank else ""


def _answered(pending: list[str | None], name: str | None) -> list[str | None]:
    """The calls that stay open after a result: without an id it answers them all."""
    if name is None:
        return []
    at = pending.index(name) if name in pending else pending.index(None)
    return pending[:at] + pending[at + 1 :]
