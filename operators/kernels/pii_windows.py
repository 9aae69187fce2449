"""Where personal data could stand in texts: one pass over UTF-8 buffers that leaves almost all of an ordinary text out."""

from functools import cache
from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.codepoints import LETTER, character_kinds, decode, every_character

NUMBER, ADDRESS, NETWORK, WORD, HOUSE = 1, 2, 4, 8, 16
"""Bits of a window's kinds: six digits or more close together, an ``@`` in a word, colons or hyphens among hexadecimal digits,
a long word with a digit, a short number, no year, before a capital letter or another number."""

_DIGIT, _HEX, _ALNUM, _BREAK, _COLON, _HYPHEN, _IGNORED, _AT = 1, 2, 4, 8, 16, 32, 64, 128
_GAP = 3
_LEAST_DIGITS, _LEAST_HEX, _LEAST_WORD = 6, 4, 26
_MOST_WORD = 128  # letters and digits without a gap: nothing that is looked for is longer than 74, or begins or ends in a word
_COLONS, _HYPHENS = 3, 5
_BEFORE, _AFTER, _LOCAL, _DOMAIN, _STREET = 64, 32, 70, 260, 120
_HOUSE_NUMBER = 6
_JOINERS = (0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)
_FULL_WIDTH_AT = 0xFF20


class Windows(NamedTuple):
    """Stretches of the buffer, in order, which do not overlap: ``data[starts[i]:stops[i]]`` of text ``rows[i]``."""

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    kinds: NDArray[np.int64]


@cache
def _classes() -> NDArray[np.uint8]:
    """What each code point is to the scan."""
    characters, classes = every_character(), (character_kinds() >= LETTER).astype(np.uint8) * np.uint8(_ALNUM)
    classes[np.strings.isdecimal(characters)] |= _DIGIT
    for character in "0123456789abcdefABCDEF":
        classes[ord(character)] |= _HEX
    classes[[ord(","), ord("\n"), ord("\r")]] |= _BREAK
    classes[ord(":")] |= _COLON
    classes[ord("-")] |= _HYPHEN
    classes[list(_JOINERS)] = _IGNORED
    classes[[ord("@"), _FULL_WIDTH_AT]] |= _AT
    return classes


@cache
def _dull() -> NDArray[np.bool_]:
    """Per byte whether nothing begins with it."""
    dull = np.zeros(256, np.bool_)
    dull[:0x80] = _classes()[:0x80] & (_DIGIT | _COLON | _HYPHEN | _AT) == 0
    return dull


@nb.njit(nogil=True, cache=True)
def _noted(found: Any, n: Any, row: Any, start: Any, stop: Any, kind: Any) -> Any:
    """The windows with one more, joined with those that it touches."""
    while n and found[n - 1, 0] == row and start <= found[n - 1, 2]:
        n -= 1
        start, stop, kind = min(start, found[n, 1]), max(stop, found[n, 2]), kind | found[n, 3]
    if n == len(found):
        grown = np.empty((2 * n, 4), np.int64)
        for at in range(n):  # a slice that is assigned takes numba six seconds to compile
            for column in range(4):
                grown[at, column] = found[at, column]
        found = grown
    found[n, 0], found[n, 1], found[n, 2], found[n, 3] = row, start, stop, kind
    return found, n + 1


@nb.njit(nogil=True, cache=True)
def _around(data: Any, first: Any, last: Any, start: Any, stop: Any, before: Any, after: Any) -> Any:
    """A stretch with its margins, cut between characters of the text ``first`` to ``last``."""
    start, stop = max(first, start - before), min(last, stop + after)
    while start > first and data[start] & 0xC0 == 0x80:
        start -= 1
    while stop < last and data[stop] & 0xC0 == 0x80:
        stop += 1
    return start, stop


@nb.njit(nogil=True, cache=True)
def _stir(data: Any, at: Any, last: Any, dull: Any) -> Any:
    """The next byte that could begin something: a digit, ``@``, ``:``, ``-`` or what is not ASCII."""
    while at < last and dull[data[at]]:
        at += 1
    return at


@nb.njit(nogil=True, cache=True)
def _run(data: Any, first: Any, last: Any, at: Any, classes: Any, kind: Any) -> Any:
    """The ASCII characters of some classes around a place."""
    start, stop = at, at
    while start > first and data[start - 1] < 0x80 and classes[data[start - 1]] & kind:
        start -= 1
    while stop < last and data[stop] < 0x80 and classes[data[stop]] & kind:
        stop += 1
    return start, stop


@nb.njit(nogil=True, cache=True)
def _is_network(data: Any, start: Any, stop: Any, classes: Any) -> Any:
    """Whether hexadecimal digits, colons and hyphens could be an address of a network or a device."""
    digits, colons, hyphens, double = 0, 0, 0, False
    for at in range(start, stop):
        kind = classes[data[at]]
        digits += kind & _HEX != 0
        hyphens += kind & _HYPHEN != 0
        colons += kind & _COLON != 0
        double |= at > start and data[at] == 0x3A and data[at - 1] == 0x3A
    return digits >= _LEAST_HEX and (double or colons >= _COLONS or hyphens >= _HYPHENS)


