"""What happens when a record's tool calls are made again, in an environment that the plan names."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
import pyarrow as pa

from engine.feature import Columns, Feature
from engine.storage.files import content
from operators import plugged
from operators.agent._matching import same

REPLAYED = pa.list_(pa.struct([("step", pa.int32()), ("name", pa.string()), ("status", pa.string()), ("note", pa.string())]))
Step = Callable[[str, dict[str, Any]], Any]
Environment = Callable[[dict[str, Any]], Step]
_SHOWN = 120
_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Replay(Feature):
    """``replay_calls`` and ``replay_state``: how each of a record's ``tool_calls`` ends when it is made again.

    Nothing is called but what the plan names: a function of the user's own, or recorded results. Live services are neither
    asked nor needed.

    The function is called once a record with ``{"task": ..., "state": ...}`` (the dataset's columns, ``state`` parsed; None
    where there is none) and returns the environment: a function of a tool's name and its arguments, which returns the result
    or raises. It may have a method ``state`` that returns what the environment is in. ``recordings`` is a file of JSON lines
    ``{"name": ..., "arguments": {...}, "result": ...}`` in its place: a call that is not in it raises; of several results of
    one call the next is given each time, and the last from then on.

    The status of a call: ``same`` (the recorded result, as JSON where both are, else as text; or it raises where the record
    says that it failed), ``differs``, ``ran`` (no result is recorded), ``raised``, ``unreadable`` (no name, or arguments that
    are no JSON object); ``not_run`` for all calls after one that raised or is unreadable. ``replay_state``: ``same`` or
    ``differs`` by ``final_state``, compared as JSON; null where there is none, or the environment has no state.

    Args:
        environment: "package.module:function" (`operators.plugged`). It runs with the rights of whoever runs the audit.
        recordings: a path.

    Source: tau²-bench (arXiv 2506.07982), section 3; Yao et al. 2024 (arXiv 2406.12045).
    """

    environment: str = ""
    recordings: str = ""

    reads: ClassVar[tuple[str, ...]] = ("tool_calls",)
    may_read: ClassVar[tuple[str, ...]] = ("task", "state", "final_state")
    writes: ClassVar[Mapping[str, pa.DataType]] = {"replay_calls": REPLAYED, "replay_state": pa.string()}
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it makes the calls again: name an environment, or recordings"

    def obstacle(self) -> str | None:
        """Whether there is an environment."""
        if self.recordings and not self.environment:
            return None
        if not self.environment or self.recordings:
            return "name either an environment or recordings: [features.replay]"
        return plugged.obstacle(self.environment)

    def identity(self) -> Mapping[str, Any]:
        """The function, or the recordings."""
        if self.environment:
            return plugged.identity(self.environment)
        return {"recordings": hashlib.sha256(self._recordings()).hexdigest()[:16]}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Import the function, or read the recordings."""
        environment = plugged.plugged(self.environment) if self.environment else recorded(self._recordings().decode())
        return lambda batch: _columns(environment, batch)

    def _recordings(self) -> bytes:
        return content(self.recordings, _MOST_BYTES)


def recorded(lines: str) -> Environment:
    """An environment that knows the recorded results of some calls, whatever comes before.

    >>> step = recorded('{"name": "f", "arguments": {"a": 1}, "result": 7}')({})
    >>> step("f", {"a": 1})
    7
    >>> step("f", {"a": 2})
    Traceback (most recent call last):
    ...
    LookupError: no result of this call is recorded
    """
    results: dict[tuple[str, bytes], list[Any]] = {}
    for line in lines.splitlines():
        if line.strip():
            call = orjson.loads(line)
            results.setdefault(_key(call["name"], call.get("arguments") or {}), []).append(call.get("result"))

    def environment(_: dict[str, Any]) -> Step:
        asked: dict[tuple[str, bytes], int] = {}

        def step(name: str, arguments: dict[str, Any]) -> Any:
            key = _key(name, arguments)
            if key not in results:
                raise LookupError("no result of this call is recorded")
            asked[key] = asked.get(key, -1) + 1
            return results[key][min(asked[key], len(results[key]) - 1)]

        return step

    return environment


def _key(name: str, arguments: dict[str, Any]) -> tuple[str, bytes]:
    return name, orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS)


def _columns(environment: Environment, batch: pa.RecordBatch) -> Columns:
    names = [name for name in Replay.may_read if name in batch.schema.names]
    beside = {name: batch[name].to_pylist() for name in names}
    calls, states = [], []
    for row, made in enumerate(batch["tool_calls"].to_pylist()):
        given = {name: column[row] for name, column in beside.items()}
        replayed, state = (None, None) if made is None else _replayed(environment, made, given)
        calls.append(replayed)
        states.append(state)
    return {"replay_calls": pa.array(calls, REPLAYED), "replay_state": pa.array(states, pa.string())}


def _replayed(environment: Environment, calls: list[dict[str, Any]], given: dict[str, Any]) -> tuple[list[Any], str | None]:
    """How each call ends, and how the environment is left."""
    try:
        step = environment({"task": given.get("task"), "state": _parsed(given.get("state"))})
    except Exception as error:  # an environment that cannot be set up for this record runs none of its calls
        return [_row(call, "raised", f"{type(error).__name__}: {error}") for call in calls], None
    found: list[Any] = []
    for call in calls:
        stopped = bool(found) and found[-1]["status"] in ("raised", "unreadable", "not_run")
        found.append(_row(call, "not_run") if stopped else _made(step, call))
    return found, _left(step, given.get("final_state"))


def _made(step: Step, call: dict[str, Any]) -> dict[str, Any]:
    if call["fault"] or not call["name"]:
        return _row(call, "unreadable", call["fault"])
    try:
        result = step(call["name"], orjson.loads(call["arguments"]))
    except Exception as error:  # what it raises is the answer
        return _row(call, "same" if call["failed"] else "raised", f"{type(error).__name__}: {error}")
    if call["result"] is None:
        return _row(call, "ran")
    return _row(call, "same", "") if _alike(result, call["result"]) else _row(call, "differs", f"gives {result!r}")


def _row(call: dict[str, Any], status: str, note: str = "") -> dict[str, Any]:
    return {"step": call["step"], "name": call["name"], "status": status, "note": note[:_SHOWN]}


def _left(step: Step, final: str | None) -> str | None:
    state = getattr(step, "state", None)
    if final is None or not callable(state):
        return None
    try:
        return "same" if same(state(), _parsed(final)) else "differs"
    except Exception:  # a state that cannot be told is none
        return None


def _alike(result: Any, text: str) -> bool:
    """Whether a result is the recorded text: as JSON where both are that, else as text."""
    mine = _parsed(result) if isinstance(result, str) else result
    theirs = _parsed(text)
    if isinstance(mine, str) or isinstance(theirs, str):
        return str(result).strip() == text.strip() or mine == theirs
    try:
        return same(mine, theirs)
    except RecursionError:  # nothing that is nested so deeply is compared
        return False


def _parsed(text: Any) -> Any:
    """The value of a JSON text; anything else as it is."""
    try:
        return orjson.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text
