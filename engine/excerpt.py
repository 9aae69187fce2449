"""Stretches of a record's cells: what a report shows of one, and of two beside each other."""

import json
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from engine.masking import masked

SHOWN = 500
"""How many characters of a column a report shows."""
COMPARED = 20_000
"""How many characters of a column are looked at to find where two records differ."""
_LEAD = 150
_WORD = 60


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a text: ``text`` begins at character ``start``; the whole text has ``characters``."""

    text: str
    start: int
    characters: int

    @property
    def stop(self) -> int:
        """The character at which it ends."""
        return self.start + len(self.text)

    def __str__(self) -> str:
        """As much as is shown of one record.

        >>> str(Excerpt("x" * 600, 0, 600))[-20:]
        'xx… [600 characters]'
        """
        return self.text if self.characters <= SHOWN else f"{self.text[:SHOWN]}… [{self.characters:,} characters]"


def excerpt(cell: Any) -> Excerpt:
    """The beginning of a cell, as text, without what looks like a secret in it.

    >>> excerpt(b"\\x89PNG....").text, excerpt({"a": 1}).text, excerpt("x" * 30_000).stop
    ('8 bytes', '{"a": 1}', 20000)
    """
    if isinstance(cell, bytes):
        text = f"{len(cell):,} bytes"
    else:
        text = cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False, default=str)
    return Excerpt(masked(text, COMPARED), 0, len(text))


def beside(left: Excerpt, right: Excerpt) -> tuple[Excerpt, Excerpt]:
    """Two beginnings cut to what is shown of them: from the start, or around their first difference where that is later.

    >>> same = "word " * 300
    >>> left, right = beside(excerpt(same + "fox jumps"), excerpt(same + "wolf jumps"))
    >>> left.start, left.text[-13:], right.text[-14:]
    (1355, 'ord fox jumps', 'ord wolf jumps')
    """
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left.text, right.text, strict=False)))
    start = 0 if left.text == right.text else _start(left.text, common)
    return _cut(left, start), _cut(right, start)


def _start(text: str, difference: int) -> int:
    """Where the stretch begins: a little before the difference, after a space where there is one."""
    if difference <= SHOWN - _LEAD:
        return 0
    at = difference - _LEAD
    return max(text.find(" ", at, at + _WORD) + 1, at)


def _cut(whole: Excerpt, start: int) -> Excerpt:
    """The stretch from there, without the beginning of a word at its end."""
    text = whole.text[start : start + SHOWN]
    if start + SHOWN < len(whole.text):
        text = text[: text.rfind(" ", SHOWN - _WORD) + 1].rstrip() or text
    return Excerpt(text, start, whole.characters)