@nb.njit(nogil=True, cache=True)
def _is_year(data: Any, start: Any, stop: Any) -> Any:
    """Whether a word is 18.., 19.. or 20..: houses of that number are far fewer than years."""
    century = (data[start] == 0x31 and data[start + 1] >= 0x38) or (data[start] == 0x32 and data[start + 1] == 0x30)
    return stop - start == 4 and century


@nb.njit(nogil=True, cache=True)
def _precedes_a_name(data: Any, at: Any, last: Any) -> Any:
    """Whether a space follows, and then a capital letter, a digit, or what is not ASCII."""
    at += at < last and data[at] == 0x2C
    if at + 1 >= last or data[at] != 0x20:
        return False
    letter = data[at + 1]
    return 0x30 <= letter <= 0x39 or 0x41 <= letter <= 0x5A or letter >= 0x80


@nb.njit(nogil=True, cache=True)
def _joins(data: Any, at: Any, stop: Any, classes: Any) -> Any:
    """Whether digits on both sides of a gap are close enough to be of one number."""
    gap = 0
    while at < stop:
        code, size = decode(data, at, stop)
        at += size
        if classes[code] & _BREAK:
            return False
        gap += classes[code] & _IGNORED == 0
        if gap > _GAP:
            return False
    return True


@nb.njit(nogil=True, cache=True)
def _unbroken(data: Any, first: Any, last: Any, at: Any) -> Any:
    """The word around an ``@``, without white space, up to what an address can have."""
    start, stop = at, at
    while start > first and at - start < _LOCAL and data[start - 1] > 0x20:
        start -= 1
    while stop < last and stop - at < _DOMAIN and data[stop] > 0x20:
        stop += 1
    return start, stop


@nb.njit(nogil=True, cache=True)
def _text(found: Any, n: Any, row: Any, data: Any, first: Any, last: Any, classes: Any, dull: Any) -> Any:
    """The windows of one text."""
    digits, run, end = 0, first, first
    words, hexes = first, first
    at = _stir(data, first, last, dull)
    while at < last:
        code, size = decode(data, at, last)
        kind = classes[code]
        if kind & _DIGIT:
            if at >= words:
                start, words = _run(data, first, last, at, classes, _ALNUM)
                if words - start > _MOST_WORD:
                    digits, at = 0, _stir(data, words, last, dull)
                    continue
                if words - start >= _LEAST_WORD:
                    found, n = _noted(found, n, row, *_around(data, first, last, start, words, 4, 4), WORD)
                elif (
                    words - start <= _HOUSE_NUMBER and not _is_year(data, start, words) and _precedes_a_name(data, words, last)
                ):
                    found, n = _noted(found, n, row, *_around(data, first, last, start, words, 4, _STREET), HOUSE)
            if digits == 0 or not _joins(data, end, at, classes):
                digits, run = 0, at
            digits, end = digits + 1, at + size
            if digits >= _LEAST_DIGITS:
                start, stop = _around(data, first, last, run, end, _BEFORE, _AFTER)
                found, n = _noted(found, n, row, start, stop, NUMBER)
        elif kind & (_COLON | _HYPHEN) and at >= hexes:
            start, hexes = _run(data, first, last, at, classes, _HEX | _COLON | _HYPHEN)
            if _is_network(data, start, hexes, classes):
                found, n = _noted(found, n, row, *_around(data, first, last, start, hexes, 8, 24), NETWORK)
        elif kind & _AT and at > first and at + size < last and data[at - 1] > 0x20 and data[at + size] > 0x2F:
            start, stop = _unbroken(data, first, last, at)
            found, n = _noted(found, n, row, *_around(data, first, last, start, stop, 0, 0), ADDRESS)
        at = _stir(data, at + size, last, dull)
    return found, n


@nb.njit(nogil=True, cache=True)
def _scan(offsets: Any, data: Any, classes: Any, dull: Any) -> Any:
    found, n = np.empty((1024, 4), np.int64), 0
    for row in range(len(offsets) - 1):
        found, n = _text(found, n, row, data, offsets[row], offsets[row + 1], classes, dull)
    return found[:n]


def windows(texts: Strings) -> Windows:
    """The windows of some texts that are worth a closer look, with what stands around them.

    Digits belong together over gaps of at most three characters that are no comma and no line's end; digits of every script
    count, and characters of no width do not. Linear in the bytes; no byte is in two windows.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> found = windows(strings(pa.array(["in 1998 twelve men", "call 555-123-4567", "a@b.com", "fe80::abcd"])))
    >>> found.rows.tolist(), found.kinds.tolist()
    ([1, 2, 3], [1, 2, 4])
    """
    found = _scan(texts.offsets, texts.data, _classes(), _dull())
    return Windows(*np.ascontiguousarray(found.T))
