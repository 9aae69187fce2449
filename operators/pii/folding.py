"""Characters that stand for plain ones: digits of other scripts, full-width forms, dashes and spaces of every kind."""

import re
import sys
import unicodedata
from functools import cache

JOINERS = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
"""Characters of no width, which hide a number from a search and not from a reader."""

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"
_GONE = dict.fromkeys(map(ord, JOINERS))


@cache
def _plain() -> dict[int, str]:
    """One character for one."""
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(map(ord, _DASHES), "-")
    for code in range(0x80, sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        if category == "Nd":
            table[code] = str(unicodedata.decimal(chr(code)))
        elif category == "Zs":
            table[code] = " "
    return table


@cache
def _odd() -> re.Pattern[str]:
    """Any character that is folded: most texts that are not ASCII have none, and translating them all is slow."""
    return re.compile(f"[{''.join(map(re.escape, (*map(chr, _plain()), *JOINERS)))}]")


def folded(text: str) -> tuple[str, list[int] | None]:
    """The text in plain characters, and where each of them stood: None where the places are the same.

    >>> folded("４１\u2013１"), folded("4\u200b1")
    (('41-1', None), ('41', [0, 2]))
    """
    if text.isascii() or not _odd().search(text):
        return text, None
    text = text.translate(_plain())
    short = text.translate(_GONE)
    return short, None if len(short) == len(text) else [at for at, character in enumerate(text) if character not in JOINERS]
