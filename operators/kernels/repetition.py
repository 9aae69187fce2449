"""How much a text repeats its own lines, paragraphs and n-grams, in numba over Arrow buffers."""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.codepoints import decode
from operators.kernels.hash_set import add, room_for
from operators.kernels.hashing import murmur3
from operators.kernels.traits import SPACE, character_traits
from operators.kernels.words import WordSpans

_STEP = np.uint64(0x9FB21C651E98DF25)


class PartCounts(NamedTuple):
    """Per text: characters (code points), and of lines and of paragraphs how many, repeats, and characters in repeats."""

    characters: NDArray[np.int64]
    paragraphs: NDArray[np.int64]
    repeated_paragraphs: NDArray[np.int64]
    repeated_paragraph_characters: NDArray[np.int64]
    lines: NDArray[np.int64]
    repeated_lines: NDArray[np.int64]
    repeated_line_characters: NDArray[np.int64]


class GramCounts(NamedTuple):
    """Row ``n`` of each is about n-grams: characters of the commonest one, times its count, and characters in repeats."""

    top: NDArray[np.int64]
    repeated: NDArray[np.int64]


@nb.njit(nogil=True, cache=True)
def _length(data: Any, start: Any, stop: Any) -> Any:
    """Code points."""
    n = 0
    for at in range(start, stop):
        n += data[at] & 0xC0 != 0x80
    return n


@nb.njit(nogil=True, cache=True)
def _strip(data: Any, start: Any, stop: Any, traits: Any) -> Any:
    """What `str.strip` leaves."""
    while start < stop:
        code, size = decode(data, start, stop)
        if not traits[code] & SPACE:
            break
        start += size
    while stop > start:
        at = stop - 1
        while at > start and data[at] & 0xC0 == 0x80:
            at -= 1
        code, _ = decode(data, at, stop)
        if not traits[code] & SPACE:
            break
        stop = at
    return start, stop


@nb.njit(nogil=True, cache=True)
def _parts(data: Any, start: Any, stop: Any, feeds: Any, table: Any) -> Any:
    """Of the parts between runs of at least ``feeds`` line feeds: how many, repeats, and characters in repeats."""
    separators = 0
    for at in range(start, stop):
        separators += data[at] == 0x0A
    mask = room_for(separators + 1)
    table[: mask + 1] = 0
    parts = repeats = characters = 0
    begin = at = start
    while at <= stop:
        end = at
        while at < stop and data[at] == 0x0A:
            at += 1
        if end < stop and at - end < feeds:
            at = max(at, end + 1)
            continue
        parts += 1
        if not add(table, mask, murmur3(data, begin, end)[0]):
            repeats += 1
            characters += _length(data, begin, end)
        if end == stop:
            break
        begin = at
    return parts, repeats, characters


@nb.njit(nogil=True, cache=True)
def _count_parts(offsets: Any, data: Any, traits: Any, table: Any, out: Any) -> Any:
    for i in range(len(offsets) - 1):
        start, stop = offsets[i], offsets[i + 1]
        out[0, i] = _length(data, start, stop)
        first, last = _strip(data, start, stop, traits)
        out[1, i], out[2, i], out[3, i] = _parts(data, first, last, 2, table)
        out[4, i], out[5, i], out[6, i] = _parts(data, start, stop, 1, table)


def part_counts(texts: Strings) -> PartCounts:
    """Lines lie between runs of line feeds, paragraphs between runs of two or more in the stripped text.

    As in Gopher's rules as FineWeb has them, a text that begins or ends with line feeds has an empty line there.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> part_counts(strings(pa.array(["ab\\n\\nc\\nab\\n\\nab"]))).repeated_line_characters.tolist()
    [4]
    """
    out = np.zeros((7, len(texts.offsets) - 1), np.int64)
    longest = int(np.diff(texts.offsets).max(initial=0))
    _count_parts(texts.offsets, texts.data, character_traits(), np.zeros(room_for(longest + 1) + 1, np.uint64), out)
    return PartCounts(*out)


@nb.njit(nogil=True, cache=True)
def _gram_length(lengths: Any, at: Any, n: Any) -> Any:
    return lengths[at + n] - lengths[at]


