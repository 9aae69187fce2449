"""The values of one column on two sides, over the same cells."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from engine.state import Counts
from operators.kernels.distinct import numbers_of
from operators.table.column import TRACKS, ColumnProfile, Track

Shares = NDArray[np.float64]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cells:
    """How often each cell of a column occurs on two sides.

    Args:
        subject, reference: (m,) counts.
        keys: (m,) of the cells, in order.
        bits: how many leading bits of a value's key a cell is; 64 where every value is a cell of its own.
    """

    subject: NDArray[np.int64]
    reference: NDArray[np.int64]
    keys: NDArray[np.uint64]
    bits: int

    @property
    def exact(self) -> bool:
        """Whether every value is a cell of its own."""
        return self.bits == 64

    @property
    def empty(self) -> bool:
        """Whether one of the sides has no value."""
        return not self.subject.any() or not self.reference.any()

    @property
    def p(self) -> Shares:
        """The subject's shares; there has to be a value."""
        shares: Shares = self.subject / self.subject.sum()
        return shares

    @property
    def q(self) -> Shares:
        """The reference's shares; there has to be a value."""
        shares: Shares = self.reference / self.reference.sum()
        return shares

    def bounds(self) -> tuple[Shares, Shares]:
        """The least and greatest number of each cell."""
        return bounds(self.keys, self.bits)


def bounds(keys: NDArray[np.uint64], bits: int) -> tuple[Shares, Shares]:
    """The least and greatest number of cells of ordered keys.

    >>> from operators.kernels.distinct import ordered_keys
    >>> [float(end[0]) for end in bounds(ordered_keys(np.array([1.5])) >> np.uint64(52), 12)]
    [1.0, 1.9999999999999998]
    """
    rest = np.uint64(64 - bits)
    least = keys << rest if bits < 64 else keys
    return numbers_of(least), numbers_of(least | np.uint64((1 << int(rest)) - 1))


def aligned(subject: Counts | None, reference: Counts | None) -> Cells:
    """Counts of both sides over the same cells; a side that is None has none."""
    a, b = subject or _none(reference), reference or _none(subject)
    bits = min(a.bits, b.bits)
    a, b = a.at(bits), b.at(bits)
    keys = np.union1d(a.cells, b.cells)
    counts = np.zeros((2, len(keys)), np.int64)
    for row, side in zip(counts, (a, b), strict=True):
        row[np.searchsorted(keys, side.cells)] = side.counts
    return Cells(counts[0], counts[1], keys, bits)


def _none(like: Counts | None) -> Counts:
    return Counts() if like is None else Counts(like.size, like.bits)


def ordered(subject: ColumnProfile, reference: ColumnProfile, track: str) -> Cells:
    """The numbers or times of a column on both sides."""
    return aligned(_fine(subject, track), _fine(reference, track))


def categories(subject: ColumnProfile, reference: ColumnProfile) -> tuple[Cells, tuple[str, ...]]:
    """All values of a column on both sides, of every track, and what each cell is called."""
    parts = [(track, aligned(_fine(subject, track), _fine(reference, track))) for track in TRACKS]
    parts = [(track, cells) for track, cells in parts if len(cells.keys)]
    names = [name for track, cells in parts for name in _names(track, cells, subject, reference)]
    if not parts:
        return Cells(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint64), 64), ()
    mine, theirs, keys = (np.concatenate([getattr(c, field) for _, c in parts]) for field in ("subject", "reference", "keys"))
    return Cells(mine, theirs, keys, min(cells.bits for _, cells in parts)), tuple(names)


def _fine(column: ColumnProfile, track: str) -> Counts | None:
    return column.tracks[track].fine if track in column.tracks else None


def _names(track: str, cells: Cells, *columns: ColumnProfile) -> list[str]:
    if not cells.exact:
        return [
            f"{track} with a hash of {key:x}…" if track == "texts" else f"{track} in cell {key:x}"
            for key in cells.keys.tolist()
        ]
    if track == "texts":
        known = dict(label for column in columns if track in column.tracks for label in _labels(column.tracks[track]).items())
        return [known.get(key, f"text with hash {key:016x}") for key in cells.keys.tolist()]
    return [said(value, track) for value in numbers_of(cells.keys).tolist()]


def _labels(track: Track) -> dict[int, str]:
    return dict(zip(track.fine.cells.tolist(), track.labels, strict=False))


def said(value: float, track: str) -> str:
    """A number, or a time, as it is written.

    >>> said(3.0, "numbers"), said(0.0, "times")
    ('3', '1970-01-01')
    """
    if track != "times":
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    try:
        text = (_EPOCH + timedelta(microseconds=value)).isoformat(" ")
    except OverflowError:
        return f"{value:g} microseconds from 1970"
    return text.removesuffix("+00:00").removesuffix(" 00:00:00")


def ks(cells: Cells) -> tuple[float, float]:
    """The largest distance between the distribution functions at the ends of cells, and the most that it can be inside of one.

    In a cell the distance goes no further than where either side has all its values of the cell before the other has any.
    """
    p, q = cells.p, cells.q
    steps = np.cumsum(p) - np.cumsum(q)
    at_ends = float(np.abs(steps).max())
    if cells.exact:
        return at_ends, at_ends
    before = steps - p + q
    return at_ends, min(1.0, float(np.maximum(np.abs(before + p), np.abs(before - q)).max()))


def tv(cells: Cells) -> float:
    """Half the sum of the differences of the shares."""
    return min(1.0, math.fsum(np.abs(cells.p - cells.q)) / 2)
