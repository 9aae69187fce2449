"""Tool calls that stand alone, without a conversation, in the ways they are written down; and those known to be right.

JSON: a call or a list of calls, each ``{"name": ..., "arguments": {...}}`` (OpenAI, with ``function`` around it or not;
``parameters`` and ``kwargs`` are understood, arguments may be the text of an object), BFCL's ``{"name": {...}}``, a text of
Python calls, or a list of any of these that belong to one turn. A text that is no JSON is read as Python calls.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from operators.agent._steps import Call, call_of, object_text, written
from operators.kernels.python_calls import python_calls

BROKEN = Call(None, "bad_call")


@dataclass(frozen=True)
class Gold:
    """A call known to be right: for each of its arguments the values that are.

    Args:
        name: of the tool.
        arguments: the values that are right, by the argument's name.
        optional: arguments that may be left out.
        loose: BFCL's possible answers: strings are the same whatever their case, spaces and ``,./-_*^``, and quotes.
    """

    name: str
    arguments: Mapping[str, Sequence[Any]]
    optional: frozenset[str]
    loose: bool


def calls_of(text: str) -> list[Call]:
    """The calls of a text. One that cannot be read is a call with a fault.

    >>> [call.name for call in calls_of('[{"name": "f", "arguments": {"a": 1}}, {"g": {}}]')]
    ['f', 'g']
    >>> calls_of("h(b=[1, 2])")[0].arguments
    '{"b":[1,2]}'
    >>> calls_of("Sorry, I cannot.")
    [Call(id=None, fault='bad_call', name=None, arguments=None)]
    """
    if not text.strip():
        return []
    try:
        document = orjson.loads(text)
    except ValueError:
        return list(_python(text))
    return list(_calls(document, 0))


def gold_of(text: str) -> list[Gold] | None:
    """The calls that are right; None where the text says no such thing.

    >>> gold_of('[{"f": {"a": [1, 2], "unit": ["cm", ""]}}]')[0]
    Gold(name='f', arguments={'a': [1, 2], 'unit': ['cm', '']}, optional=frozenset({'unit'}), loose=True)
    >>> gold_of('[{"name": "f", "kwargs": {"a": 1}}]')[0]
    Gold(name='f', arguments={'a': [1]}, optional=frozenset(), loose=False)
    """
    try:
        document = orjson.loads(text)
    except ValueError:
        document = text
    found = []
    for item in _items(document, 0):
        possible = _possible(item)
        if possible is not None:
            found.append(possible)
            continue
        for call in _one(item):
            arguments = None if call.fault or call.name is None else orjson.loads(call.arguments or "{}")
            if arguments is None:
                return None
            found.append(Gold(str(call.name), {key: [value] for key, value in arguments.items()}, frozenset(), False))
    return found


def _possible(item: Any) -> Gold | None:
    """BFCL's possible answer: ``{name: {argument: [values]}}``, with "" among the values of one that may be left out."""
    if not isinstance(item, dict) or len(item) != 1 or "name" in item:
        return None
    ((name, arguments),) = item.items()
    if not isinstance(arguments, dict) or not all(isinstance(values, list) for values in arguments.values()):
        return None
    return Gold(name, arguments, frozenset(key for key, values in arguments.items() if "" in values), True)


def _items(document: Any, depth: int) -> Iterator[Any]:
    """The calls of a document, one by one; lists of one turn's calls are opened."""
    if isinstance(document, list) and depth < 2:
        for item in document:
            yield from _items(item, depth + 1)
    else:
        yield document


def _calls(document: Any, depth: int) -> Iterator[Call]:
    for item in _items(document, depth):
        yield from _one(item)


def _one(item: Any) -> Iterator[Call]:
    if isinstance(item, str):
        yield from _python(item)
    elif isinstance(item, dict) and "name" not in item and isinstance(item.get("function"), dict):
        yield call_of(item["function"], item.get("id"))
    elif isinstance(item, dict) and "name" not in item and len(item) == 1:
        ((name, given),) = item.items()
        arguments = object_text(given)
        yield Call(None, None if arguments else "bad_arguments", name, arguments)
    else:
        yield call_of(item, item.get("id") if isinstance(item, dict) else None)


def _python(text: str) -> Iterator[Call]:
    calls = python_calls(text)
    if calls is None:
        yield BROKEN
    for name, arguments in calls or ():
        yield Call(None, None, name, written(arguments))
