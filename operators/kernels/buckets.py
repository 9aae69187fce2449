"""Pairs of records that share a bucket, found by sorting, in numba. No bucket is ever squared beyond a stated size."""

from dataclasses import dataclass
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

FIRST = 4
"""With how many of the first records of a hot bucket every record in it is paired."""

_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Buckets:
    """What was found in the buckets that hold a subject's record and another; added over partitions."""

    buckets: int = 0
    hot: int = 0
    hot_records: int = 0
    largest: int = 0
    pairs: int = 0

    def __add__(self, other: "Buckets") -> "Buckets":
        return Buckets(
            self.buckets + other.buckets,
            self.hot + other.hot,
            self.hot_records + other.hot_records,
            max(self.largest, other.largest),
            self.pairs + other.pairs,
        )


@nb.njit(nogil=True, cache=True)
def _tag(keys: Any, position_bits: Any) -> Any:
    """High bits of each key, spread by an odd multiplier, over its position: sorting these sorts rows by bucket."""
    tags = np.empty(len(keys), np.uint64)
    low = (np.uint64(1) << position_bits) - np.uint64(1)
    for i in range(len(keys)):
        tags[i] = keys[i] * _ODD & ~low | np.uint64(i)
    return tags


@nb.njit(nogil=True, cache=True)
def _crowded(tags: Any, position_bits: Any, positions: Any) -> Any:
    """Fill in the rows whose tag another row has, as far as there is room; how many there are. Most rows are alone."""
    n, start = 0, 0
    while start < len(tags):
        stop = start + 1
        while stop < len(tags) and tags[stop] >> position_bits == tags[start] >> position_bits:
            stop += 1
        if stop - start > 1:
            if len(positions):
                for i in range(start, stop):
                    positions[n + i - start] = tags[i] & ((np.uint64(1) << position_bits) - np.uint64(1))
            n += stop - start
        start = stop
    return n


@nb.njit(nogil=True, cache=True)
def _part(keys: Any, positions: Any, position_bits: Any) -> Any:
    """Put rows of one tag and several keys in order of key: tags leave out the low bits. Rare, so sorted apart."""
    start = 0
    while start < len(positions):
        tag = keys[positions[start]] * _ODD >> position_bits
        mixed, stop = False, start + 1
        while stop < len(positions) and keys[positions[stop]] * _ODD >> position_bits == tag:
            mixed |= keys[positions[stop]] != keys[positions[start]]
            stop += 1
        if mixed:
            part = positions[start:stop].copy()
            positions[start:stop] = part[np.argsort(keys[part], kind="mergesort")]
        start = stop


@nb.njit(nogil=True, cache=True)
def _all_pairs(ids: Any, subjects: Any, u: Any, v: Any, n: Any) -> Any:
    """Every pair of a bucket with a subject in it, from place ``n`` on; where the places end, they are only counted."""
    for i in range(subjects):
        for j in range(i + 1, len(ids)):
            if n < len(u):
                u[n], v[n] = ids[i], ids[j]
            n += 1
    return n


@nb.njit(nogil=True, cache=True)
def _capped_pairs(ids: Any, subjects: Any, near: Any, u: Any, v: Any, n: Any) -> Any:
    """As `_all_pairs`, of a hot bucket. First among subjects, then between each reference and subjects: ``near`` of these
    at a place that moves on with every reference, so that they reach all subjects between them."""
    for i in range(1, subjects):
        for j in range(min(FIRST, i) + min(near, max(i - FIRST, 0))):
            if n < len(u):
                u[n], v[n] = ids[j if j < FIRST else i - 1 - (j - FIRST)], ids[i]
            n += 1
    for r in range(len(ids) - subjects):
        whole = r < FIRST or subjects <= FIRST
        for j in range(subjects if whole else FIRST + min(near, subjects)):
            i = j if whole or j < FIRST else (r * near + j - FIRST) % subjects
            if j < FIRST or i >= FIRST:
                if n < len(u):
                    u[n], v[n] = ids[i], ids[subjects + r]
                n += 1
    return n


@nb.njit(nogil=True, cache=True)
def _pairs(keys: Any, ids: Any, references: Any, whole: Any, near: Any, u: Any, v: Any) -> Any:
    """Fill in pairs as far as there is room and return what `Buckets` holds: called twice, first to count."""
    n = start = buckets = hot = hot_records = largest = 0
    while start < len(keys):
        stop, subjects = start, 0
        while stop < len(keys) and keys[stop] == keys[start]:
            subjects += ids[stop] < references
            stop += 1
        size = stop - start
        if size > 1 and subjects > 0:
            buckets += 1
            largest = max(largest, size)
            if size <= whole:
                n = _all_pairs(ids[start:stop], subjects, u, v, n)
            else:
                hot += 1
                hot_records += size
                n = _capped_pairs(ids[start:stop], subjects, near, u, v, n)
        start = stop
    return buckets, hot, hot_records, largest, n


def bucket_pairs(
    keys: NDArray[np.uint64], ids: NDArray[np.int64], references: int, whole: int = 32, near: int = 8
) -> tuple[NDArray[np.int64], NDArray[np.int64], Buckets]:
    """Pairs ``(u, v)``, ``u < v``, each once, of records that share a key; what the buckets were like.

    ``ids[i]`` is a record in bucket ``keys[i]``, at most once a key. Ids from ``references`` on are not the subject's: two of
    them are no pair. A bucket of up to ``whole`` records gives every pair. A larger one is hot: a subject's record is paired
    with the `FIRST` records of the bucket and the ``near`` before it in order of id; a reference with the `FIRST` subject
    records and up to ``near`` more; the `FIRST` references with every subject record. So m rows give at most
    ``m * max(whole / 2, near + 2 * FIRST)`` pairs.

    Rows are sorted by tag (high bits of the key) and position in one uint64: 11 ns a row where all are alone, 32 to
    44 where one in five is not, 50 more where ids do not come in order. Memory: 8 bytes a row (32 without order), 24 a row
    whose tag another has, 16 a pair. Pairs come in an order that the rows determine.

    >>> u, v, found = bucket_pairs(np.array([7, 9, 7, 7], np.uint64), np.array([1, 2, 10, 11]), references=10)
    >>> u.tolist(), v.tolist(), found
    ([1, 1], [10, 11], Buckets(buckets=1, hot=0, hot_records=0, largest=3, pairs=2))
    """
    if len(ids) and (ids[1:] < ids[:-1]).any():
        order = np.argsort(ids)
        keys, ids = keys[order], ids[order]
    position_bits = np.uint64(len(keys).bit_length())
    tags = _tag(keys, position_bits)
    tags.sort()
    positions = np.empty(_crowded(tags, position_bits, np.empty(0, np.int64)), np.int64)
    _crowded(tags, position_bits, positions)
    del tags
    _part(keys, positions, position_bits)
    keys, ids = keys[positions], ids[positions]
    nowhere = np.empty(0, np.int64)
    found = Buckets(*_pairs(keys, ids, references, whole, near, nowhere, nowhere))
    u, v = np.empty(found.pairs, np.int64), np.empty(found.pairs, np.int64)
    _pairs(keys, ids, references, whole, near, u, v)
    return u, v, found
