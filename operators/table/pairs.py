"""Pairs of columns on two sides, over the same groups of values; correlations and associations from what a profile keeps."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.state import Counts
from operators.table.aligned import aligned, bounds
from operators.table.column import TRACKS, ColumnProfile, Track
from operators.table.kinds import ORDERED, SHAPED
from operators.table.profile import Profile, product_key

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """Groups of a column's values that are the same on both sides; group 0 is of cells without a value of the column's kind.

    Args:
        subject, reference: the group of each code that a side's cells have (`operators.table.column.profiled`).
        size: how many groups there are.
        loose: the most that likenesses over the groups can be off by this column: the shares of both sides in cells of several
            numbers across an edge; infinite where categories are merged by hash, which can only make likenesses greater.
    """

    subject: Ints
    reference: Ints
    size: int
    loose: float


def pairs_of(subject: Profile, reference: Profile, kinds: dict[str, str]) -> list[tuple[str, str]]:
    """The pairs of columns that are counted on both sides and have a distribution."""
    both = [name for name in reference.paired if name in subject.paired and kinds.get(name) in SHAPED]
    return [*combinations(both, 2)]


def counts(profile: Profile, a: str, b: str, rows: Ints, columns: Ints, shape: tuple[int, int]) -> Ints:
    """(groups of a, groups of b) how many rows are in each."""
    table = profile.table(a, b)
    at = (rows[:, None] * shape[1] + columns[None, :]).ravel()
    return np.bincount(at, table.ravel(), shape[0] * shape[1]).astype(np.int64).reshape(shape)


def joint(subject: Profile, reference: Profile, pair: tuple[str, str], groups: tuple[Groups, Groups]) -> tuple[Ints, Ints]:
    """The counts of both sides over the same groups."""
    a, b = groups
    shape = a.size, b.size
    return (
        counts(subject, *pair, a.subject, b.subject, shape),
        counts(reference, *pair, a.reference, b.reference, shape),
    )


def single(groups: Groups, subject: ColumnProfile, reference: ColumnProfile, rows: tuple[int, int]) -> tuple[Ints, Ints]:
    """How many rows of each side are in each group."""
    found = []
    for column, to, n in ((subject, groups.subject, rows[0]), (reference, groups.reference, rows[1])):
        held = [column.tracks[track].coarse.counts for track in TRACKS if track in column.tracks]
        each = np.concatenate([np.zeros(1, np.int64), *held])
        each[0] = n - each.sum()
        found.append(np.bincount(to, each, groups.size).astype(np.int64))
    return found[0], found[1]


def by_width(subject: ColumnProfile, reference: ColumnProfile, kind: str, bins: int) -> Groups:
    """Numbers and times in bins of equal width over the reference's range, without outer ends; categories as they are."""
    if kind not in ORDERED:
        return _each(subject, reference)
    track = reference.tracks.get(ORDERED[kind])
    least, greatest = (track.moments.least or 0.0, track.moments.greatest or 0.0) if track else (0.0, 0.0)
    inner = np.linspace(least, greatest, bins + 1)[1:-1]
    return _ordered(subject, reference, ORDERED[kind], lambda low, high, _: _cut(low, high, inner), bins)


def by_share(subject: ColumnProfile, reference: ColumnProfile, kind: str, bins: int) -> Groups:
    """Numbers and times in bins with about equal shares of the reference; its ``bins`` commonest categories, and the others."""
    if kind not in ORDERED:
        return _commonest(subject, reference, bins)
    return _ordered(subject, reference, ORDERED[kind], lambda _low, _high, shares: _quantile(shares, bins), bins)


def _cut(low: Floats, high: Floats, inner: Floats) -> tuple[Ints, NDArray[np.bool_]]:
    """The bin of the middle of each cell, and whether an edge lies inside of it."""
    first, last = (np.searchsorted(inner, end, side="right") for end in (low, high))
    middle = np.searchsorted(inner, low / 2 + high / 2, side="right")
    return middle, first != last


