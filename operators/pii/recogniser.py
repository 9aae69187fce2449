"""A recogniser: the shape of one type, what proves a match, and the words beside it that make it likely."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

WEAK, STRONG, PROVEN = 1, 2, 3
"""How sure a match is: by words beside it, by a shape that little else has, by a checksum."""

_WORD = re.compile(r"[^\W\d_]+")
_BEFORE, _AFTER = 60, 16


@dataclass(frozen=True)
class Match:
    """Characters ``start`` to ``stop`` of a text are of a type."""

    type: str
    start: int
    stop: int
    strength: int


@dataclass(frozen=True)
class Window:
    """A stretch of a text in plain characters."""

    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        """All of them."""
        return words(self.text)

    def near(self, start: int, stop: int) -> frozenset[str]:
        """The words that stand close to a place, on both sides."""
        return words(self.text[max(0, start - _BEFORE) : start]) | words(self.text[stop : stop + _AFTER])


def begins(first: str, before: str) -> str:
    r"""The shape of a first character that none of some others stands before.

    The character leads: Python's search skips to it, where it would try what begins with a look behind at every place.

    >>> re.findall(begins(r"\d", r"[\w.]") + r"\d", "12 a34 .56")
    ['12']
    """
    return f"{first}(?<!{before}{first})"


def words(text: str) -> frozenset[str]:
    """The distinct words of a text in lower case.

    >>> sorted(words("My SSN, and my tax-id 12"))
    ['and', 'id', 'my', 'ssn', 'tax']
    """
    return frozenset(_WORD.findall(text.lower()))


def compact(text: str) -> str:
    """Letters, in upper case, and digits alone.

    >>> compact("gb82 WEST-12")
    'GB82WEST12'
    """
    return "".join(filter(str.isalnum, text)).upper()


@dataclass(frozen=True)
class Recogniser:
    """Finds one type in a window.

    Args:
        type: what it finds.
        kinds: bits of the windows that can hold it (`operators.kernels.pii_windows`).
        shape: a regular expression in linear time. The group ``value`` is the span where there is one; a match
            without it is only passed over.
        valid: whether a match is one, from its letters in upper case and its digits.
        context: words of which one must stand beside it; none where the shape is enough.
        strength: how sure a match is.
        as_it_stands: whether ``valid`` is given the match with its case and separators.
    """

    type: str
    kinds: int
    shape: re.Pattern[str]
    valid: Callable[[str], bool] | None = None
    context: frozenset[str] = frozenset()
    strength: int = PROVEN
    as_it_stands: bool = False

    def matches(self, window: Window) -> Iterator[Match]:
        """The matches in a window."""
        if self.context and self.context.isdisjoint(window.words):
            return
        group = "value" if "value" in self.shape.groupindex else 0
        for found in self.shape.finditer(window.text):
            start, stop = found.span(group)
            if start < 0:
                continue
            if self.valid is not None and not self.valid(found[group] if self.as_it_stands else compact(found[group])):
                continue
            if not self.context or not self.context.isdisjoint(window.near(start, stop)):
                yield Match(self.type, start, stop, self.strength)
