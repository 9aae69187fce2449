"""Copies of texts with words edited, to plant near-duplicates of known origin, in numba over UTF-8 buffers.

A word is what `operators.kernels.tokens` says it is. Draw ``i`` of a text is output ``i`` of SplitMix64 from its seed (Steele,
Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA 2014): pure arithmetic, the same bytes everywhere.
"""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from operators.kernels.buffers import Strings, strings
from operators.kernels.codepoints import decode
from operators.kernels.shingles import KINDS
from operators.kernels.tokens import ALONE, INSIDE, SEPARATOR

_KEPT, _DROPPED, _DOUBLED = -1, -2, -3
"""What becomes of a word; from 0 on, the place in its text of the word that it is substituted by."""


class _Words(NamedTuple):
    """Words of ``n`` texts: those of text ``i`` are ``bounds[i]`` to ``bounds[i + 1]``, at bytes ``starts`` to ``ends``."""

    bounds: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    alone: NDArray[np.bool_]


@nb.njit(inline="always")
def draw(seed: Any, i: Any) -> Any:
    """Output ``i`` of SplitMix64, uint64."""
    z = seed + np.uint64(i + 1) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@nb.njit(nogil=True, cache=True)
def _split(offsets: Any, data: Any, kinds: Any, bounds: Any, starts: Any, ends: Any, alone: Any) -> Any:
    """Fill in the words as far as there is room and return how many there are: called twice, first to count."""
    n = 0
    for i in range(len(offsets) - 1):
        at, stop, inside = offsets[i], offsets[i + 1], False
        while at < stop:
            code, size = decode(data, at, stop)
            kind = kinds[code]
            if kind != SEPARATOR:
                n += not (inside and kind == INSIDE)
                if n <= len(starts):
                    if not (inside and kind == INSIDE):
                        starts[n - 1], alone[n - 1] = at, kind == ALONE
                    ends[n - 1] = at + size
            inside = kind == INSIDE
            at += size
        bounds[i + 1] = n
    return n


def _words(texts: Strings) -> _Words:
    bounds = np.zeros(len(texts.offsets), np.int64)
    nowhere = np.empty(0, np.int64)
    n = _split(texts.offsets, texts.data, KINDS, bounds, nowhere, nowhere, np.empty(0, np.bool_))
    words = _Words(bounds, np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.bool_))
    _split(texts.offsets, texts.data, KINDS, *words)
    return words


@nb.njit(nogil=True, cache=True)
def _same(data: Any, starts: Any, ends: Any, a: Any, b: Any) -> Any:
    size, alike = ends[a] - starts[a], 0
    while alike < size == ends[b] - starts[b] and data[starts[a] + alike] == data[starts[b] + alike]:
        alike += 1
    return alike == size == ends[b] - starts[b]


@nb.njit(nogil=True, cache=True)
def _choose(data: Any, bounds: Any, starts: Any, ends: Any, rates: Any, seeds: Any) -> Any:
    """What becomes of every word. A word is doubled where it would be substituted by its equal, or be the last one dropped."""
    fates = np.full(len(starts), _KEPT, np.int64)
    for i in range(len(bounds) - 1):
        first, count, seed = bounds[i], bounds[i + 1] - bounds[i], seeds[i]
        forced, edits, drops = np.int64(draw(seed, 2 * count) % np.uint64(max(count, 1))), 0, 0
        for word in range(count):
            edits += np.float64(draw(seed, 2 * word) >> np.uint64(11)) * 2.0**-53 < rates[i]
        for word in range(count):
            chosen = np.float64(draw(seed, 2 * word) >> np.uint64(11)) * 2.0**-53 < rates[i]
            if not chosen and (edits > 0 or word != forced):
                continue
            how = draw(seed, 2 * word + 1)
            fates[first + word] = _DOUBLED
            if how % np.uint64(3) == 0 and drops < count - 1:
                fates[first + word] = _DROPPED
                drops += 1
            elif how % np.uint64(3) == 1 and count > 1:
                other = (word + 1 + np.int64(how // np.uint64(3) % np.uint64(count - 1))) % count
                if not _same(data, starts, ends, first + word, first + other):
                    fates[first + word] = other
    return fates


@nb.njit(inline="always")
def _copy(data: Any, start: Any, stop: Any, out: Any, n: Any) -> Any:
    """A loop over bytes: words are short, and a slice costs more than it copies."""
    if n + stop - start <= len(out):
        for at in range(stop - start):
            out[n + at] = data[start + at]
    return n + stop - start


@nb.njit(nogil=True, cache=True)
def _write(offsets: Any, data: Any, bounds: Any, starts: Any, ends: Any, alone: Any, fates: Any, made: Any, out: Any) -> Any:
    """Fill in the texts if there is room and return how many bytes they have: called twice, first to count.

    What separates a word from the next goes with it. Two words that would grow together get a space between them.
    """
    n = 0
    for i in range(len(offsets) - 1):
        first, stop = bounds[i], bounds[i + 1]
        n = _copy(data, offsets[i], starts[first] if stop > first else offsets[i + 1], out, n)
        open_end = False
        for word in range(first, stop):
            if fates[word] == _DROPPED:
                continue
            source = word if fates[word] < 0 else first + fates[word]
            for _ in range(2 if fates[word] == _DOUBLED else 1):
                if open_end and not alone[source]:
                    if n < len(out):
                        out[n] = 0x20
                    n += 1
                n = _copy(data, starts[source], ends[source], out, n)
                open_end = not alone[source]
            gap_end = starts[word + 1] if word + 1 < stop else offsets[i + 1]
            n = _copy(data, ends[word], gap_end, out, n)
            open_end &= gap_end == ends[word]
        made[i + 1] = n
    return n


def edited(texts: pa.Array, rates: NDArray[np.float64], seeds: NDArray[np.uint64]) -> pa.Array:
    """Copies of ``n`` texts, large_string, in which each word is edited with probability ``rates[i]``; null where a text is.

    An edited word is dropped, substituted by a different word from another place of its text, or doubled, a third each; what
    comes out depends on the text, its rate and its seed alone. A text with a word has at least one edit (so a rate below
    1 / words means one), and keeps at least one word. About 45 ns a word; memory 25 bytes a word and the copies.

    >>> texts = pa.array(["the quick brown fox jumps over the lazy dog", "日本語", "", None])
    >>> edited(texts, np.full(4, 0.2), np.arange(5, 9, dtype=np.uint64)).to_pylist()
    ['the quick jumps fox jumps over the lazy dog', '日語', '', None]
    """
    view = strings(texts)
    words = _words(view)
    fates = _choose(view.data, words.bounds, words.starts, words.ends, rates, seeds)
    made = np.zeros(len(view.offsets), np.int64)
    out = np.empty(_write(view.offsets, view.data, *words, fates, made, np.empty(0, np.uint8)), np.uint8)
    _write(view.offsets, view.data, *words, fates, made, out)
    valid = pa.array(view.valid).buffers()[1] if not view.valid.all() else None
    return pa.Array.from_buffers(pa.large_string(), len(texts), [valid, pa.py_buffer(made), pa.py_buffer(out)])
