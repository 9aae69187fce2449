"""Which word n-grams of some items (a benchmark's) stand in texts: a table of them, and a scan of the texts, in numba."""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.hash_set import room_for
from operators.kernels.hashing import mix
from operators.kernels.plain_words import PlainWords

_BASE = np.uint64(0x9E3779B97F4A7C15)
_WHOLE = 1 << 16
_LEAST_BITS = 12
PLACES = 16
"""Places where a text and an item meet that are followed to their ends; only periodic texts have more."""

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]


class Table(NamedTuple):
    """Numbers of keys, by open addressing, and a filter before it: a bit for each key, by the leading bits of its number."""

    keys: Hashes
    numbers: Ints
    filter: Hashes
    shift: int


class GramIndex(NamedTuple):
    """The n-grams of items.

    Args:
        words: of the items.
        gram, short: words of an n-gram, and of one of an item that has fewer words than that.
        shorter: whether there are items of so few words: n-grams of both sizes are looked up then.
        wholes: words of the longest item that is only looked for as a whole line or text; 0 where there is none.
        table: n-grams by their keys.
        bounds: (n-grams + 1,) where the postings of each begin.
        items, ats: of each posting: the item, and the number of the n-gram's first word in it; of several, the first.
        grams, common: (owners,) different n-grams of each owner's items, and how many of them are left out.
        lost: (items,) whether nothing is left of the item that could be found.
    """

    words: PlainWords
    gram: int
    short: int
    shorter: bool
    wholes: int
    table: Table
    bounds: Ints
    items: Ints
    ats: Ints
    grams: Ints
    common: Ints
    lost: NDArray[np.bool_]


class Meetings(NamedTuple):
    """Which items each text repeats: the text, the item, words of the longest run in common, and where it begins in both."""

    texts: Ints
    items: Ints
    runs: Ints
    ats: Ints
    item_ats: Ints


def gram_index(words: PlainWords, owners: Ints, gram: int, short: int, common: int) -> GramIndex:
    """The index of some items.

    Args:
        words: of the items.
        owners: (items,) to which benchmark each belongs, in order.
        gram: words of an n-gram.
        short: of one of an item with fewer words than ``gram``; one with fewer still is only looked for as a whole.
        common: n-grams in more items of their owner than this are left out.
    """
    counts = np.diff(words.offsets)
    sizes = np.where(counts >= gram, gram, np.where(counts >= short, short, counts))
    whole = (counts < short) & (counts > 0)
    keys, items, ats = _grams(words.offsets, words.hashes, sizes, whole)
    order = np.lexsort((ats, items, keys))
    keys, items, ats = _chosen(order, keys, items, ats)
    keys, items, ats = _chosen(_changes(keys, items), keys, items, ats)
    starts = _changes(keys, owners[items])
    held = np.diff(np.r_[starts, len(keys)])
    many = (held > common) & ~whole[items[starts]]
    of = owners[items[starts]]
    keys, items, ats = _chosen(~np.repeat(many, held), keys, items, ats)
    starts = _changes(keys, keys)
    lost = np.ones(len(counts), np.bool_)
    lost[items] = False
    between = bool(((counts >= short) & (counts < gram)).any())
    table = Table(*_table(keys[starts]))
    kinds = int(owners.max(initial=-1)) + 1
    grams, left_out = np.bincount(of, minlength=kinds), np.bincount(of[many], minlength=kinds)
    longest = int(counts[whole].max(initial=0))
    return GramIndex(
        words, gram, short, between, longest, table, np.r_[starts, len(keys)], items, ats, grams, left_out, lost
    )  # fmt: skip


