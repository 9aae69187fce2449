"""What Gopher's quality rules look at, in numba over Arrow buffers."""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.codepoints import decode
from operators.kernels.hashing import murmur3
from operators.kernels.traits import ALPHABETIC, LINE_BREAK, PUNCTUATION, SPACE, character_traits
from operators.kernels.words import WordSpans

_BULLET, _ELLIPSIS = 0x2022, 0x2026


class GopherCounts(NamedTuple):
    """Counts per text; words and their lengths in code points."""

    words: NDArray[np.int64]
    plain_words: NDArray[np.int64]
    """Words with a character that is not punctuation."""
    plain_characters: NDArray[np.int64]
    """Characters in those."""
    alphabetic_words: NDArray[np.int64]
    stop_words: NDArray[np.int64]
    """Different stop words that occur."""
    hashes: NDArray[np.int64]
    ellipses: NDArray[np.int64]
    lines: NDArray[np.int64]
    bullet_lines: NDArray[np.int64]
    ellipsis_lines: NDArray[np.int64]


@nb.njit(nogil=True, cache=True)
def _count_words(
    offsets: Any, data: Any, traits: Any, words: Any, starts: Any, ends: Any, hashes: Any, stops: Any, out: Any
) -> Any:
    last_seen = np.full(len(stops), -1, np.int64)
    sieve = np.uint64(0)  # by six bits of the hash: most words are no stop word
    for stop_word in stops:
        sieve |= np.uint64(1) << (stop_word & np.uint64(63))
    for i in range(len(offsets) - 1):
        plain = characters = alphabetic = distinct = 0
        for word in range(words[i], words[i + 1]):
            at, stop = offsets[i] + starts[word], offsets[i] + ends[word]
            length, all_bits, any_bits = 0, 255, 0
            while at < stop:
                code, size = decode(data, at, stop)
                all_bits &= traits[code]
                any_bits |= traits[code]
                at += size
                length += 1
            if not all_bits & PUNCTUATION:
                plain += 1
                characters += length
            if any_bits & ALPHABETIC:
                alphabetic += 1
            if not sieve >> (hashes[word] & np.uint64(63)) & np.uint64(1):
                continue
            for k in range(len(stops)):
                if hashes[word] == stops[k] and last_seen[k] != i:
                    last_seen[k] = i
                    distinct += 1
        out[0, i], out[1, i], out[2, i] = words[i + 1] - words[i], plain, characters
        out[3, i], out[4, i] = alphabetic, distinct


@nb.njit(nogil=True, cache=True)
def _count_lines(offsets: Any, data: Any, traits: Any, out: Any) -> Any:
    for i in range(len(offsets) - 1):
        at, stop = offsets[i], offsets[i + 1]
        hashes = ellipses = lines = bullets = trailing = 0
        dots = end_dots = 0  # the run of full stops so far, and as it was at the last character that is no space
        first, last = np.int64(0), np.int64(0)
        while at < stop:
            code, size = decode(data, at, stop)
            at += size
            trait = traits[code]
            if code == 0x2E:
                dots += 1
            else:
                ellipses += dots // 3 + (code == _ELLIPSIS)
                dots = 0
                hashes += code == 0x23
            if not trait & SPACE:
                first = code if first == 0 else first
                last, end_dots = code, dots
                if at < stop:
                    continue
            elif not trait & LINE_BREAK:
                if at < stop:
                    continue
            elif code == 0x0D and at < stop and data[at] == 0x0A:
                at += 1
            lines += 1
            bullets += first == _BULLET or first == 0x2D
            trailing += last == _ELLIPSIS or end_dots >= 3
            first, last, end_dots = np.int64(0), np.int64(0), 0
        ellipses += dots // 3
        out[5, i], out[6, i], out[7, i], out[8, i], out[9, i] = hashes, ellipses, lines, bullets, trailing


def word_hash(word: str) -> np.uint64:
    """The hash that the column ``words`` has for a word."""
    data = np.frombuffer(word.encode(), np.uint8)
    return np.uint64(murmur3(data, 0, len(data))[0])


def gopher_counts(texts: Strings, words: WordSpans, stop_words: tuple[str, ...]) -> GopherCounts:
    """Count what the rules need.

    Lines are those of `str.splitlines`. ``...`` and ``…`` are ellipses; six full stops are two.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> from operators.kernels.words import split_words
    >>> texts = strings(pa.array(["- the end ...\\n#1 to the 3rd"]))
    >>> gopher_counts(texts, split_words(texts), ("the", "to", "and")).bullet_lines.tolist()
    [1]
    """
    out, traits = np.zeros((10, len(texts.offsets) - 1), np.int64), character_traits()
    stops = np.array(sorted({word_hash(word) for word in stop_words}), np.uint64)
    _count_words(texts.offsets, texts.data, traits, words.offsets, words.starts, words.ends, words.hashes, stops, out)
    _count_lines(texts.offsets, texts.data, traits, out)
    return GopherCounts(*out)
