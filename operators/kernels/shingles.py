"""Shingles of texts: hashes of their word or character n-grams, in numba without an object per word.

An n-gram of tokens with the hashes w (`operators.kernels.tokens`) has ``H = sum of w[i + j] * K**(n - 1 - j)`` and the
shingle ``s = mix(H)``, modulo 2**64. A text of m tokens, 0 < m < n, has the one shingle ``mix(H + m - n)`` of all its tokens,
which only a text of the same tokens shares; a text without tokens has the one shingle ``mix(-n)``; a null has none.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.hashing import mix
from operators.kernels.radix_sort import sort_hashes
from operators.kernels.tokens import hash_characters, hash_words, token_kinds

BLOCK = 512
"""Shingles made before they are used: the buffers stay in the first-level cache."""

KINDS = token_kinds()

_K = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Shingling:
    """What the shingles of a text are: its n-grams of ``size`` words or characters.

    >>> Shingling("character", 9)
    Shingling(unit='character', size=9)
    """

    unit: Literal["word", "character"] = "word"
    size: int = 5

    def __post_init__(self) -> None:
        if self.unit not in ("word", "character") or not 1 <= self.size <= 1000:
            raise ValueError(f"shingles are of 1 to 1000 words or characters, not of {self.size} x {self.unit!r}")

    @property
    def of_characters(self) -> bool:
        """Whether the tokens are characters; kernels take it for the unit's name."""
        return self.unit == "character"


@nb.njit(inline="always")
def buffers(n: Any) -> Any:
    """A block of token hashes, with room for those that the next block's first n-gram shares, and one of shingles."""
    return np.empty(BLOCK + n - 1, np.uint64), np.empty(BLOCK, np.uint64)


@nb.njit(nogil=True, cache=True)
def fill(
    data: Any, start: Any, at: Any, stop: Any, kinds: Any, of_characters: Any, n: Any, tokens: Any, kept: Any, out: Any
) -> Any:
    """The next shingles of ``data[start:stop]`` into ``out``, up to a block of them.

    Args:
        data: the bytes of all texts.
        start: where the text starts.
        at: where to go on; ``start`` at first.
        stop: where the text ends.
        kinds: `KINDS`.
        of_characters: whether tokens are characters.
        n: tokens to a shingle.
        tokens: the first of `buffers`.
        kept: how many token hashes of the block before it starts with; 0 at first.
        out: the second of `buffers`.

    Returns:
        where to go on (the text is done at ``stop``), the new ``kept``, and how many shingles there are in ``out``.
    """
    first = at == start
    if of_characters:
        at, m = hash_characters(data, at, start, stop, kinds, tokens, kept)
    else:
        at, m = hash_words(data, at, stop, kinds, tokens, kept)
    h, k = np.uint64(0), np.uint64(1)
    for i in range(min(m, n - 1)):
        h = h * _K + tokens[i]
        k *= _K
    if m < n:
        out[0] = mix(h + np.uint64(m - n))
        return at, m, np.int64(first and at == stop)
    for i in range(m - n + 1):
        h = h * _K + tokens[i + n - 1]
        out[i] = h
        h -= tokens[i] * k
    for i in range(m - n + 1):
        out[i] = mix(out[i])
    for i in range(n - 1):
        tokens[i] = tokens[m - n + 1 + i]
    return at, np.int64(n - 1), m - n + 1


@nb.njit(nogil=True, cache=True)
def _smallest(hashes: Any, count: Any, most: Any, scratch: Any) -> Any:
    """Sort the first ``count`` hashes, leave the ``most`` smallest different ones in front; how many these are."""
    sort_hashes(hashes, count, scratch)
    kept = 0
    for i in range(count):
        if kept == 0 or hashes[i] != hashes[kept - 1]:
            hashes[kept] = hashes[i]
            kept += 1
            if kept == most:
                break
    return kept


