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
    separators = 0  # at most so many
    for at in range(start + feeds - 1, stop):
        separators += data[at] == 0x0A and data[at - feeds + 1] == 0x0A
    if separators == 0:
        return 1, 0, 0
    mask = room_for(separators + 1)
    table[: mask + 1] = 0
    parts = repeats = characters = 0
    begin = at = start
    while True:
        while at < stop and data[at] != 0x0A:
            at += 1
        end = at
        while at < stop and data[at] == 0x0A:
            at += 1
        if end < stop and at - end < feeds:
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
def _longer(key: Any, word: Any) -> Any:
    """The key of an n-gram and one more word. Never 0, which marks a free slot."""
    return max(np.uint64(1), (key ^ (key >> np.uint64(29))) * _STEP + word)


@nb.njit(nogil=True, cache=True)
def _prefix_lengths(data: Any, first: Any, last: Any, starts: Any, ends: Any, out: Any) -> Any:
    """``out[k]``: code points in the first ``k`` words of the text ``data[first:last]``."""
    plain = _length(data, first, last) == last - first
    for at in range(len(starts)):
        if plain:
            out[at + 1] = out[at] + ends[at] - starts[at]
        else:
            out[at + 1] = out[at] + _length(data, first + starts[at], first + ends[at])


@nb.njit(nogil=True, cache=True)
def _first_candidates(n: Any, words: Any, places: Any, keys: Any) -> Any:
    """Every n-gram's place and key, to begin with; how many."""
    for at in range(len(words) - n + 1):
        key = max(np.uint64(1), words[at])
        for k in range(at + 1, at + n):
            key = _longer(key, words[k])
        keys[at], places[at] = key, at
    return max(0, len(words) - n + 1)


@nb.njit(nogil=True, cache=True)
def _candidates(n: Any, words: Any, places: Any, m: Any, levels: Any, keys: Any) -> Any:
    """Leave in ``places[:m]`` those where an n-gram may repeat, and give each its key; how many are left.

    An n-gram repeats only where the (n - 1)-grams at its place and the next do: in most texts few are left from n = 3 on.
    """
    left = 0
    for k in range(m):
        at = places[k]
        if at + n <= len(words) and levels[at + 1] == n - 1:
            keys[at] = _longer(keys[at], words[at + n - 1])
            places[left] = at
            left += 1
    return left


@nb.njit(nogil=True, cache=True)
def _repeating(n: Any, places: Any, m: Any, levels: Any, keys: Any, slots: Any, table: Any, counts: Any) -> Any:
    """Count the n-grams at ``places[:m]`` and leave those that repeat; how many. It probes as `hash_set.add` does."""
    mask = room_for(m)
    table[: mask + 1] = 0
    counts[: mask + 1] = 0
    for k in range(m):
        key = keys[places[k]]
        slot = np.int64(key >> np.uint64(32)) & mask
        while table[slot] != np.uint64(0) and table[slot] != key:
            slot = (slot + 1) & mask
        table[slot] = key
        counts[slot] += 1
        slots[places[k]] = slot
    left = 0
    for k in range(m):
        at = places[k]
        if counts[slots[at]] > 1:
            places[left], levels[at] = at, n
            left += 1
    return left


@nb.njit(nogil=True, cache=True)
def _top(n: Any, places: Any, m: Any, slots: Any, counts: Any, lengths: Any, words: Any) -> Any:
    """Characters of the commonest n-gram with its spaces, times its count; among equals the first."""
    best, place = 1, 0
    for k in range(m):
        if counts[slots[places[k]]] > best:
            best, place = counts[slots[places[k]]], places[k]
    return (lengths[place + n] - lengths[place] + n - 1) * best if words >= n else 0


@nb.njit(nogil=True, cache=True)
def _repeated(n: Any, places: Any, m: Any, slots: Any, counts: Any, lengths: Any) -> Any:
    """Characters in n-grams seen before, read from left to right without overlap. Spends ``counts``: -1 means seen."""
    total = free = 0
    for k in range(m):
        at = places[k]
        if at < free:
            continue
        if counts[slots[at]] < 0:
            total += lengths[at + n] - lengths[at]
            free = at + n
        counts[slots[at]] = -1
    return total


@nb.njit(nogil=True, cache=True)
def _count_grams(
    offsets: Any, data: Any, bounds: Any, hashes: Any, starts: Any, ends: Any, shortest: Any, most: Any, out: Any
) -> Any:
    size = room_for(most) + 1
    table, counts = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    keys, lengths = np.zeros(most + 1, np.uint64), np.zeros(most + 1, np.int64)
    places, slots = np.zeros(most + 1, np.int32), np.zeros(most + 1, np.int32)
    levels = np.zeros(most + 1, np.int32)
    for i in range(len(offsets) - 1):
        first, last = bounds[i], bounds[i + 1]
        words = hashes[first:last]
        _prefix_lengths(data, offsets[i], offsets[i + 1], starts[first:last], ends[first:last], lengths)
        levels[: len(words)] = 0
        m = _first_candidates(shortest, words, places, keys)
        for n in range(shortest, out.shape[1]):
            if n > shortest:
                m = _candidates(n, words, places, m, levels, keys)
            m = _repeating(n, places, m, levels, keys, slots, table, counts)
            out[0, n, i] = _top(n, places, m, slots, counts, lengths, len(words))
            out[1, n, i] = _repeated(n, places, m, slots, counts, lengths)


def gram_counts(texts: Strings, words: WordSpans, shortest: int, longest: int) -> GramCounts:
    """Repeats of n-grams of words, for every n from ``shortest`` (at least 1) to ``longest``; rows below are 0.

    Equal n-grams are equal sequences of words, by 64-bit hashes. Joining the words into one string instead, as FineWeb's
    code does, makes ``1 23`` and ``12 3`` the same.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> from operators.kernels.words import split_words
    >>> texts = strings(pa.array(["to be or not to be"]))
    >>> counts = gram_counts(texts, split_words(texts), 1, 2)
    >>> counts.top[:, 0].tolist(), counts.repeated[:, 0].tolist()
    ([0, 4, 10], [0, 4, 4])
    """
    out = np.zeros((2, longest + 1, len(texts.offsets) - 1), np.int64)
    most = int(np.diff(words.offsets).max(initial=0))
    _count_grams(texts.offsets, texts.data, words.offsets, words.hashes, words.starts, words.ends, shortest, most, out)
    return GramCounts(*out)