def _quantile(shares: Floats, bins: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Bins by the share of the reference that lies below the middle of a cell: all of a value's cells are in one."""
    middle = np.cumsum(shares) - shares / 2
    return np.minimum((middle * bins).astype(np.int64), bins - 1), np.zeros(len(shares), np.bool_)


def _ordered(
    subject: ColumnProfile,
    reference: ColumnProfile,
    track: str,
    cut: Callable[[Floats, Floats, Floats], tuple[Ints, NDArray[np.bool_]]],
    bins: int,
) -> Groups:
    coarse = [_coarse(column, track) for column in (subject, reference)]
    cells = aligned(*coarse)
    low, high = cells.bounds()
    shares = cells.reference / max(1, int(cells.reference.sum()))
    group, across = cut(low, high, shares)
    loose = 0.0 if cells.exact else sum(float(s[across].sum() / max(1, s.sum())) for s in (cells.subject, cells.reference))
    maps = [_mapped(column, track, cells.keys, cells.bits, group + 1) for column in (subject, reference)]
    return Groups(maps[0], maps[1], bins + 1, loose)


def _coarse(column: ColumnProfile, track: str) -> Counts | None:
    return column.tracks[track].coarse if track in column.tracks else None


def _mapped(column: ColumnProfile, track: str, keys: Any, bits: int, group: Ints) -> Ints:
    """The group of each code of a side; codes of other tracks are in group 0."""
    parts: list[Ints] = [np.zeros(1, np.int64)]
    for name in TRACKS:
        own = _coarse(column, name)
        if own is not None:
            at = np.searchsorted(keys, own.at(bits).cells if own.bits == bits else own.cells >> np.uint64(own.bits - bits))
            parts.append(group[at] if name == track else np.zeros(len(own.cells), np.int64))
    return np.concatenate(parts)


def _each(subject: ColumnProfile, reference: ColumnProfile) -> Groups:
    """A group for each value, of whatever track."""
    maps: tuple[list[Ints], list[Ints]] = ([np.zeros(1, np.int64)], [np.zeros(1, np.int64)])
    first, exact = 1, True
    for track in TRACKS:
        sides = [_coarse(column, track) for column in (subject, reference)]
        if sides == [None, None]:
            continue
        cells = aligned(*sides)
        for side, to in zip(sides, maps, strict=True):
            if side is not None:
                to.append(first + np.searchsorted(cells.keys, side.cells >> np.uint64(side.bits - cells.bits)))
        first, exact = first + len(cells.keys), exact and cells.exact
    return Groups(np.concatenate(maps[0]), np.concatenate(maps[1]), first, 0.0 if exact else math.inf)


def _commonest(subject: ColumnProfile, reference: ColumnProfile, bins: int) -> Groups:
    each = _each(subject, reference)
    _, held = single(each, subject, reference, (0, 0))
    held[0] = -1
    kept = np.sort(np.lexsort((np.arange(len(held)), -held))[: min(bins, each.size - 1)])
    to = np.full(each.size, len(kept) + 1, np.int64)
    to[0], to[kept] = 0, np.arange(1, len(kept) + 1)
    return Groups(to[each.subject], to[each.reference], len(kept) + 2, each.loose)


def pearson(profile: Profile, pair: tuple[str, str], kinds: dict[str, str]) -> float | None:
    """Pearson's correlation of two columns of numbers or times, over the rows that have both; None where one is constant."""
    (a, b), (x, y) = pair, (ORDERED[kinds[name]] for name in pair)
    n, sx, sy, sxx, syy, sxy = profile.products.get(product_key(a, x, b, y), (0, 0, 0, 0, 0, 0))
    if n < 2:
        return None
    unit = 1 << 1074
    vx, vy, xy = (n * unit * s - p * q for s, p, q in ((sxx, sx, sx), (syy, sy, sy), (sxy, sx, sy)))
    if vx <= 0 or vy <= 0:
        return None
    size = math.sqrt(Fraction(xy * xy, vx * vy))
    return min(1.0, size) if xy > 0 else max(-1.0, -size)


def spearman(profile: Profile, pair: tuple[str, str], kinds: dict[str, str]) -> float | None:
    """Spearman's correlation of two columns, from the middle ranks of their cells over the rows that have both."""
    table = ordered_table(profile, pair, kinds).astype(np.float64)
    ranks = [np.cumsum(margin) - margin / 2 for margin in (table.sum(1), table.sum(0))]
    return _weighted(table, ranks[0], ranks[1])


def ordered_table(profile: Profile, pair: tuple[str, str], kinds: dict[str, str]) -> Ints:
    """The counts of pairs of cells of two columns of numbers or times."""
    spans = [_span(profile.columns[name], ORDERED[kinds[name]]) for name in pair]
    return profile.table(*pair)[spans[0], spans[1]]


def _span(column: ColumnProfile, track: str) -> slice:
    """Where the codes of a track are."""
    first = 1
    for name in TRACKS:
        length = len(column.tracks[name].coarse.cells) if name in column.tracks else 0
        if name == track:
            return slice(first, first + length)
        first += length
    raise KeyError(track)


def _weighted(table: Floats, x: Floats, y: Floats) -> float | None:
    n = table.sum()
    if n < 2:
        return None
    x, y = x - table.sum(1) @ x / n, y - table.sum(0) @ y / n
    vx, vy = table.sum(1) @ x**2, table.sum(0) @ y**2
    if not vx > 0 or not vy > 0:
        return None
    return max(-1.0, min(1.0, float(x @ table @ y / math.sqrt(vx * vy))))


def cramers_v(table: Ints) -> float | None:
    """Cramér's V of a table of counts, without correction for bias; None where one of the two is constant.

    >>> round(cramers_v(np.array([[5, 0], [0, 7]])), 9), cramers_v(np.array([[2, 2], [2, 2]])), cramers_v(np.array([[3, 4]]))
    (1.0, 0.0, None)
    """
    held = table[table.sum(1) > 0][:, table.sum(0) > 0].astype(np.float64)
    least = min(held.shape) - 1
    if least < 1:
        return None
    n = held.sum()
    expected = held.sum(1)[:, None] * (held.sum(0) / n)
    chi2 = ((held - expected) ** 2 / expected).sum()
    return min(1.0, math.sqrt(chi2 / (n * least)))


def correlation_ratio(table: Ints, centres: Floats) -> float | None:
    """How much of the variance of a number the category beside it explains, as its square root (η); None where it is constant.

    Args:
        table: (categories, cells) counts.
        centres: (cells,) the mean of the numbers of each cell.
    """
    weights = table.astype(np.float64)
    n = weights.sum()
    if n < 2:
        return None
    around = centres - weights.sum(0) @ centres / n
    total = weights.sum(0) @ around**2
    if not total > 0:
        return None
    each = weights.sum(1)
    means = np.divide(weights @ around, each, out=np.zeros_like(each), where=each > 0)
    return min(1.0, math.sqrt(each @ means**2 / total))


def centres(track: Track) -> Floats:
    """The mean of the numbers in each coarse cell, from those of the fine ones."""
    low, high = bounds(track.fine.cells, track.fine.bits)
    at = np.searchsorted(track.coarse.cells, track.fine.cells >> np.uint64(track.fine.bits - track.coarse.bits))
    middle = low / 2 + high / 2
    total = np.bincount(at, middle * track.fine.counts, len(track.coarse.cells))
    return total / np.bincount(at, track.fine.counts, len(track.coarse.cells))


def association(profile: Profile, pair: tuple[str, str], kinds: dict[str, str]) -> float | None:
    """Pearson's correlation of two ordered columns, Cramér's V of two categories, the correlation ratio of one of each."""
    is_ordered = [kinds[name] in ORDERED for name in pair]
    if any(is_ordered) and not all(ORDERED[kinds[n]] in profile.columns[n].tracks for n in pair if kinds[n] in ORDERED):
        return None
    if all(is_ordered):
        return pearson(profile, pair, kinds)
    if not any(is_ordered):
        return cramers_v(profile.table(*pair)[1:, 1:])
    category, number = pair if is_ordered[1] else pair[::-1]
    column, track = profile.columns[number], ORDERED[kinds[number]]
    table = profile.table(category, number)[1:, _span(column, track)]
    return correlation_ratio(table, centres(column.tracks[track]))
