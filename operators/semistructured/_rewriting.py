"""JSON documents written in other ways, changed for the worse, and blurred, all by their own hash."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

_OTHERS: Mapping[str, Any] = {"str": 7, "Number": "seven", "bool": "yes", "NoneType": "null", "dict": "object", "list": 0}
_MOST, _LONGEST_EXPONENT = 10**12, 6


class Number(str):
    """A number as it was written."""


def parsed(text: str) -> Any:
    """The value of a document, its numbers as they are written."""
    return json.loads(text, parse_int=Number, parse_float=Number)


def written(value: Any, number: Callable[[str], str] = str, string: Callable[[str], str] = json.dumps, gap: str = "") -> str:
    """A document of a value, with a way to write numbers and strings, and a gap between any two tokens.

    >>> written(parsed('{"a": [1, 2.50, null]}'), gap=" ")
    '{ "a" : [ 1 , 2.50 , null ] }'
    """
    if isinstance(value, Number):
        return number(value)
    if isinstance(value, str):
        return string(value)
    if isinstance(value, dict):
        members = (f"{string(k)}{gap}:{gap}{written(v, number, string, gap)}" for k, v in value.items())
        return f"{{{gap}{f'{gap},{gap}'.join(members)}{gap}}}"
    if isinstance(value, list):
        return f"[{gap}{f'{gap},{gap}'.join(written(item, number, string, gap) for item in value)}{gap}]"
    return json.dumps(value)


def reordered(value: Any) -> Any:
    """The value with the keys of all objects in reverse."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


def respelt(number: str) -> str:
    """A number in another spelling.

    >>> respelt("1"), respelt("-2.50"), respelt("1e3")
    ('1.0', '-250e-2', '1e3')
    """
    if number.lstrip("-").isdigit():
        return f"{number}.0"
    if len(number.lower().partition("e")[2]) > _LONGEST_EXPONENT:
        return number
    sign, digits, exponent = Decimal(number).as_tuple()
    return f"{'-' if sign else ''}{''.join(map(str, digits))}e{exponent}"


def escaped(text: str) -> str:
    r"""A string with every character escaped.

    >>> escaped("aé")
    '"\\u0061\\u00e9"'
    """
    data = text.encode("utf-16-be")
    return '"' + "".join(f"\\u{data[at]:02x}{data[at + 1]:02x}" for at in range(0, len(data), 2)) + '"'


BENIGN: Mapping[str, Callable[[Any], str]] = {
    "key order": lambda value: written(reordered(value)),
    "white space": lambda value: written(value, gap=" \n\t"),
    "numbers": lambda value: written(value, number=respelt),
    "escapes": lambda value: written(value, string=escaped),
}
"""Ways to write the same document."""


def faults(text: str, seed: int) -> Iterator[tuple[str, str]]:
    """A document with one fault of each kind that can be made in it, where it is drawn by the seed.

    >>> dict(faults('{"a": 1}', 0))["duplicated key"]
    '{"a":1,"a":1}'
    """
    draw = random.Random(seed)  # noqa: S311  (which value is changed is no secret)
    value = parsed(text)
    places = list(_places(value, ()))
    members = [path for path in places if path and isinstance(path[-1], str)]
    yield "wrong type", written(_with(value, draw.choice(places), lambda old: _Raw(json.dumps(_OTHERS[type(old).__name__]))))
    if isinstance(value, (dict, list)):
        plain = written(value)
        yield "dropped brace", plain[:-1]
        yield "truncated", plain[: draw.randrange(1, len(plain))]
    if members:
        path = draw.choice(members)
        yield "missing key", written(_with(value, path[:-1], lambda old: {k: v for k, v in old.items() if k != path[-1]}))
        path = draw.choice(members)
        yield "misspelt key", written(_with(value, path[:-1], lambda old: {_misspelt(k, path[-1]): v for k, v in old.items()}))
        path = draw.choice(members)
        yield "duplicated key", written(_with(value, path[:-1], lambda old: _Raw(_doubled(old, path[-1]))))


def blurred(text: str, share: float, seed: int) -> str:
    """The document with a share of its values made null or other ones: which, is drawn so that a smaller share's are among
    a larger one's."""
    draw = random.Random(seed)  # noqa: S311

    def blur(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: blur(item) for key, item in value.items()}
        if isinstance(value, list):
            return [blur(item) for item in value]
        chance, fate, other = draw.random(), draw.random(), draw.randrange(_MOST)
        if chance >= share or value is None:
            return value
        if fate < 0.5 or isinstance(value, bool):
            return None
        return _Raw(str(other)) if isinstance(value, Number) else f"{value}~"

    return written(blur(parsed(text)))


class _Raw(Number):
    """A piece of a document as it shall stand there."""


def _misspelt(key: str, which: Any) -> str:
    return f"{key}_" if key == which else key


def _doubled(members: Mapping[str, Any], key: str) -> str:
    again = f"{json.dumps(key)}:{written(members[key])}"
    return f"{written(members)[:-1]},{again}}}"


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in children:
        yield from _places(child, (*path, step))


def _with(value: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """The value with what stands at a path changed."""
    if not path:
        return change(value)
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {key: _with(item, rest, change) if key == step else item for key, item in value.items()}
    return [_with(item, rest, change) if at == step else item for at, item in enumerate(value)]
