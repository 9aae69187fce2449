"""Tool calls written as Python, such as ``[weather(city='Brno'), now()]``: read by a grammar of literals, nothing is run."""

import ast
import math
import re
from typing import Any

MOST_DEPTH = 64
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>(?:'(?:[^'\\\n]|\\.)*+'|"(?:[^"\\\n]|\\.)*+"))"""
    r"""|(?P<number>[+-]?(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?+)"""
    r"""|(?P<name>[^\W\d]\w*+(?:[.-][^\W\d]\w*+)*+)|(?P<mark>[\[\](){},:=]))""",
    re.DOTALL,
)
_WORDS = {"True": True, "true": True, "False": False, "false": False, "None": None, "null": None}
_CLOSING = {"[": "]", "(": ")", "{": "}"}
Call = tuple[str, dict[str, Any]]


def python_calls(text: str) -> list[Call] | None:
    """The calls of a text, each a name and its arguments by name; None where it is anything else.

    Arguments are literals: numbers, strings, True, False, None, lists, tuples (as lists) and dictionaries. An argument without
    a name, a variable or an expression is nothing that a tool can be called with.

    >>> python_calls("[area(base=10, unit='cm'), stop()]")
    [('area', {'base': 10, 'unit': 'cm'}), ('stop', {})]
    >>> python_calls("area(10)") is None, python_calls("area(base=x)") is None
    (True, True)
    """
    try:
        return _Reader(text).calls()
    except _NotCalls:
        return None


def python_value(text: str) -> Any:
    """The literal that a text begins with, whatever follows; None where it begins with none (or with None).

    >>> python_value("[{'name': 'f', 'strict': True}] Remember to be brief."), python_value("os.system('ls')")
    ([{'name': 'f', 'strict': True}], None)
    """
    try:
        return _Reader(text, whole=False).value()
    except _NotCalls:
        return None


class _NotCalls(Exception):
    """The text is not what the grammar says."""


class _Reader:
    def __init__(self, text: str, whole: bool = True) -> None:
        self._text, self._at, self._whole = text.rstrip(), 0, whole
        self._kind, self._token = "", ""
        self._next()

    def _next(self) -> None:
        if self._at == len(self._text):
            self._kind, self._token = "end", ""
            return
        found = _TOKEN.match(self._text, self._at)
        if found is None and self._whole:
            raise _NotCalls
        if found is None:  # prose after the value
            self._kind, self._token = "end", ""
            return
        self._at, self._kind = found.end(), str(found.lastgroup)
        self._token = found[self._kind]

    def _take(self, mark: str) -> bool:
        if self._kind != "mark" or self._token != mark:
            return False
        self._next()
        return True

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise _NotCalls

    def value(self) -> Any:
        return self._value(0)

    def calls(self) -> list[Call]:
        listed = self._take("[")
        found = [] if listed and self._take("]") else self._several()
        if found and listed:
            self._expect("]")
        if self._kind != "end":
            raise _NotCalls
        return found

    def _several(self) -> list[Call]:
        found = [self._call()]
        while self._take(","):
            found.append(self._call())
        return found

    def _call(self) -> Call:
        name = self._named()
        self._expect("(")
        arguments: dict[str, Any] = {}
        while not self._take(")"):
            key = self._named()
            self._expect("=")
            if key in arguments:
                raise _NotCalls
            arguments[key] = self._value(0)
            if not self._take(","):
                self._expect(")")
                break
        return name, arguments

    def _named(self) -> str:
        if self._kind != "name":
            raise _NotCalls
        name = self._token
        self._next()
        return name

    def _value(self, depth: int) -> Any:
        kind, said = self._kind, self._token
        if kind == "end" or depth > MOST_DEPTH:
            raise _NotCalls
        self._next()
        if kind == "mark":
            return self._dictionary(depth) if said == "{" else self._list(said, depth)
        if kind == "name":
            if said not in _WORDS:
                raise _NotCalls
            return _WORDS[said]
        return _literal(said)

    def _list(self, opening: str, depth: int) -> list[Any]:
        if opening not in _CLOSING:
            raise _NotCalls
        values = []
        while not self._take(_CLOSING[opening]):
            values.append(self._value(depth + 1))
            if not self._take(","):
                self._expect(_CLOSING[opening])
                break
        return values

    def _dictionary(self, depth: int) -> dict[str, Any]:
        values = {}
        while not self._take("}"):
            key = self._value(depth + 1)
            if not isinstance(key, str):
                raise _NotCalls
            self._expect(":")
            values[key] = self._value(depth + 1)
            if not self._take(","):
                self._expect("}")
                break
        return values


def _literal(token: str) -> Any:
    """A number or a string: one token of Python's own, without anything nested, that JSON can hold too."""
    try:
        value = ast.literal_eval(token)
        if isinstance(value, str):
            value.encode()  # half a surrogate pair is no text
        if isinstance(value, float | int) and not math.isfinite(value):
            raise _NotCalls
        return float(value) if isinstance(value, int) and abs(value) >> 63 else value
    except (
        ValueError,
        SyntaxError,
        MemoryError,
        OverflowError,
    ) as error:  # a leading zero, thousands of digits, a wrong escape
        raise _NotCalls from error
