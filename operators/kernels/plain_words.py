"""The words of texts in lower case and without punctuation, as decontamination compares them; in numba over UTF-8 buffers."""

import unicodedata
from functools import cache
from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.codepoints import CODE_POINTS, MARK, SPACE, UNSPACED, character_kinds, decode, every_character
from operators.kernels.hashing import C1, mix, word_at

_REMOVED, _SPACE, _ALONE, _MARK = 1 << 28, 1 << 27, 1 << 26, 1 << 25
_CODE = _MARK - 1
_REMOVED_CATEGORIES = "PSC"
_LINE_BREAK = 0x0A
_SLACK = 16


class PlainWords(NamedTuple):
    """The words of ``n`` texts: those of text ``i`` are ``offsets[i]`` to ``offsets[i + 1]``.

    Word ``w`` is ``data[starts[w]:ends[w]]``; one byte, a space, is between two words of a text, so that equal bytes are equal
    words. ``fresh[w]``: whether it is the first of its line.
    """

    offsets: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    fresh: NDArray[np.bool_]
    data: NDArray[np.uint8]


@cache
def _character_table() -> NDArray[np.int32]:
    """What becomes of every code point: itself in lower case, with flags, or nothing, or a space. Built in 0.5 s."""
    characters, kinds = every_character(), character_kinds()
    table = np.strings.lower(characters).view(np.uint32).astype(np.int32)
    removed = [unicodedata.category(chr(code))[0] in _REMOVED_CATEGORIES for code in range(CODE_POINTS)]
    table[kinds == MARK] |= _MARK
    table[kinds == UNSPACED] |= _ALONE
    table[np.array(removed)] = _REMOVED
    table[kinds == SPACE] = _SPACE
    return table


@cache
def _ascii_table() -> NDArray[np.uint8]:
    """The same for bytes below 0x80: 0 for nothing, and line breaks apart from other spaces."""
    table = _character_table()[:0x80]
    small: NDArray[np.uint8] = np.select([table == _REMOVED, table == _SPACE], [0, 0x20], table).astype(np.uint8)
    small[[0x0A, 0x0D]] = _LINE_BREAK
    return small


@nb.njit(inline="always")
def _word_hash(out: Any, begin: Any, end: Any) -> Any:
    """Of the bytes, eight at a time; up to seven beyond the end are read and do not matter."""
    hashed, at = np.uint64(end - begin), begin
    while end - at > 8:
        hashed = mix(hashed ^ word_at(out, at) * C1)
        at += 8
    kept = np.uint64(0xFFFFFFFFFFFFFFFF) >> (np.uint64(64) - (np.uint64(end - at) << np.uint64(3)))
    return mix(hashed ^ (word_at(out, at) & kept) * C1)


@nb.njit(inline="always")
def _encode(out: Any, end: Any, code: Any) -> Any:
    """Write a code point as UTF-8; where the next one goes."""
    if code >= 0x10000:
        out[end], out[end + 1] = 0xF0 | code >> 18, 0x80 | code >> 12 & 0x3F
        out[end + 2], out[end + 3] = 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F
        return end + 4
    if code >= 0x800:
        out[end], out[end + 1], out[end + 2] = 0xE0 | code >> 12, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F
        return end + 3
    if code >= 0x80:
        out[end], out[end + 1] = 0xC0 | code >> 6, 0x80 | code & 0x3F
        return end + 2
    out[end] = code
    return end + 1


@nb.njit(nogil=True, cache=True)
def _plain(
    offsets: Any, data: Any, lower: Any, table: Any, bounds: Any, hashes: Any, starts: Any, ends: Any, fresh: Any, out: Any
) -> Any:
    """Fill what is given and return how many words and bytes there are. One flat loop, as in `operators.kernels.words`.

    ``begin`` is where the word at hand begins in ``out``: there is one where ``end`` is beyond. ``alone``: that is a character
    of an unspaced script, which only marks may follow.
    """
    n, end = 0, 0
    for i in range(len(offsets) - 1):
        at, stop = offsets[i], offsets[i + 1]
        begin, line, alone = end, True, False
        while at <= stop:
            byte = data[at] if at < stop else np.uint8(0x20)  # a space ends the last word
            code = np.int64(0)
            if byte < 0x80 and not alone:
                small = lower[byte]
                out[end] = small
                end += small > 0x20
                at += 1
                if small > 0x20 or small == 0:
                    continue
            else:
                code, width = decode(data, at, stop) if at < stop else (np.int64(0x20), np.int64(1))
                code = np.int64(table[code])
                at += width
                if code == _REMOVED:
                    continue
            if code == 0 or code == _SPACE or code & _ALONE or (alone and not code & _MARK):
                if end > begin:
                    hashes[n], starts[n], ends[n], fresh[n] = _word_hash(out, begin, end), begin, end, line
                    out[end] = 0x20
                    end += 1
                    n += 1
                    line = False
                begin, alone = end, code & _ALONE != 0
                if byte < 0x20 and lower[byte] == _LINE_BREAK:
                    line = True
            if code != 0 and code != _SPACE:
                end = _encode(out, end, code & _CODE)
        bounds[i + 1] = n
    return n, end


def plain_words(texts: Strings) -> PlainWords:
    """The words of each text: lower case, without punctuation, symbols and control characters, cut at white space.

    What is taken out leaves no gap ("don't" is "dont", "x=1" is "x1"), as in the appendix of GPT-3 and in the janitor of
    lm-evaluation-harness, whose words these are for ASCII text. Beyond ASCII, all that Unicode calls punctuation, symbol,
    control or format character is taken out (a zero-width space hides nothing, and an arrow is as little a word as "->", which
    the janitor sees otherwise), and every character of a script written without spaces is a word. A letter becomes lower
    case by itself, without regard to its neighbours.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> words = plain_words(strings(pa.array(["Don't  PANIC - x=1\\n日本", ""])))
    >>> bytes(words.data).decode(), words.offsets.tolist(), words.fresh.tolist()
    ('dont panic x1 日 本 ', [0, 5, 5], [True, False, False, True, False])
    """
    n = len(texts.offsets) - 1
    size = int(texts.offsets[-1] - texts.offsets[0])
    most = size // 2 + n + 1  # a word has a space after it, or is a character of an unspaced script: three bytes
    bounds, hashes = np.zeros(n + 1, np.int64), np.empty(most, np.uint64)
    starts, ends, fresh = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.bool_)
    out = np.empty(2 * size + n + _SLACK, np.uint8)  # at worst five bytes become eight: a letter that grows, an unspaced one
    tables = _ascii_table(), _character_table()
    words, end = _plain(texts.offsets, texts.data, *tables, bounds, hashes, starts, ends, fresh, out)
    return PlainWords(bounds, hashes[:words], starts[:words], ends[:words], fresh[:words], out[:end])