@nb.njit(nogil=True, cache=True)
def _sets(offsets: Any, data: Any, valid: Any, kinds: Any, of_characters: Any, n: Any, most: Any) -> Any:
    bounds = np.zeros(len(offsets), np.int64)
    longest = np.int64(0)
    for i in range(len(valid)):
        longest = max(longest, offsets[i + 1] - offsets[i])
    tokens, block = buffers(n)
    pool = np.empty(min(longest + 1, 2 * most) + BLOCK, np.uint64)
    scratch = np.empty(len(pool), np.uint64)
    out = np.empty(1024, np.uint64)
    for i in range(len(valid)):
        at, stop, kept, pooled = offsets[i], offsets[i + 1], np.int64(0), np.int64(0)
        limit = np.uint64(0xFFFFFFFFFFFFFFFF)
        while valid[i]:
            at, kept, made = fill(data, offsets[i], at, stop, kinds, of_characters, n, tokens, kept, block)
            for j in range(made):
                pool[pooled] = block[j]
                pooled += block[j] <= limit
            if at == stop:
                break
            if pooled + BLOCK > len(pool):
                pooled = _smallest(pool, pooled, most, scratch)
                if pooled == most:
                    limit = pool[most - 1]
        pooled = _smallest(pool, pooled, most, scratch)
        bounds[i + 1] = bounds[i] + pooled
        if bounds[i + 1] > len(out):
            grown = np.empty(max(2 * len(out), bounds[i + 1]), np.uint64)
            grown[: bounds[i]] = out[: bounds[i]]
            out = grown
        out[bounds[i] : bounds[i + 1]] = pool[:pooled]
    return bounds, out[: bounds[-1]]


def shingle_sets(texts: Strings, shingling: Shingling, most: int) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The different shingles of each text, ascending: offsets and hashes; of more than ``most`` the ``most`` smallest.

    The smallest hashes are a uniform sample of the set. Memory beside the result: 32 * ``most`` bytes, and no more than 16
    times the longest text.

    >>> from operators.kernels.buffers import strings
    >>> import pyarrow as pa
    >>> offsets, hashes = shingle_sets(strings(pa.array(["a b c a b", None, "b c a b"])), Shingling(size=2), 100)
    >>> offsets.tolist(), hashes[:3].tolist() == hashes[3:].tolist()
    ([0, 3, 3, 6], True)
    """
    if most < 1:
        raise ValueError(f"a text's set needs room for a shingle, not for {most}")
    bounds, hashes = _sets(*texts, KINDS, shingling.of_characters, shingling.size, most)
    return bounds, hashes


@nb.njit(nogil=True, cache=True)
def _values(offsets: Any, data: Any, valid: Any, kinds: Any, of_characters: Any, n: Any) -> Any:
    bounds = np.zeros(len(offsets), np.int64)
    tokens, block = buffers(n)
    out = np.empty(1024, np.uint32)
    for i in range(len(valid)):
        at, stop, kept, end = offsets[i], offsets[i + 1], np.int64(0), bounds[i]
        while valid[i]:
            at, kept, made = fill(data, offsets[i], at, stop, kinds, of_characters, n, tokens, kept, block)
            if end + made > len(out):
                grown = np.empty(2 * len(out), np.uint32)
                grown[:end] = out[:end]
                out = grown
            for j in range(made):
                out[end + j] = np.uint32(block[j] >> np.uint64(32))
            end += made
            if at == stop:
                break
        bounds[i + 1] = end
    return bounds, out[: bounds[-1]]


def shingle_values(texts: Strings, shingling: Shingling) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """The upper halves of all shingles of each text, repeats included: what a signature is made of. Offsets and values.

    >>> from operators.kernels.buffers import strings
    >>> import pyarrow as pa
    >>> shingle_values(strings(pa.array(["a b a b", "a", None])), Shingling(size=2))[0].tolist()
    [0, 3, 4, 4]
    """
    bounds, values = _values(*texts, KINDS, shingling.of_characters, shingling.size)
    return bounds, values
