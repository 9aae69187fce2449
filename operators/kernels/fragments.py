"""Extractive fragments: the longest pieces of a source that a text is made of, found greedily, in numba."""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray


@nb.njit(nogil=True, cache=True)
def _suffixes(tokens: Any) -> Any:
    """The suffix array of a sequence, by doubling: n log^2 n, whatever the sequence."""
    n = len(tokens)
    order = np.argsort(tokens, kind="mergesort")
    rank = np.empty(n, np.int64)
    last = 0
    for at in range(n):
        if at and tokens[order[at]] != tokens[order[at - 1]]:
            last = at
        rank[order[at]] = last
    width = 1
    while width < n:
        keys = np.empty(n, np.int64)
        for at in range(n):
            keys[at] = rank[at] * (n + 1) + (rank[at + width] + 1 if at + width < n else 0)
        order = np.argsort(keys, kind="mergesort")
        settled, last = True, 0
        for at in range(n):
            if at and keys[order[at]] != keys[order[at - 1]]:
                last = at
            elif at:
                settled = False
            rank[order[at]] = last
        if settled:
            break
        width *= 2
    return order


@nb.njit(nogil=True, cache=True)
def _edge(tokens: Any, order: Any, low: int, high: int, depth: int, token: Any, after: bool) -> int:
    """The first suffix of a range whose token at a depth is not less than (with ``after``: greater than) the given one."""
    while low < high:
        middle = (low + high) // 2
        at = order[middle] + depth
        less = at >= len(tokens) or tokens[at] < token or (after and tokens[at] == token)
        if less:
            low = middle + 1
        else:
            high = middle
    return low


@nb.njit(nogil=True, cache=True)
def _measure(text: Any, source: Any) -> Any:
    """The words in fragments, and the sum of the squares of the fragments' lengths."""
    covered, squares = 0, 0
    order = _suffixes(source)
    at = 0
    while at < len(text):
        low, high, depth = 0, len(source), 0
        while at + depth < len(text):
            token = text[at + depth]
            low = _edge(source, order, low, high, depth, token, False)
            high = _edge(source, order, low, high, depth, token, True)
            if low == high:
                break
            depth += 1
        covered += depth
        squares += depth * depth
        at += max(depth, 1)
    return covered, squares


@nb.njit(nogil=True, cache=True)
def _measure_all(texts: Any, text_hashes: Any, sources: Any, source_hashes: Any) -> Any:
    found = np.zeros((len(texts) - 1, 2), np.int64)
    for row in range(len(texts) - 1):
        text = text_hashes[texts[row] : texts[row + 1]]
        source = source_hashes[sources[row] : sources[row + 1]]
        if len(text) and len(source):
            covered, squares = _measure(text, source)
            found[row, 0], found[row, 1] = covered, squares
    return found


def fragments(
    texts: NDArray[np.int64], text_words: NDArray[np.uint64], sources: NDArray[np.int64], source_words: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """For each text and its source, the words in fragments and the sum of squared fragment lengths.

    At each word of the text the longest run that stands anywhere in the source is taken, then the search goes on behind it
    (Grusky et al. 2018, figure 3).

    Args:
        texts, sources: (n + 1,) offsets into the words.
        text_words, source_words: hashes of words.

    Returns:
        (n, 2) int64.

    >>> offsets, words = np.array([0, 4]), np.array([1, 2, 9, 3], np.uint64)
    >>> fragments(offsets, words, np.array([0, 5]), np.array([3, 1, 2, 2, 1], np.uint64)).tolist()
    [[3, 5]]
    """
    found: NDArray[np.int64] = _measure_all(texts, text_words, sources, source_words)
    return found
