"""What is kept of one column of a table: counts of its values in bounded memory, exact sums, and its extremes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.masking import masked
from engine.state import Counts, ExactSum, Moments, Product, State, Tally, TopBy
from operators.kernels.distinct import distinct, firsts, ordered_keys
from operators.kernels.exact_products import sums
from operators.kernels.hashing import hash_array
from operators.table.cell_kinds import KINDS
from operators.table.observe import Seen

NUMBERS, TEXTS = 1 << 14, 1 << 12
"""Distinct numbers and texts of a column that are counted one by one; beyond, they are counted in as many cells."""
LABELS, LABEL_CHARACTERS = 1024, 80
"""A column with more texts than these keeps no labels of them, and no label is longer."""
TRACKS = ("numbers", "times", "texts")

_FEW = 2048
"""Numbers at the head of a batch that are looked at to tell how a column repeats itself; either way gives the same counts."""


@dataclass(frozen=True, eq=False)
class Track(State):
    """The values of one sort in a column, numbers, times or texts, as 64-bit keys.

    Keys of numbers and times sort as these do (`operators.kernels.distinct.ordered_keys`), so that a cell of several is an
    interval; those of texts are hashes.

    Args:
        fine: how often each key occurs, exact up to `NUMBERS` or `TEXTS` keys.
        coarse: the same in few cells, for tables of pairs.
        moments: of numbers and times.
        ends: the first records with the least and the greatest, under "least" and "greatest" (scored by its negative).
        labels: of at most `LABELS` texts: what they are, without secrets and personal data.
        firsts: the first record of each text, where these are counted one by one.
    """

    fine: Counts
    coarse: Counts
    moments: Moments = field(default_factory=Moments)
    ends: Product = field(default_factory=Product)
    labels: tuple[str, ...] = ()
    firsts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __add__(self, other: Self) -> "Self":
        fine = self.fine + other.fine
        labels, least = _labelled(fine, self, other)
        return type(self)(fine, self.coarse + other.coarse, self.moments + other.moments, self.ends + other.ends, labels, least)

    @property
    def exact(self) -> bool:
        """Whether every value is counted by itself."""
        return self.fine.bits == 64


@dataclass(frozen=True, eq=False)
class ColumnProfile(State):
    """What is kept of a column.

    Args:
        declared: the kind that the plan gives it; empty where it gives none.
        kinds: how many cells are of each of `operators.table.cell_kinds.KINDS`.
        tracks: those of `TRACKS` that it has values of.
    """

    declared: str = ""
    kinds: Tally = field(default_factory=Tally)
    tracks: Mapping[str, Track] = field(default_factory=dict)

    cells: ClassVar[tuple[str, ...]] = KINDS

    def __add__(self, other: Self) -> "Self":
        tracks = Product(self.tracks) + Product(other.tracks)
        return type(self)(self.declared or other.declared, self.kinds + other.kinds, tracks.states)  # type: ignore[arg-type]

    @property
    def missing(self) -> int:
        """Cells with nothing in them."""
        return self.kinds["missing"]

    @property
    def present(self) -> int:
        """Cells with something in them."""
        return sum(self.kinds.counts.values()) - self.missing


def profiled(seen: Seen, ids: NDArray[np.int64], kind: str, width: int) -> tuple[ColumnProfile, NDArray[np.int16]]:
    """What is kept of the cells, and the code of each: 0 for a cell without value, then by the coarse cells of each track."""
    codes = np.zeros(len(ids), np.int16)
    tracks: dict[str, Track] = {}
    first = 1
    for name in TRACKS:
        values = getattr(seen, name)
        if values is None:
            continue
        rows = np.flatnonzero(values >= 0 if name == "texts" else ~np.isnan(values))
        whole = len(rows) == len(values)
        make = _texts if name == "texts" else _numbers
        some, kept = (values, ids) if whole else (values[rows], ids[rows])
        track, own = make(some, kept, width, seen.words)
        codes[slice(None) if whole else rows] = own + first
        first += len(track.coarse.cells)
        tracks[name] = track
    kinds = {name: int(n) for name, n in zip(KINDS, seen.kinds, strict=True) if n}
    return ColumnProfile(kind, Tally(dict(sorted(kinds.items()))), dict(sorted(tracks.items()))), codes


def _numbers(values: NDArray[np.float64], ids: NDArray[np.int64], width: int, _: pa.Array) -> tuple[Track, NDArray[np.int64]]:
    keys = ordered_keys(values)
    if len(np.unique(keys[:_FEW])) * 2 > min(_FEW, len(keys)):
        fine, place = Counts.of(keys, NUMBERS), None
    else:
        cells, counts, place = distinct(keys)
        fine = Counts(NUMBERS, 64, cells, counts).within(NUMBERS)
    coarse = fine.within(width)
    shifted = (keys if place is None else cells) >> np.uint64(64 - coarse.bits)
    codes = distinct(shifted)[2] if place is None else np.searchsorted(coarse.cells, shifted)[place]
    n, total, squares = sums(values[None])[0]
    least, greatest = float(values.min()), float(values.max())
    ends = {"greatest": _end(values, ids, greatest, 1.0), "least": _end(values, ids, least, -1.0)}
    moments = Moments(n, ExactSum(total), ExactSum(squares), least + 0.0, greatest + 0.0)
    return Track(fine, coarse, moments, Product(ends)), codes


def _end(values: NDArray[np.float64], ids: NDArray[np.int64], at: float, sign: float) -> TopBy:
    record = ids[values == at].min()
    return TopBy.of(np.array([sign * at + 0.0]), np.array([record]), size=1)


def _texts(at: NDArray[np.int64], ids: NDArray[np.int64], width: int, words: pa.Array) -> tuple[Track, NDArray[np.int64]]:
    hashes = hash_array(words)[:, 0]
    cells, where, merged = np.unique(hashes, return_index=True, return_inverse=True)
    counts = np.bincount(merged[at], minlength=len(cells)).astype(np.int64)
    fine = Counts(TEXTS, 64, cells, counts).within(TEXTS)
    coarse = fine.within(width)
    codes = np.searchsorted(coarse.cells, cells >> np.uint64(64 - coarse.bits))
    if fine.bits < 64:
        return Track(fine, coarse), codes[merged[at]]
    first = firsts(merged[at], ids, len(cells))
    if len(cells) > LABELS:
        return Track(fine, coarse, firsts=first), codes[merged[at]]
    labels = tuple(map(_label, words.take(pa.array(where)).to_pylist()))
    return Track(fine, coarse, labels=labels, firsts=first), codes[merged[at]]


def _labelled(fine: Counts, *parts: Track) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The labels and first records of the cells of a sum; none where cells hold several texts."""
    known = [part for part in parts if len(part.firsts)]
    if fine.bits < 64 or not known:
        return (), np.empty(0, np.int64)
    labels: list[str] = [""] * len(fine.cells)
    least = np.full(len(fine.cells), np.iinfo(np.int64).max, np.int64)
    for part in known:
        at = np.searchsorted(fine.cells, part.fine.cells)
        least[at] = np.minimum(least[at], part.firsts)
        for place, label in zip(at.tolist(), part.labels, strict=False):
            labels[place] = label
    return tuple(labels) if len(labels) <= LABELS else (), least