def _chosen(rows: NDArray[Any], *columns: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    return tuple(column[rows] for column in columns)


def _changes(*columns: NDArray[Any]) -> Ints:
    """Where a row differs from the one before it; the first row does."""
    differs = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.flatnonzero(np.r_[True, differs][: len(columns[0])])


@nb.njit(nogil=True, cache=True)
def _key(hashes: Any, at: Any, size: Any, whole: Any) -> Any:
    rolled = np.uint64(0)
    for k in range(at, at + size):
        rolled = rolled * _BASE + hashes[k]
    return mix(rolled ^ np.uint64(size + _WHOLE * whole))


@nb.njit(nogil=True, cache=True)
def _grams(offsets: Any, hashes: Any, sizes: Any, whole: Any) -> Any:
    n = 0
    for i in range(len(sizes)):
        n += offsets[i + 1] - offsets[i] - sizes[i] + 1 if sizes[i] else 0
    keys, items, ats = np.empty(n, np.uint64), np.empty(n, np.int64), np.empty(n, np.int64)
    n = 0
    for i in range(len(sizes)):
        for at in range(offsets[i + 1] - offsets[i] - sizes[i] + 1 if sizes[i] else 0):
            keys[n], items[n], ats[n] = _key(hashes, offsets[i] + at, sizes[i], whole[i]), i, at
            n += 1
    return keys, items, ats


@nb.njit(nogil=True, cache=True)
def _table(keys: Any) -> Any:
    """The table of different keys with their numbers; 16 bits of filter a key."""
    mask, width = room_for(len(keys)), _LEAST_BITS
    table, numbers = np.zeros(mask + 1, np.uint64), np.full(mask + 1, -1)
    while (1 << width) < 16 * len(keys):
        width += 1
    bits = np.zeros(1 << (width - 6), np.uint64)
    for number in range(len(keys)):
        at = np.int64(keys[number] >> np.uint64(32)) & mask
        while numbers[at] >= 0:
            at = (at + 1) & mask
        table[at], numbers[at] = keys[number], number
        bit = keys[number] >> np.uint64(64 - width)
        bits[bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))
    return table, numbers, bits, 64 - width


@nb.njit(inline="always")
def _number(table: Any, key: Any) -> Any:
    """The number of a key; -1 where it is not there."""
    bit = key >> np.uint64(table.shift)
    if not table.filter[bit >> np.uint64(6)] >> (bit & np.uint64(63)) & np.uint64(1):
        return -1
    mask = len(table.keys) - 1
    at = np.int64(key >> np.uint64(32)) & mask
    while table.numbers[at] >= 0 and table.keys[at] != key:
        at = (at + 1) & mask
    return table.numbers[at]


@nb.njit(nogil=True, cache=True)
def _scan_grams(offsets: Any, hashes: Any, size: Any, table: Any, out: Any) -> Any:
    """Fill ``out`` (text, word, words, n-gram) as far as it reaches; how many n-grams are in the table, by their keys."""
    n, leading = 0, np.uint64(1)
    for _ in range(size):
        leading *= _BASE
    for i in range(len(offsets) - 1):
        rolled = np.uint64(0)
        for at in range(offsets[i], offsets[i + 1]):
            rolled = rolled * _BASE + hashes[at]
            begin = at - size + 1
            if begin < offsets[i]:
                continue
            if begin > offsets[i]:
                rolled -= hashes[begin - 1] * leading
            number = _number(table, mix(rolled ^ np.uint64(size)))
            if number >= 0:
                if n < len(out):
                    out[n, 0], out[n, 1], out[n, 2], out[n, 3] = i, begin, size, number
                n += 1
    return n


@nb.njit(nogil=True, cache=True)
def _scan_lines(offsets: Any, hashes: Any, fresh: Any, wholes: Any, table: Any, out: Any) -> Any:
    """The same of lines, and of texts of several lines, with at most ``wholes`` words."""
    n = 0
    for i in range(len(offsets) - 1):
        begin, stop = offsets[i], offsets[i + 1]
        for at in range(offsets[i] + 1, stop + 1):
            if at < stop and not fresh[at]:
                continue
            text = at == stop and begin > offsets[i] and stop - offsets[i] <= wholes
            for first in (begin, offsets[i]) if text else (begin, begin):
                number = _number(table, _key(hashes, first, at - first, True)) if at - first <= wholes else -1
                if number >= 0:
                    if n < len(out):
                        out[n, 0], out[n, 1], out[n, 2], out[n, 3] = i, first, at - first, number
                    n += 1
                if not text:
                    break
            begin = at
    return n


