"""Which rows exact Jaccard removes: the truth that near-duplicate detection is compared with.

Jaccard is over the sets of distinct n-grams of words (`text.split()`). A text with fewer words than n is one shingle of all its
words; a text with no words is one shingle too, so that such texts equal each other; a null text equals nothing. Every pair at
or above the threshold is found, none is sampled: texts with the same set are joined first; of the others, two sets as similar
as t share one of the rarest |A| - ceil(t |A|) + 1 shingles of either (prefix filtering: Chaudhuri et al. 2006, Bayardo et al.
2007), and every such pair is intersected. A row is removed where a chain of pairs links it to a smaller row number.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Array = np.ndarray[Any, np.dtype[Any]]
PAIRS_A_TURN = 1 << 18
PART = 1 << 24  # n-grams compared at a time
NO_START = 255
ROUNDING = 1e-9  # a threshold of 0.8 is no exact float: 4 of 5 is still at it


@dataclass(frozen=True)
class Shingles:
    """The distinct shingles of each row that another row holds too, rarest first, as a flat array."""

    offsets: Array  #: row r holds values[offsets[r] : offsets[r + 1]]
    values: Array  #: int32, numbered by how many rows hold them: the rarest is 0
    kinds: int  #: how many different ones there are
    alone: Array  #: how many shingles of each row no other row holds

    def sizes(self) -> Array:
        """How many distinct shingles each row has."""
        return np.diff(self.offsets) + self.alone


@dataclass(frozen=True)
class Quality:
    """Removed rows against the truth."""

    recall: float
    precision: float


def quality(removed: Array, truth: Array) -> Quality:
    """The share of rightly removed rows that were found, and of found rows that were right.

    >>> quality(np.array([1, 2, 3]), np.array([2, 3, 4, 5]))
    Quality(recall=0.5, precision=0.6666666666666666)
    """
    right = len(np.intersect1d(removed, truth))
    return Quality(right / len(truth) if len(truth) else 1.0, right / len(removed) if len(removed) else 1.0)


def removed_rows(
    texts: Iterable[str | None], threshold: float = 0.8, n: int = 5, split: Callable[[str], list[str]] = str.split
) -> Array:
    """The rows that a chain of pairs at or above the threshold links to a smaller row.

    >>> removed_rows(["a b c d e f", "x", "a b c d e f", "", " ", None, None]).tolist()
    [2, 4]
    """
    found = shingles(texts, n, split)
    left, right = (np.concatenate(ends) for ends in zip(*_pairs(found, threshold), strict=True))
    links = csr_array((np.ones(len(left), bool), (left, right)), (len(found.alone),) * 2)
    _, labels = connected_components(links, directed=False)
    _, first = np.unique(labels, return_index=True)
    return np.setdiff1d(np.arange(len(labels)), first, assume_unique=True)


def shingles(texts: Iterable[str | None], n: int, split: Callable[[str], list[str]]) -> Shingles:
    """Number the distinct n-grams that rows share, in parts of the n-grams so that memory stays that of the words."""
    offsets, words = _words(texts, n, split)
    count = len(offsets) - 1
    parts = min(1 + len(words) // PART, NO_START)
    part_of = _parts(offsets, words, n, parts)
    alone, held, pairs = np.zeros(count, np.int64), [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for part in range(parts):
        starts = np.flatnonzero(part_of == part)
        rows = np.searchsorted(offsets, starts, side="right") - 1
        row_id = np.unique((rows << 32) | _numbered(words, starts, n))
        rows, ids = row_id >> 32, row_id & 0xFFFFFFFF
        rows_with = np.bincount(ids)
        shared = rows_with > 1
        alone += np.bincount(rows[~shared[ids]], minlength=count)
        number = np.cumsum(shared) - 1 + sum(map(len, held))
        pairs.append((rows[shared[ids]] << 32) | number[ids[shared[ids]]])
        held.append(rows_with[shared])
    return _by_rarity(np.concatenate(pairs), np.concatenate(held), alone)


def _words(texts: Iterable[str | None], n: int, split: Callable[[str], list[str]]) -> tuple[Array, Array]:
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = lambda: len(numbers) + 1
    offsets, words = [0], array("i")
    for text in texts:
        if text is not None:
            row = [numbers[word] for word in split(text)]
            # 0 is no word: a short text becomes one n-gram that only the same words give.
            words.extend(row + [0] * (n - len(row)))
        offsets.append(len(words))
    return np.array(offsets), np.frombuffer(words, np.int32) if words else np.empty(0, np.int32)


def _parts(offsets: Array, words: Array, n: int, parts: int) -> Array:
    """The part of the n-gram that starts at each word; NO_START where none does."""
    ends = offsets[1:][np.diff(offsets) > 0]
    part_of = np.zeros(len(words), np.uint8)
    for at in range(1, n):
        part_of[ends - at] = NO_START
    for first in range(0, len(words), PART):
        starts = first + np.flatnonzero(part_of[first : first + PART] != NO_START)
        mixed = np.zeros(len(starts), np.uint64)
        for at in range(n):
            mixed = (mixed ^ words[starts + at].astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(32)
        part_of[starts] = mixed % np.uint64(parts)
    return part_of


def _numbered(words: Array, starts: Array, n: int) -> Array:
    """Equal numbers for equal n-grams, by exact packing: no hash decides."""
    radix = int(words.max(initial=0)) + 1
    keys, limit = words[starts].astype(np.int64), radix
    for at in range(1, n):
        if limit > (1 << 62) // radix:
            keys = np.unique(keys, return_inverse=True)[1]
            limit = int(keys.max(initial=0)) + 1
        keys = keys * radix + words[starts + at]
        limit *= radix
    return np.unique(keys, return_inverse=True)[1]


def _by_rarity(pairs: Array, held: Array, alone: Array) -> Shingles:
    rank = np.empty(len(held), np.int64)
    rank[np.argsort(held, kind="stable")] = np.arange(len(held))
    pairs = np.sort((pairs & ~0xFFFFFFFF) | rank[pairs & 0xFFFFFFFF])
    offsets = np.searchsorted(pairs >> 32, np.arange(len(alone) + 1))
    return Shingles(offsets, (pairs & 0xFFFFFFFF).astype(np.int32), len(held), alone)


def _pairs(found: Shingles, threshold: float) -> Iterator[tuple[Array, Array]]:
    same = _first_with_same_set(found)
    rows = np.arange(len(same))
    yield same[same != rows], rows[same != rows]
    sizes = found.sizes()
    prefix = sizes - np.ceil(threshold * sizes - ROUNDING).astype(np.int64) + 1
    shared = np.diff(found.offsets)
    place = np.arange(len(found.values)) - np.repeat(found.offsets[:-1] - found.alone, shared)
    first = np.repeat(same == rows, shared)
    yield from _similar(_matrix(found, first), _matrix(found, first & (place < np.repeat(prefix, shared))), sizes, threshold)


def _first_with_same_set(found: Shingles) -> Array:
    first: dict[bytes, int] = {}
    same = np.arange(len(found.alone))
    for row in np.flatnonzero((found.alone == 0) & (np.diff(found.offsets) > 0)).tolist():
        same[row] = first.setdefault(found.values[found.offsets[row] : found.offsets[row + 1]].tobytes(), row)
    return same


def _matrix(found: Shingles, kept: Array) -> Any:
    offsets = np.concatenate(([0], np.cumsum(kept)))[found.offsets]
    values = found.values[kept]
    return csr_array((np.ones(len(values), np.int32), values, offsets), (len(offsets) - 1, found.kinds))


def _similar(whole: Any, rare: Any, sizes: Array, threshold: float) -> Iterator[tuple[Array, Array]]:
    columns = rare.T.tocsr()
    turn = 4096
    for at in range(0, rare.shape[0], turn):
        left, right = (rare[at : at + turn] @ columns).nonzero()
        left = left.astype(np.int64) + at
        smaller, larger = np.minimum(sizes[left], sizes[right]), np.maximum(sizes[left], sizes[right])
        likely = (left < right) & (smaller >= threshold * larger - ROUNDING)
        left, right = left[likely], right[likely]
        for some in range(0, len(left), PAIRS_A_TURN):
            pair = left[some : some + PAIRS_A_TURN], right[some : some + PAIRS_A_TURN]
            shared = np.asarray(whole[pair[0]].multiply(whole[pair[1]]).sum(axis=1))
            near = shared >= threshold * (sizes[pair[0]] + sizes[pair[1]] - shared) - ROUNDING
            yield pair[0][near], pair[1][near]
