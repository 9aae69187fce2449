"""Steps on pages, in the ways of Mind2Web and WebLINX: which element, which operation, with which value."""

from typing import Any

import orjson

from operators.kernels.python_calls import python_calls

_IDS = ("backend_node_id", "uid", "data-webtasks-id", "node_id", "element_id", "id")
_OPERATIONS, _VALUES = ("op", "operation", "action", "type", "original_op"), ("value", "text", "utterance", "url", "argument")
MOST_BYTES = 16 << 20


def targets_of(text: str) -> list[str] | None:
    """The ids of the elements that a step may act on, none where it needs none; None for what cannot be read.

    An id, a list of ids, candidates with an id (objects, or the JSON texts of them, as in Mind2Web), or a call with one
    (WebLINX).

    >>> targets_of('[{"tag": "a", "backend_node_id": "136"}]'), targets_of('click(uid="67e2-a0")'), targets_of("13")
    (['136'], ['67e2-a0'], ['13'])
    >>> targets_of("[]"), targets_of('say(utterance="Hi")')
    ([], [])
    """
    if not text.strip():
        return []
    try:
        return _ids(orjson.loads(text), 0)
    except ValueError:
        calls = python_calls(text)
        if calls is None:
            return [text.strip()]
        return [name for _, arguments in calls for name in _ids(arguments, 0) or []]


def _ids(value: Any, depth: int) -> list[str] | None:
    if isinstance(value, str) and value.lstrip().startswith("{") and depth < 2:
        try:
            return _ids(orjson.loads(value), depth + 1)
        except ValueError:
            return [value]
    if isinstance(value, str | int) and not isinstance(value, bool):
        return [str(value)]
    if isinstance(value, list) and depth < 2:
        found = [_ids(one, depth + 1) for one in value]
        return None if None in found else [name for one in found for name in one or ()]
    if isinstance(value, dict):
        name = next((value[key] for key in _IDS if isinstance(value.get(key), str | int)), None)
        return [str(name)] if name is not None else []
    return [] if value is None else None


def operation_of(text: str) -> str | None:
    """The operation of a step and its value, as words; None for what cannot be read.

    >>> operation_of('{"op": "TYPE", "value": "New York"}'), operation_of('click(uid="a")'), operation_of("SELECT Pickup")
    ('TYPE New York', 'click', 'SELECT Pickup')
    """
    try:
        document = orjson.loads(text)
    except ValueError:
        calls = python_calls(text)
        if calls is None:
            return text.strip() or None
        return " ".join([calls[0][0], *_given(calls[0][1])]) if calls else None
    if not isinstance(document, dict):
        return None
    operation = next((document[key] for key in _OPERATIONS if isinstance(document.get(key), str)), None)
    return None if not operation else " ".join([operation, *_given(document)])


def _given(arguments: dict[str, Any]) -> list[str]:
    value = next((arguments[key] for key in _VALUES if isinstance(arguments.get(key), str | int | float)), "")
    return [str(value)] if value != "" else []
