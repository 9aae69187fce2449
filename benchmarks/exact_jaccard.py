"""Which rows exact Jaccard removes: the truth that near-duplicate detection is compared with.

Jaccard is over the sets of distinct n-grams of words (`text.split()`). A text with fewer words than n is one shingle of all its
words; a text with no words is one shingle too, so that such texts equal each other; a null text equals nothing. Every pair at
or above the threshold is found, none is sampled: texts with the same set are joined first; of the others, two sets as similar
as t share one of the rarest |A| - ceil(t |A|) + 1 shingles of either (prefix filtering: Chaudhuri et al. 2006, Bayardo et al.
2007), and every such pair is intersected. A row is removed where a chain of pairs links it to a smaller row number.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Array = np.ndarray[Any, np.dtype[Any]]
PAIRS_A_TURN = 1 << 18


@dataclass(frozen=True)
class Shingles:
    """The distinct shingles of each row, rarest first, as a flat array."""

    offsets: Array  #: row r holds values[offsets[r] : offsets[r + 1]]
    values: Array  #: int32, numbered by how many rows hold them: the rarest is 0
    rows_with: Array  #: how many rows hold each

    def sizes(self) -> Array:
        return np.diff(self.offsets)


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
    links = csr_array((np.ones(len(left), bool), (left, right)), (len(found.offsets) - 1,) * 2)
    _, labels = connected_components(links, directed=False)
    _, first = np.unique(labels, return_index=True)
    return np.setdiff1d(np.arange(len(labels)), first, assume_unique=True)


def shingles(texts: Iterable[str | None], n: int, split: Callable[[str], list[str]]) -> Shingles:
    """Number the distinct n-grams of every row by rarity."""
    offsets, words = _words(texts, n, split)
    keys, radix = words.astype(np.int64), int(words.max(initial=0)) + 1
    counts = np.maximum(np.diff(offsets) - n + 1, 0)
    starts = np.repeat(offsets[:-1], counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    keys, held = keys[starts], radix
    for at in range(1, n):
        if held > (1 << 62) // radix:
            keys = np.unique(keys, return_inverse=True)[1]
            held = int(keys.max(initial=0)) + 1
        keys = keys * radix + words[starts + at]
        held *= radix
    del starts, words
    ids = np.unique(keys, return_inverse=True)[1]
    del keys
    return _distinct(np.repeat(np.arange(len(counts)), counts), ids, len(counts))


def _words(texts: Iterable[str | None], n: int, split: Callable[[str], list[str]]) -> tuple[Array, Array]:
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = lambda: len(numbers) + 1
    rows = []
    for text in texts:
        row = [] if text is None else [numbers[word] for word in split(text)]
        # 0 is no word: a short text becomes one n-gram that only the same words give.
        rows.append(np.array(row if text is None else row + [0] * (n - len(row)), np.int32))
    return np.cumsum([0, *map(len, rows)]), np.concatenate([np.empty(0, np.int32), *rows])


def _distinct(rows: Array, ids: Array, count: int) -> Shingles:
    rows_ids = np.unique((rows << 32) | ids)
    rows, ids = rows_ids >> 32, rows_ids & 0xFFFFFFFF
    held = np.bincount(ids)
    rarity = np.argsort(held, kind="stable")
    rank = np.empty(len(held), np.int64)
    rank[rarity] = np.arange(len(held))
    values = np.sort((rows << 32) | rank[ids]) & 0xFFFFFFFF
    return Shingles(np.searchsorted(rows, np.arange(count + 1)), values.astype(np.int32), held[rarity])


def _pairs(found: Shingles, threshold: float) -> Iterator[tuple[Array, Array]]:
    same = _first_with_same_set(found)
    rows = np.arange(len(same))
    yield same[same != rows], rows[same != rows]
    # A shingle of one row is shared with none: sizes remember it, the matrix need not.
    sizes = found.sizes()
    place = np.arange(len(found.values)) - np.repeat(found.offsets[:-1], sizes)
    prefix = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1
    kept = (found.rows_with[found.values] > 1) & np.repeat(same == rows, sizes)
    whole = _matrix(found, kept)
    rare = _matrix(found, kept & (place < np.repeat(prefix, sizes)))
    yield from _similar(whole, rare, sizes, threshold)


def _first_with_same_set(found: Shingles) -> Array:
    first: dict[bytes, int] = {}
    ends = found.offsets.tolist()
    keys = (found.values[start:end].tobytes() for start, end in pairwise(ends))
    return np.array([first.setdefault(key, row) if key else row for row, key in enumerate(keys)], np.int64)


def _matrix(found: Shingles, kept: Array) -> Any:
    offsets = np.concatenate(([0], np.cumsum(kept)))[found.offsets]
    values = found.values[kept]
    shape = (len(offsets) - 1, len(found.rows_with))
    return csr_array((np.ones(len(values), np.int32), values, offsets), shape)


def _similar(whole: Any, rare: Any, sizes: Array, threshold: float) -> Iterator[tuple[Array, Array]]:
    columns = rare.T.tocsr()
    turn = 4096
    for at in range(0, rare.shape[0], turn):
        left, right = (rare[at : at + turn] @ columns).nonzero()
        left = left.astype(np.int64) + at
        smaller, larger = np.minimum(sizes[left], sizes[right]), np.maximum(sizes[left], sizes[right])
        likely = (left < right) & (smaller >= threshold * larger - 1e-9)
        left, right = left[likely], right[likely]
        for some in range(0, len(left), PAIRS_A_TURN):
            pair = left[some : some + PAIRS_A_TURN], right[some : some + PAIRS_A_TURN]
            shared = np.asarray(whole[pair[0]].multiply(whole[pair[1]]).sum(axis=1))
            near = shared >= threshold * (sizes[pair[0]] + sizes[pair[1]] - shared) - 1e-9
            yield pair[0][near], pair[1][near]