@nb.njit(nogil=True, cache=True)
def _grams_of_size(n: Any, m: Any, keys: Any, alive: Any, slots: Any, table: Any, counts: Any) -> Any:
    """Count the n-grams among ``m`` words that can repeat; clear ``alive`` where one does not.

    An n-gram repeats only where the (n - 1)-grams at its place and the next do, which ``alive`` holds on entry: in most texts
    few are left to look up from n = 3 on. How many were looked up.
    """
    candidates = 0
    for at in range(m - n + 1):
        alive[at] = alive[at] and (n == 1 or alive[at + 1])
        candidates += alive[at]
    for at in range(max(0, m - n + 1), m):
        alive[at] = False
    if candidates == 0:
        return 0
    mask = room_for(candidates)
    table[: mask + 1] = 0
    counts[: mask + 1] = 0
    for at in range(m - n + 1):
        if alive[at]:
            key = keys[at]
            slot = np.int64(key >> np.uint64(32)) & mask
            while table[slot] != np.uint64(0) and table[slot] != key:
                slot = (slot + 1) & mask
            table[slot] = key
            counts[slot] += 1
            slots[at] = slot
    for at in range(m - n + 1):
        alive[at] = alive[at] and counts[slots[at]] > 1
    return candidates


@nb.njit(nogil=True, cache=True)
def _top(n: Any, m: Any, lengths: Any, alive: Any, slots: Any, counts: Any) -> Any:
    """Characters of the commonest n-gram with its spaces, times its count; among equals the first."""
    best, place = 1, 0
    for at in range(m - n + 1):
        if alive[at] and counts[slots[at]] > best:
            best, place = counts[slots[at]], at
    return (_gram_length(lengths, place, n) + n - 1) * best if m >= n else 0


@nb.njit(nogil=True, cache=True)
def _repeated(n: Any, m: Any, lengths: Any, alive: Any, slots: Any, counts: Any) -> Any:
    """Characters in n-grams seen before, read from left to right without overlap. Spends ``counts``: -1 means seen."""
    total = at = 0
    while at <= m - n:
        if alive[at] and counts[slots[at]] < 0:
            total += _gram_length(lengths, at, n)
            at += n
            continue
        if alive[at]:
            counts[slots[at]] = -1
        at += 1
    return total


@nb.njit(nogil=True, cache=True)
def _count_grams(
    offsets: Any, data: Any, words: Any, starts: Any, ends: Any, hashes: Any, longest: Any, top: Any, repeated: Any
) -> Any:
    size = room_for(longest) + 1
    table, counts = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    keys, slots = np.zeros(longest + 1, np.uint64), np.zeros(longest + 1, np.int32)
    alive, lengths = np.zeros(longest + 1, np.bool_), np.zeros(longest + 1, np.int64)
    for i in range(len(offsets) - 1):
        first, m = words[i], words[i + 1] - words[i]
        for at in range(m):
            alive[at] = True
            keys[at] = max(np.uint64(1), hashes[first + at])
            lengths[at + 1] = lengths[at] + ends[first + at] - starts[first + at]
            for byte in range(offsets[i] + starts[first + at], offsets[i] + ends[first + at]):
                lengths[at + 1] -= data[byte] & 0xC0 == 0x80
        for n in range(1, len(top)):
            if n > 1:
                for at in range(m - n + 1):
                    if alive[at] and alive[at + 1]:
                        key = (keys[at] ^ (keys[at] >> np.uint64(29))) * _STEP + hashes[first + at + n - 1]
                        keys[at] = max(np.uint64(1), key)
            if _grams_of_size(n, m, keys, alive, slots, table, counts) == 0:
                alive[:m] = False
            top[n, i] = _top(n, m, lengths, alive, slots, counts)
            repeated[n, i] = _repeated(n, m, lengths, alive, slots, counts)


def gram_counts(texts: Strings, words: WordSpans, longest_gram: int) -> GramCounts:
    """Repeats of n-grams of words, for every n up to ``longest_gram``.

    Equal n-grams are equal sequences of words, by 64-bit hashes. Joining the words into one string instead, as FineWeb's
    code does, makes ``1 23`` and ``12 3`` the same.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> from operators.kernels.words import split_words
    >>> texts = strings(pa.array(["to be or not to be"]))
    >>> counts = gram_counts(texts, split_words(texts), 2)
    >>> counts.top[:, 0].tolist(), counts.repeated[:, 0].tolist()
    ([0, 4, 10], [0, 4, 4])
    """
    shape = (longest_gram + 1, len(texts.offsets) - 1)
    counts = GramCounts(np.zeros(shape, np.int64), np.zeros(shape, np.int64))
    longest = int(np.diff(words.offsets).max(initial=0))
    _count_grams(texts.offsets, texts.data, words.offsets, words.starts, words.ends, words.hashes, longest, *counts)
    return counts