@lru_cache(maxsize=1 << 14)
def _label(word: str) -> str:
    """A long text takes no room: it is told apart by a hash at its end. Secrets and personal data are blotted out."""
    if len(word) <= LABEL_CHARACTERS:
        return masked(word)
    return f"{masked(word, LABEL_CHARACTERS)}…{blake2b(word.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}"


def empty(kind: str) -> ColumnProfile:
    """A column without cells."""
    return replace(ColumnProfile(), declared=kind)


def codes_of(column: ColumnProfile) -> int:
    """How many codes the cells of a column have (`profiled`)."""
    return 1 + sum(len(track.coarse.cells) for track in column.tracks.values())


def recoded(old: ColumnProfile, new: ColumnProfile) -> NDArray[np.int64]:
    """The code in ``new``, a sum that ``old`` is part of, for each code of ``old``."""
    found: list[Any] = [np.zeros(1, np.int64)]
    first = 1
    for name in TRACKS:
        if name in old.tracks:
            mine, whole = old.tracks[name].coarse, new.tracks[name].coarse
            found.append(first + np.searchsorted(whole.cells, mine.cells >> np.uint64(mine.bits - whole.bits)))
        if name in new.tracks:
            first += len(new.tracks[name].coarse.cells)
    return np.concatenate(found)
