"""Extractive fragments: the longest pieces of a source that a text is made of, found greedily, in numba."""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

_ODD, _ODD_TOO = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


@nb.njit(nogil=True, cache=True)
def _slot(table: Any, leaves: Any, tokens: Any, state: int, token: Any) -> Any:
    """Where the table holds the edge that leaves a state with a token, or where it would."""
    mask = len(table) - 1
    mixed = (token ^ (np.uint64(state) * _ODD)) * _ODD_TOO
    at = np.int64(mixed >> np.uint64(32)) & mask
    while table[at] >= 0 and (leaves[table[at]] != state or tokens[table[at]] != token):
        at = (at + 1) & mask
    return at


@nb.njit(nogil=True, cache=True)
def _automaton(source: Any) -> Any:
    """The suffix automaton of a sequence (Blumer et al. 1985): its paths from state 0 are the runs that stand in it.

    It takes time and memory linear in the sequence, whatever that is, where sorting the suffixes of one word repeated does not.

    Returns:
        The hash table of its edges, and for each edge the state that it leaves, its token and the state that it reaches.
    """
    states, edges = 2 * len(source), 3 * len(source) + 1
    longest, link, latest = np.zeros(states, np.int64), np.full(states, -1, np.int64), np.full(states, -1, np.int64)
    leaves, tokens = np.empty(edges, np.int64), np.empty(edges, source.dtype)
    reaches, earlier = np.empty(edges, np.int64), np.empty(edges, np.int64)
    room = 64
    while room < 2 * edges:
        room *= 2
    table = np.full(room, -1, np.int64)
    n_states, n_edges, last = 1, 0, 0
    for token in source:
        new, at = n_states, last
        n_states += 1
        longest[new] = longest[last] + 1
        slot = 0
        while at >= 0:
            slot = _slot(table, leaves, tokens, at, token)
            if table[slot] >= 0:
                break
            table[slot], leaves[n_edges], tokens[n_edges], reaches[n_edges] = n_edges, at, token, new
            earlier[n_edges], latest[at] = latest[at], n_edges
            n_edges += 1
            at = link[at]
        last = new
        if at < 0:
            link[new] = 0
            continue
        old = reaches[table[slot]]
        if longest[old] == longest[at] + 1:
            link[new] = old
            continue
        split = n_states
        n_states += 1
        longest[split], link[split] = longest[at] + 1, link[old]
        link[old], link[new] = split, split
        edge = latest[old]
        while edge >= 0:
            slot = _slot(table, leaves, tokens, split, tokens[edge])
            table[slot], leaves[n_edges], tokens[n_edges], reaches[n_edges] = n_edges, split, tokens[edge], reaches[edge]
            earlier[n_edges], latest[split] = latest[split], n_edges
            n_edges += 1
            edge = earlier[edge]
        while at >= 0:
            slot = _slot(table, leaves, tokens, at, token)
            if table[slot] < 0 or reaches[table[slot]] != old:
                break
            reaches[table[slot]] = split
            at = link[at]
    return table, leaves, tokens, reaches


@nb.njit(nogil=True, cache=True)
def _measure(text: Any, source: Any) -> Any:
    """The words in fragments, and the sum of the squares of the fragments' lengths."""
    covered, squares = 0, 0
    table, leaves, tokens, reaches = _automaton(source)
    at = 0
    while at < len(text):
        state, depth = 0, 0
        while at + depth < len(text):
            edge = table[_slot(table, leaves, tokens, state, text[at + depth])]
            if edge < 0:
                break
            state = reaches[edge]
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
