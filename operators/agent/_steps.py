"""The ways trajectories are written down, read as one: messages, tool calls and tool results.

OpenAI messages (``role``, ``tool_calls``, ``tool_call_id``; also typed content parts), ShareGPT (``from``, ``value``), Hermes
tags (``<tool_call>``) or ReAct text inside an assistant's message (``Action:``, ``Action Input:``, ``Observation:``) and
SWE-agent steps (``action``, ``observation``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

KEYS = ("trajectory", "traj", "messages", "conversations", "conversation", "steps", "history")
"""Where an object keeps its steps, the first that it has."""

_ROLES = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "bot": "assistant", "model": "assistant"}
_ROLES |= {role: role for role in ("system", "developer", "user", "assistant")}
_ARGUMENTS = ("arguments", "parameters", "kwargs", "args")
_CALLS = ("function_call", "tool_call")
_RESULTS = ("tool", "function", "observation", "function_response", "tool_response")
_REACT = re.compile(r"^(Action|Action Input|Observation|Thought):", re.MULTILINE)


@dataclass(frozen=True)
class Message:
    """What somebody said. ``blank`` where there is nothing in it and no call beside it."""

    role: str
    blank: bool
    text: str = ""


@dataclass(frozen=True)
class Call:
    """A tool call. ``fault`` names what is wrong with it; ``arguments`` is the text of a JSON object."""

    id: str | None
    fault: str | None
    name: str | None = None
    arguments: str | None = None


@dataclass(frozen=True)
class Result:
    """What a tool gave back. ``failed`` where it reports an error."""

    id: str | None
    failed: bool
    text: str = ""


@dataclass(frozen=True)
class Finish:
    """The agent declares the episode over (ReAct's ``Finish``), with what it says then."""

    arguments: str


Event = Message | Call | Result | Finish


def steps_of(document: Any) -> list[Any] | None:
    """The list of steps in a document; None where it holds none.

    >>> steps_of({"messages": [1]}), steps_of({"text": "a"}), steps_of([])
    ([1], None, None)
    """
    if isinstance(document, dict):
        document = next((document[key] for key in KEYS if isinstance(document.get(key), list)), None)
    return document if isinstance(document, list) and document else None


def events_of(step: Any) -> list[Event] | None:
    """What happens in a step; None where it is of no known kind.

    >>> events_of({"from": "human", "value": "hi"})
    [Message(role='user', blank=False, text='hi')]
    """
    if not isinstance(step, dict):
        return None
    if "role" in step:
        return _message(step, step["role"], step.get("content"))
    if "from" in step:
        return _message(step, step["from"], step.get("value"))
    if "action" in step:
        return _action(step)
    return None


def _message(step: dict[str, Any], role: Any, content: Any) -> list[Event] | None:
    if not isinstance(role, str) or not isinstance(content, str | list | None):
        return None
    if role in _CALLS:
        return list(_written_calls(content))
    text = content if isinstance(content, str) else _text(content or [])
    if role in _RESULTS:
        name = step.get("tool_call_id")
        return [Result(name if isinstance(name, str) else None, reports_error(text), text)]
    if role not in _ROLES:
        return None
    calls = [*_listed_calls(step), *_part_calls(content)] if _ROLES[role] == "assistant" else []
    if not calls and _ROLES[role] == "assistant":
        calls = list(_tagged(text)) or list(_react(text))
    if _ROLES[role] == "user" and text.startswith("Observation:"):
        return [_result(text.removeprefix("Observation:"))]
    return [Message(_ROLES[role], not text.strip() and not calls and not _has_media(content), text), *calls]


def _text(parts: list[Any]) -> str:
    texts = (part.get("text", part.get("value")) for part in parts if isinstance(part, dict) and part.get("type") == "text")
    return "\n".join(text for text in texts if isinstance(text, str))


def _has_media(content: Any) -> bool:
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") not in ("text", None, "reasoning") for part in content
    )


def _listed_calls(step: dict[str, Any]) -> Iterator[Event]:
    listed = step.get("tool_calls") or []
    for call in listed if isinstance(listed, list) else [None]:
        inner = call.get("function", call) if isinstance(call, dict) else None
        yield call_of(inner, call.get("id") if isinstance(call, dict) else None)
    if step.get("function_call"):
        yield call_of(step["function_call"], None)


def _part_calls(content: Any) -> Iterator[Event]:
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") in _CALLS:
            yield from _written_calls(part.get("value"))
        elif isinstance(part, dict) and part.get("type") == "tool_use":
            yield call_of({"name": part.get("name"), "arguments": part.get("input")}, part.get("id"))


