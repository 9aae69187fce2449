"""The tool calls of a trajectory, each with its result, and what was said beside them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa

from engine.feature import Columns, Feature
from operators.agent._steps import Call, Event, Finish, Message, Result, events_of, steps_of
from operators.kernels.buffers import strings
from operators.kernels.json_syntax import check

CALLS = pa.list_(
    pa.struct(
        [
            ("step", pa.int32()),
            ("name", pa.string()),
            ("arguments", pa.string()),
            ("fault", pa.string()),
            ("result", pa.string()),
            ("failed", pa.bool_()),
        ]
    )
)
SAID = pa.list_(pa.struct([("step", pa.int32()), ("role", pa.string()), ("text", pa.string())]))
MAX_DEPTH, MOST_BYTES = 128, 16 << 20
_GAVE_UP = "give_up"


@dataclass(frozen=True)
class TrajectoryCalls(Feature):
    """``tool_calls``, ``said`` and ``ending`` of ``trajectory``, whatever dialect it is written in (`operators.agent._steps`).

    ``tool_calls``: in order, the number of the step, the tool's name, its arguments as the text of a JSON object, ``fault``
    ('' or bad_call, unnamed_call, bad_arguments), the result that answered it (by id, else the oldest open call) and whether
    that reports an error; null where there is none. A shell's line is a call of its first word, with the rest as ``input``.
    ``said``: the messages that have a text. ``ending``: ``finished`` or ``gave_up`` where the agent declares the end,
    ``called``, ``answered`` or ``asked`` where the last step is a call or its result, the assistant's or the user's message.
    All are null where the trajectory is not strict JSON of at most 128 levels and 16 MiB, or some step is of no known kind.

    >>> call = '{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}'
    >>> text = f'[{call}, {{"role": "tool", "tool_call_id": "a", "content": "7"}}, {{"role": "assistant", "content": "7."}}]'
    >>> made = TrajectoryCalls().open()(pa.RecordBatch.from_pydict({"trajectory": [text]}))
    >>> made["tool_calls"].to_pylist()[0][0]["result"], made["ending"].to_pylist()
    ('7', ['answered'])
    """

    reads: ClassVar[tuple[str, ...]] = ("trajectory",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"tool_calls": CALLS, "said": SAID, "ending": pa.string()}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return _columns


def _columns(batch: pa.RecordBatch) -> Columns:
    view = strings(batch["trajectory"])
    strict, _ = check(view.offsets, view.data, MAX_DEPTH)
    readable = view.valid & (strict == 0) & (np.diff(view.offsets) <= MOST_BYTES)
    read: list[tuple[Any, Any, str | None]] = [(None, None, None)] * len(batch)
    for row in np.flatnonzero(readable).tolist():
        events = _events(view.data[view.offsets[row] : view.offsets[row + 1]].tobytes())
        if events is not None:
            read[row] = _calls(events), _said(events), _ending(events)
    kinds = TrajectoryCalls.writes.items()
    return {name: pa.array([one[at] for one in read], kind) for at, (name, kind) in enumerate(kinds)}


def _events(text: bytes) -> list[tuple[int, Event]] | None:
    try:
        steps = steps_of(orjson.loads(text))
    except ValueError:  # what strict JSON allows and orjson does not hold, such as 1e999
        return None
    events: list[tuple[int, Event]] = []
    for number, step in enumerate(steps or (), start=1):
        found = events_of(step)
        if found is None:
            return None
        events.extend((number, event) for event in found)
    return None if steps is None else events


def _calls(events: list[tuple[int, Event]]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    waiting: list[tuple[str | None, dict[str, Any]]] = []
    for number, event in events:
        if isinstance(event, Call):
            made.append(row_of(event, number))
            waiting.append((event.id, made[-1]))
        elif isinstance(event, Result):
            at = next((at for at, (name, _) in enumerate(waiting) if event.id is None or name in (event.id, None)), None)
            if at is not None:
                waiting.pop(at)[1].update(result=event.text, failed=event.failed)
    return made


def row_of(call: Call, step: int) -> dict[str, Any]:
    """A call as `CALLS` holds it, without a result."""
    named = {"step": step, "name": call.name, "arguments": call.arguments}
    return {**named, "fault": call.fault or "", "result": None, "failed": None}


def _said(events: list[tuple[int, Event]]) -> list[dict[str, Any]]:
    return [
        {"step": number, "role": event.role, "text": event.text}
        for number, event in events
        if isinstance(event, Message) and event.text.strip()
    ]


def _ending(events: list[tuple[int, Event]]) -> str | None:
    if not events:
        return None
    last = events[-1][1]
    if isinstance(last, Finish):
        return "gave_up" if _GAVE_UP in last.arguments else "finished"
    if isinstance(last, Message):
        return "answered" if last.role == "assistant" else "asked"
    return "called"
