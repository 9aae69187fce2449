"""Hashes of a text's tokens, a block at a time, in numba over UTF-8 buffers.

A word is a longest run of characters between separators: code points for which `str.isspace` is true, and bytes up to 0x20.
Each character of a script written without spaces is a word of its own. Without such scripts and without control characters
the words are ``text.split()``. What is not UTF-8 is U+FFFD a byte where characters are told apart, and itself where bytes
are hashed.

The hash of a word is ``h = C2``, then ``h = (h ^ chunk) * C1; h ^= h >> 32`` for every eight bytes, little-endian, the last
padded with zeros, then ``mix(h ^ length)``; that of a character is ``mix(code + C2)``. All of it modulo 2**64.
"""

from typing import Any

import numba as nb
import numpy as np
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from operators.kernels.codepoints import CODE_POINTS, decode
from operators.kernels.hashing import C1, C2, mix, word_at

INSIDE, SEPARATOR, ALONE = range(3)
"""What a character is to words: inside of one, between two, or one by itself."""

_UNSPACED = (
    "e01-e30 e32-e33 e40-e46 e81-e82 e84 e86-e8a e8c-ea3 ea5 ea7-eb0 eb2-eb3 ebd ec0-ec4 ec6 edc-edf 1000-102a 103f 1050-1055 "
    "105a-105d 1061 1065-1066 106e-1070 1075-1081 108e 1780-17b3 17d7 17dc 17f0-17f9 3005-3007 3021-3029 3031-3035 3038-303c "
    "3041-3096 309d-309f 30a1-30fa 30fc-30ff 31f0-31ff 3400-4dbf 4e00-9fff a9e0-a9e4 a9e6-a9ef a9fa-a9fe aa60-aa76 aa7a "
    "aa7e-aa7f f900-fa6d fa70-fad9 ff66-ff9f 16fe3 1aff0-1aff3 1aff5-1affb 1affd-1affe 1b000-1b122 1b150-1b152 1b164-1b167 "
    "20000-2a6df 2a700-2b738 2b740-2b81d 2b820-2cea1 2ceb0-2ebe0 2f800-2fa1d 30000-3134a"
)
"""The kind UNSPACED of `operators.kernels.codepoints` as of Unicode 14. Written out, because kept signatures have to mean the
same under a Python that knows of more characters."""

_SEPARATORS = "0-20 85 a0 1680 2000-200a 2028-2029 202f 205f 3000"
"""What `str.isspace` says, and the other control characters up to the space."""

_ONES = 0x0101010101010101
_HIGH, _ABOVE_SPACE = np.uint64(0x80 * _ONES), np.uint64(0x21 * _ONES)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


def token_kinds() -> NDArray[np.uint8]:
    """What every code point is to words. The same under every version of Python.

    >>> [int(token_kinds()[ord(c)]) for c in "a, 語"] == [INSIDE, INSIDE, SEPARATOR, ALONE]
    True
    """
    kinds = np.full(CODE_POINTS, INSIDE, np.uint8)
    for ranges, kind in ((_SEPARATORS, SEPARATOR), (_UNSPACED, ALONE)):
        for entry in ranges.split():
            ends = [int(end, 16) for end in entry.split("-")]
            kinds[ends[0] : ends[-1] + 1] = kind
    return kinds


@intrinsic
def _trailing_zeros(_context: Any, word: Any) -> Any:
    """How many of a uint64's lowest bits are zero: one instruction."""

    def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], context.get_constant(types.boolean, False))

    return types.int64(word), build


@nb.njit(inline="always")
def _absorb(h: Any, chunk: Any) -> Any:
    h = (h ^ chunk) * C1
    return h ^ (h >> np.uint64(32))


@nb.njit(inline="always")
def _last_bytes(data: Any, at: Any, stop: Any) -> Any:
    """Up to eight bytes from ``at``, padded with zeros, read where a load of eight could leave the buffer."""
    chunk = np.uint64(0)
    for i in range(min(stop, at + 8) - 1, at - 1, -1):
        chunk = chunk << np.uint64(8) | np.uint64(data[i])
    return chunk


@nb.njit(nogil=True, cache=True)
def hash_words(data: Any, at: Any, stop: Any, kinds: Any, hashes: Any, count: Any) -> Any:
    """Fill ``hashes[count:]`` with the words of ``data[at:stop]``; where to go on, and how many hashes there are then.

    One flat loop. Eight bytes are looked at together: a flag is raised over every byte up to 0x20 or from 0x80 (a borrow may
    raise others above the first, which alone is read). A word of ASCII is hashed as it is found, any other is read again a
    character at a time.
    """
    last_load = len(data) - 8
    while at < stop and count < len(hashes):
        start, h, size = at, C2, np.int64(8)
        chunk = np.uint64(0)
        while at <= last_load:
            chunk = word_at(data, at)
            flags = ((chunk - _ABOVE_SPACE) | chunk) & _HIGH
            size = min(_trailing_zeros(flags) >> 3, stop - at)
            if size < 8:
                break
            h = _absorb(h, chunk)
            at += 8
        end = at + size
        if size < 8 and (end == stop or data[end] < 0x80):
            if size > 0:
                h = _absorb(h, chunk & (_ALL >> np.uint64(64 - (size << 3))))
            if end > start:
                hashes[count] = mix(h ^ np.uint64(end - start))
                count += 1
            at = end + 1
            continue
        at, kind = start, INSIDE
        while at < stop:
            code, width = decode(data, at, stop)
            kind = kinds[code]
            if kind != INSIDE:
                break
            at += width
        if at == start:
            at += width
            if kind != ALONE:
                continue
        h = C2
        for chunk_at in range(start, at, 8):
            h = _absorb(h, _last_bytes(data, chunk_at, at))
        hashes[count] = mix(h ^ np.uint64(at - start))
        count += 1
    return min(at, stop), count


@nb.njit(nogil=True, cache=True)
def hash_characters(data: Any, at: Any, start: Any, stop: Any, kinds: Any, hashes: Any, count: Any) -> Any:
    """`hash_words` for the characters of ``data[start:stop]`` from ``at``, a run of separators inside of the text as one
    space, none at its ends."""
    first = count
    while at < stop and count < len(hashes):
        code, width = decode(data, at, stop)
        leading = at == start
        at += width
        if kinds[code] == SEPARATOR:
            while at < stop:
                code, width = decode(data, at, stop)
                if kinds[code] != SEPARATOR:
                    break
                at += width
            if leading or at == stop:
                continue
            code = np.int64(0x20)
        hashes[count] = np.uint64(code)
        count += 1
    for i in range(first, count):
        hashes[i] = mix(hashes[i] + C2)
    return at, count


@nb.njit(nogil=True, cache=True)
def find_words(data: Any, at: Any, stop: Any, kinds: Any, starts: Any, ends: Any, count: Any) -> Any:
    """`hash_words` for where the words start and end in ``data``, a character at a time."""
    while at < stop and count < len(starts):
        start, kind = at, INSIDE
        while at < stop:
            code, width = decode(data, at, stop)
            kind = kinds[code]
            if kind != INSIDE:
                break
            at += width
        if at == start:
            at += width
            if kind != ALONE:
                continue
        starts[count], ends[count] = start, at
        count += 1
    return at, count
