"""Anchors of texts: the few runs of words by which any long enough shared span is found, in numba."""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.hashing import mix

_BASE = np.uint64(0x9E3779B97F4A7C15)


@nb.njit(nogil=True, cache=True)
def _winnow(offsets: Any, words: Any, gram: Any, window: Any, bounds: Any, ats: Any, keys: Any) -> Any:
    """Fill ``ats`` and ``keys`` as far as they reach and return how many anchors there are: called twice, first to count."""
    n, room = 0, len(ats)
    leading = np.uint64(1)
    for _ in range(gram - 1):
        leading *= _BASE
    values = np.empty(window, np.uint64)
    for i in range(len(offsets) - 1):
        first, grams = offsets[i], offsets[i + 1] - offsets[i] - gram + 1
        rolling, least, chosen = np.uint64(0), -1, -1
        for at in range(offsets[i + 1] - first):
            if at >= gram:
                rolling -= words[first + at - gram] * leading
            rolling = rolling * _BASE + words[first + at]
            here = at - gram + 1
            if here < 0:
                continue
            values[here % window] = mix(rolling)
            if least < 0 or least <= here - window:  # none yet, or it has left the window: the last of the smallest
                least = here
                for k in range(here - 1, max(-1, here - window), -1):
                    if values[k % window] < values[least % window]:
                        least = k
            elif values[here % window] <= values[least % window]:
                least = here
            if here >= min(window, grams) - 1 and least != chosen:
                chosen = least
                if n < room:
                    ats[n], keys[n] = chosen, values[chosen % window]
                n += 1
        bounds[i + 1] = n
    return n


def anchors(
    offsets: NDArray[np.int64], words: NDArray[np.uint64], gram: int, least: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint64]]:
    """The anchors of word sequences: two that share a run of ``least`` words have an anchor of the same key inside it.

    An anchor is the run of ``gram`` words with the smallest hash in a window of ``least`` words, the last of equal ones; about
    one word in (least - gram) / 2 starts one. A sequence shorter than ``least`` has one, if it has ``gram`` words.

    Args:
        offsets: (records + 1,) where the words of each record start.
        words: hashes of the words.
        gram: words to an anchor.
        least: words of a run that may not be missed; at least ``gram``.

    Returns:
        (records + 1,) bounds; for every anchor its first word's number in the record, and its key.

    >>> words = np.arange(100, dtype=np.uint64)
    >>> one = set(anchors(np.array([0, 100]), words, 4, 10)[2].tolist())
    >>> other = anchors(np.array([0, 10]), words[50:60], 4, 10)
    >>> other[1].shape, one.issuperset(other[2].tolist())
    ((1,), True)

    Source: Schleimer, Wilkerson and Aiken 2003, "Winnowing", section 3.
    """
    bounds = np.zeros(len(offsets), np.int64)
    window = least - gram + 1
    n = _winnow(offsets, words, gram, window, bounds, np.empty(0, np.int32), np.empty(0, np.uint64))
    ats, keys = np.empty(n, np.int32), np.empty(n, np.uint64)
    _winnow(offsets, words, gram, window, bounds, ats, keys)
    return bounds, ats, keys


@nb.njit(nogil=True, cache=True)
def _beside(offsets: Any, words: Any, bounds: Any, ats: Any, gram: Any, reach: Any) -> Any:
    before, after = np.zeros(len(ats), np.uint64), np.zeros(len(ats), np.uint64)
    for i in range(len(offsets) - 1):
        for anchor in range(bounds[i], bounds[i + 1]):
            at = offsets[i] + ats[anchor]
            if ats[anchor] >= reach:
                for k in range(at - reach, at):
                    before[anchor] = before[anchor] * _BASE + words[k]
                before[anchor] = mix(before[anchor]) | np.uint64(1)
            if at + gram + reach <= offsets[i + 1]:
                for k in range(at + gram, at + gram + reach):
                    after[anchor] = after[anchor] * _BASE + words[k]
                after[anchor] = mix(after[anchor]) | np.uint64(1)
    return before, after


def beside(
    offsets: NDArray[np.int64],
    words: NDArray[np.uint64],
    bounds: NDArray[np.int64],
    ats: NDArray[np.int32],
    gram: int,
    least: int,
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Hashes of the ``(least - gram) // 2`` words before and after each anchor; 0 where there are not so many.

    Two runs of ``least`` equal words around an anchor agree in one of these at least.

    >>> words = np.arange(6, dtype=np.uint64)
    >>> [part.astype(bool).tolist() for part in beside(np.array([0, 6]), words, np.array([0, 2]), np.int32([0, 3]), 2, 4)]
    [[False, True], [True, True]]
    """
    before, after = _beside(offsets, words, bounds, ats, gram, (least - gram) // 2)
    return before, after


@nb.njit(nogil=True, cache=True)
def _longest(a: Any, a_starts: Any, b: Any, b_starts: Any, lengths: Any) -> Any:
    ats, runs = np.zeros(len(lengths), np.int64), np.zeros(len(lengths), np.int64)
    for pair in range(len(lengths)):
        run = 0
        for k in range(lengths[pair]):
            run = run + 1 if a[a_starts[pair] + k] == b[b_starts[pair] + k] else 0
            if run > runs[pair]:
                runs[pair], ats[pair] = run, k + 1 - run
    return ats, runs


def longest_runs(
    a: NDArray[np.uint64],
    a_starts: NDArray[np.int64],
    b: NDArray[np.uint64],
    b_starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The longest run of equal words, side by side, of pairs of word sequences: where it begins, and its words.

    >>> words = np.array([1, 2, 3, 4], np.uint64)
    >>> [part.tolist() for part in longest_runs(words, np.array([0]), words[::-1][:1], np.array([0]), np.array([1]))]
    [[0], [0]]
    >>> [part.tolist() for part in longest_runs(words, np.array([1]), words, np.array([1]), np.array([3]))]
    [[0], [3]]
    """
    ats, runs = _longest(a, a_starts, b, b_starts, lengths)
    return ats, runs