def _written_calls(text: Any) -> Iterator[Event]:
    """Calls written as JSON: an object, or a list of them that are made at once."""
    calls = _parsed(text) if isinstance(text, str) else text
    for call in calls if isinstance(calls, list) and calls else [calls]:
        yield call_of(call, None)


def _tagged(text: str) -> Iterator[Event]:
    """Calls between Hermes's tags. (Cut at the tags: a pattern for both would look for the second one again and again.)"""
    for piece in text.split("<tool_call>")[1:]:
        yield from _written_calls(piece.partition("</tool_call>")[0].strip())


def call_of(call: Any, name: Any) -> Call:
    """The call of an object with a ``name`` and ``arguments``, and its id.

    >>> call_of({"name": "f", "arguments": "{}"}, "a")
    Call(id='a', fault=None, name='f', arguments='{}')
    """
    identifier = name if isinstance(name, str) else None
    if not isinstance(call, dict):
        return Call(identifier, "bad_call")
    if not isinstance(call.get("name"), str) or not call["name"].strip():
        return Call(identifier, "unnamed_call")
    arguments = object_text(next((call[key] for key in _ARGUMENTS if key in call), {}))
    return Call(identifier, None if arguments else "bad_arguments", call["name"], arguments)


def object_text(given: Any) -> str | None:
    """A JSON object as text, from an object or the text of one; None for anything else, and for what is nested too deep.

    >>> object_text({"a": 1}), object_text('{"a": 1}'), object_text("[1]")
    ('{"a":1}', '{"a": 1}', None)
    """
    value = _parsed(given) if isinstance(given, str) else given
    try:
        made = written(value) if isinstance(value, dict) else None
    except TypeError:  # over 254 levels
        return None
    return given if made and isinstance(given, str) else made


def written(arguments: Any) -> str:
    """A value as JSON.

    >>> written({"a": 1})
    '{"a":1}'
    """
    return orjson.dumps(arguments, option=orjson.OPT_NON_STR_KEYS).decode()


def _react(text: str) -> Iterator[Event]:
    """``Finish`` ends the episode and calls nothing. An input that is no JSON object by its looks is plain text to the tool:
    its argument is called ``input``."""
    pieces = _REACT.split(text)
    labels, bodies = pieces[1::2], pieces[2::2]
    for at, (label, body) in enumerate(zip(labels, bodies, strict=True)):
        if label == "Observation":
            yield _result(body)
        elif label == "Action":
            given = bodies[at + 1].strip() if labels[at + 1 : at + 2] == ["Action Input"] else ""
            if body.strip().lower().startswith("finish"):
                yield Finish(given or body.strip())
                continue
            plain = not given.startswith("{")
            broken = not plain and not isinstance(_parsed(given), dict)
            fault = "unnamed_call" if not body.strip() else "bad_arguments" if broken else None
            arguments = None if fault else written({"input": given} if given else {}) if plain else given
            yield Call(None, fault, body.strip() or None, arguments)


def _action(step: dict[str, Any]) -> list[Event]:
    action, observation = step["action"], step.get("observation")
    named = (isinstance(action, str) and action.strip()) or (isinstance(action, dict) and action)
    thought = step.get("thought") or step.get("response")
    if not named:
        return [Message("assistant", not (isinstance(thought, str) and thought.strip()))]
    call = _command(action) if isinstance(action, str) else call_of({"arguments": {}, **action}, None)
    return [call] if observation is None else [call, _result(str(observation))]


def _command(line: str) -> Call:
    """A line for a shell: the tool is its first word."""
    name, *rest = line.strip().split(maxsplit=1)
    return Call(None, None, name, written({"input": rest[0]} if rest else {}))


def _result(text: str) -> Result:
    return Result(None, reports_error(text), text)


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return None


_ERROR = re.compile(r"\s*(?:error\b|exception\b|traceback \(most recent call last\)|[\w.]+(?:error|exception):)", re.IGNORECASE)


def reports_error(text: str) -> bool:
    """Whether a tool's answer says that the call failed: an ``error`` that is set, a status of error or failure, or text
    that opens with an error.

    >>> reports_error('{"error": "no such user"}'), reports_error('{"error": "", "response": 3}'), reports_error("Error: 404")
    (True, False, True)
    """
    document = _parsed(text) if text.lstrip().startswith("{") else None
    if not isinstance(document, dict):
        return _ERROR.match(text) is not None
    status = document.get("status")
    failed = isinstance(status, str) and status.lower() in ("error", "failed", "failure")
    return failed or bool(document.get("error")) or bool(document.get("is_error")) or document.get("success") is False