@nb.njit(nogil=True, cache=True)
def _same(a: Any, i: Any, b: Any, j: Any) -> Any:
    """Whether word ``i`` of ``a`` is word ``j`` of ``b``, byte for byte."""
    size = a.ends[i] - a.starts[i]
    if a.hashes[i] != b.hashes[j] or size != b.ends[j] - b.starts[j]:
        return False
    for k in range(size):  # noqa: SIM110  (numba has no generators here)
        if a.data[a.starts[i] + k] != b.data[b.starts[j] + k]:
            return False
    return True


@nb.njit(nogil=True, cache=True)
def _meet(words: Any, candidates: Any, theirs: Any, bounds: Any, items: Any, ats: Any, out: Any) -> Any:
    """Compare the candidates word by word, follow what is the same to its ends, keep the longest run of a text and an item.

    For each item: the text it was met in last, in which row of ``out``, how often, and the last run: its shift and its end.
    """
    n_items = len(theirs.offsets) - 1
    seen, row, places = np.full(n_items, -1), np.empty(n_items, np.int64), np.zeros(n_items, np.int64)
    shifts, ends, n = np.empty(n_items, np.int64), np.empty(n_items, np.int64), 0
    for c in range(len(candidates)):
        text, begin, size, number = candidates[c]
        first, stop = words.offsets[text], words.offsets[text + 1]
        for posting in range(bounds[number], bounds[number + 1]):
            item = items[posting]
            low, high = theirs.offsets[item], theirs.offsets[item + 1]
            a, b = begin, low + ats[posting]
            if seen[item] == text and (places[item] >= PLACES or (shifts[item] == a - b and a < ends[item])):
                continue
            k = 0
            while k < size and b + k < high and _same(words, a + k, theirs, b + k):
                k += 1
            if k < size:
                continue
            while a + k < stop and b + k < high and _same(words, a + k, theirs, b + k):
                k += 1
            shift, end = a - b, a + k
            while a > first and b > low and _same(words, a - 1, theirs, b - 1):
                a, b = a - 1, b - 1
            if seen[item] != text:
                seen[item], row[item], places[item] = text, n, 0
                out[n, 2] = 0
                n += 1
            shifts[item], ends[item] = shift, end
            places[item] += 1
            at = row[item]
            if end - a > out[at, 2]:
                out[at, 0], out[at, 1], out[at, 2], out[at, 3], out[at, 4] = text, item, end - a, a - first, b - low
    return n


def meetings(words: PlainWords, index: GramIndex) -> Meetings:
    """Which items of the index the texts repeat, in order of text and item; every run is compared word by word.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> from operators.kernels.plain_words import plain_words
    >>> items = plain_words(strings(pa.array(["the cat sat on the mat", "yes"])))
    >>> index = gram_index(items, np.zeros(2, np.int64), 4, 3, 10)
    >>> texts = plain_words(strings(pa.array(["So the cat sat on the rug", "Yes!", "yes it is"])))
    >>> [part.tolist() for part in meetings(texts, index)]
    [[0, 1], [0, 1], [5, 1], [1, 0], [0, 0]]
    """
    scans = [_all(_scan_grams, words.offsets, words.hashes, index.gram, index.table)]
    if index.shorter:
        scans.append(_all(_scan_grams, words.offsets, words.hashes, index.short, index.table))
    if index.wholes:
        scans.append(_all(_scan_lines, words.offsets, words.hashes, words.fresh, index.wholes, index.table))
    candidates = np.concatenate(scans)
    candidates = candidates[np.lexsort((candidates[:, 1], candidates[:, 0]))]
    held = np.diff(index.bounds)[candidates[:, 3]]
    out = np.empty((int(held.sum()), 5), np.int64)
    found = out[: _meet(words, candidates, index.words, index.bounds, index.items, index.ats, out)]
    return Meetings(*found[np.lexsort((found[:, 1], found[:, 0]))].T)


def _all(scan: Any, *given: Any) -> Ints:
    """All rows of a scan: again with room for them where there were more than was thought."""
    out = np.empty((1024, 4), np.int64)
    n = scan(*given, out)
    if n > len(out):
        out = np.empty((n, 4), np.int64)
        scan(*given, out)
    return out[:n]
