"""Rows of several sides on one scale: numbers divided by the range of the real data, categories as codes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from operators.kernels.distinct import numbers_of
from operators.kernels.mixed_distance import NOMINAL, nearest
from operators.table.aligned import said
from operators.table.group_counts import cell_name
from operators.table.row_sample import LABELS, NUMBER, TEXT, TIME, RowSample, key_label, row_hashes

_ORDERED_KINDS = ("", "number", "datetime")
_NOT_COMPARED = ("id",)


@dataclass(frozen=True)
class Rows:
    """Distinct rows of one side.

    Args:
        values: (m, d) scaled numbers and times, or codes.
        kinds: (m, d) what is in each cell: nothing, a number, a time, or something nominal.
        counts: (m,) how many records have the row.
        ids: (m,) the first of them.
        hashes: (m,) of the rows, the same on every side.
    """

    values: NDArray[np.float64]
    kinds: NDArray[np.uint8]
    counts: NDArray[np.int64]
    ids: NDArray[np.int64]
    hashes: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def records(self) -> int:
        """How many records these rows stand for."""
        return int(self.counts.sum())

    def at(self, rows: NDArray[np.int64] | NDArray[np.bool_], counts: NDArray[np.int64] | None = None) -> "Rows":
        """Some of the rows."""
        held = self.counts[rows] if counts is None else counts
        return Rows(self.values[rows], self.kinds[rows], held, self.ids[rows], self.hashes[rows])

    def nearest(self, base: "Rows", k: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(m, k) distances to the nearest records of a base, and (m,) the place of the nearest."""
        return nearest(self.values, self.kinds, base.values, base.kinds, base.counts, k)

    def first(self, n: int) -> "Rows":
        """The ``n`` rows with the smallest hash."""
        return self.at(np.arange(min(n, len(self))))


@dataclass(frozen=True)
class Sides:
    """All sides on one scale.

    Args:
        names: of the columns that are compared.
        ordered: (d,) whether numbers of the column are compared by size.
        units: (d,) what 1 is on the column's scale, where its numbers are whole ones; else 0.
        least, spans: (d,) the smallest number of each column in the real data, and how far it is to the largest.
        codes: of each column, the key of each category, by its code.
        labels: of each column, the spelling of some texts, by hash.
        last: the column that is last in the reference.
        subject, reference, holdout: their rows; reference and holdout hold equally many records where there is a holdout.
    """

    names: tuple[str, ...]
    ordered: NDArray[np.bool_]
    units: NDArray[np.float64]
    least: NDArray[np.float64]
    spans: NDArray[np.float64]
    codes: tuple[NDArray[np.uint64], ...]
    labels: Mapping[str, Mapping[str, str]]
    last: str
    subject: Rows
    reference: Rows
    holdout: Rows | None = None

    def cell_name(self, c: int, kind: int, value: float) -> str:
        """How a cell is written."""
        if kind == NOMINAL:
            key = key_label(self.codes[c][int(value)])
            return self.labels.get(self.names[c], {}).get(key, f"category {key}")
        if kind in (NUMBER, TIME):
            return said(round(value * float(self.spans[c]) + float(self.least[c]), 9), "numbers" if kind == NUMBER else "times")
        return "nothing"


def lacking(subject: RowSample, reference: RowSample, holdout: RowSample | None = None) -> str | None:
    """Why the sides cannot be compared; None where they can."""
    sides = {"subject": subject, "reference": reference, "holdout": holdout}
    there = {name: side for name, side in sides.items() if side is not None}
    for name, side in there.items():
        if not len(side.counts):
            return f"no record of the {name} has a row with columns"
    return None if _shared([*there.values()]) else "the sides have no column in common"


def scaled(subject: RowSample, reference: RowSample, holdout: RowSample | None = None) -> Sides:
    """The sides on the scale of reference and holdout together.

    A scale of its own for each side, as SDMetrics has it, lets one outlier of the reference make everything near to it.
    """
    samples = [side for side in (subject, reference, holdout) if side is not None]
    names = _shared(samples)
    kinds = [next((k for side in samples if (k := side.declared[side.names.index(name)])), "") for name in names]
    ordered = np.array([kind.partition(":")[0] in _ORDERED_KINDS for kind in kinds], bool)
    cells = [_cells(side, names, ordered) for side in samples]
    columns = [_column([(kind[:, c], key[:, c]) for kind, key in cells]) for c in range(len(names))]
    rows = [
        Rows(np.stack([column[0][at] for column in columns], 1), kind, side.counts, side.ids, side.hashes)
        for at, ((kind, _), side) in enumerate(zip(cells, samples, strict=True))
    ]
    order = _telling(rows[1])
    rows = [replace(side, values=side.values[:, order].copy(), kinds=side.kinds[:, order].copy()) for side in rows]
    real = rows[1:] if holdout is None else _equally_large(rows[1:], samples[1:])
    numbers = [[numbers_of(key[kind[:, c] == NUMBER, c]) for kind, key in cells] for c in order.tolist()]
    least, spans = (np.array(part) for part in zip(*(_range(column) for column in numbers), strict=True))
    names, ordered = tuple(names[c] for c in order.tolist()), ordered[order]
    return Sides(
        names,
        ordered,
        np.where([_whole(np.concatenate(column[1:])) for column in numbers], 1.0 / spans, 0.0),
        least,
        spans,
        tuple(columns[c][1] for c in order.tolist()),
        {name: _labels(samples, name, bool(by_size)) for name, by_size in zip(names, ordered, strict=True)},
        reference.last,
        rows[0],
        *real,
    )


def _telling(rows: Rows) -> NDArray[np.int64]:
    """The columns, those first in which rows beside each other differ most: distances that are too long are soon seen."""
    a, b = slice(0, min(1000, len(rows)) - 1), slice(1, min(1000, len(rows)))
    apart = np.minimum(np.abs(rows.values[a] - rows.values[b]), 1.0)
    apart[(rows.kinds[a] == NOMINAL) & (apart > 0) | (rows.kinds[a] != rows.kinds[b])] = 1.0
    return np.argsort(-apart.sum(0), kind="stable")


def _shared(samples: list[RowSample]) -> tuple[str, ...]:
    """The columns that all sides have, but for those that identify a record."""
    return tuple(
        name
        for name in samples[0].names
        if all(name in side.names for side in samples)
        and not any(side.declared[side.names.index(name)] in _NOT_COMPARED for side in samples)
    )


def _cells(side: RowSample, names: tuple[str, ...], ordered: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    at = [side.names.index(name) for name in names]
    kinds, keys = side.kinds[:, at].copy(), side.keys[:, at].copy()
    for c in np.flatnonzero(~ordered).tolist():
        numeric = np.isin(kinds[:, c], (NUMBER, TIME))
        keys[numeric, c] = row_hashes(kinds[numeric, c : c + 1], keys[numeric, c : c + 1])
        kinds[numeric, c] = TEXT
    return kinds, keys


def _column(sides: list[tuple[NDArray[np.uint8], NDArray[np.uint64]]]) -> tuple[list[NDArray[np.float64]], NDArray[np.uint64]]:
    """A column of each side, the subject's first: numbers over the range of the others, codes of categories."""
    out = [np.zeros(len(kinds)) for kinds, _ in sides]
    for kind in (NUMBER, TIME):
        found = [numbers_of(keys[kinds == kind]) for kinds, keys in sides]
        least, span = _range(found)
        for into, (kinds, _), numbers in zip(out, sides, found, strict=True):
            into[kinds == kind] = np.clip((numbers - least) / span, -1e9, 1e9)
    codes = np.unique(np.concatenate([keys[kinds == TEXT] for kinds, keys in sides]))
    for into, (kinds, keys) in zip(out, sides, strict=True):
        into[kinds == TEXT] = np.searchsorted(codes, keys[kinds == TEXT])
    return out, codes


def _range(sides: list[NDArray[np.float64]]) -> tuple[float, float]:
    """The smallest of the real numbers and the way to the largest, 1 where there is none; the subject's, where none is real."""
    real = np.concatenate(sides[1:]) if any(len(one) for one in sides[1:]) else sides[0]
    if not len(real):
        return 0.0, 1.0
    return float(real.min()), float(real.max()) - float(real.min()) or 1.0


def _labels(samples: list[RowSample], name: str, ordered: bool) -> dict[str, str]:
    """The spelling of a column's texts, and of its numbers where these are categories."""
    found: dict[str, str] = {}
    for side in samples:
        found |= side.labels.get(name, {})
        c = side.names.index(name)
        numeric = np.isin(side.kinds[:, c], (NUMBER, TIME))
        if ordered or not numeric.any():
            continue
        cells = np.unique(np.stack([side.kinds[numeric, c].astype(np.uint64), side.keys[numeric, c]], 1), axis=0)[:LABELS]
        hashes = row_hashes(cells[:, :1].astype(np.uint8), cells[:, 1:])
        found |= {key_label(h): cell_name(int(k), key, {}) for h, (k, key) in zip(hashes, cells, strict=True)}
    return found


def _whole(numbers: NDArray[np.float64]) -> bool:
    return len(numbers) > 0 and bool((numbers == np.floor(numbers)).all())


def _equally_large(rows: list[Rows], samples: list[RowSample]) -> list[Rows]:
    """Reference and holdout over the same part of all possible rows, the larger thinned, record by record, to the smaller.

    The larger of two would have the nearer records. Which of a row's copies stay depends on its hash.
    """
    ends = [side.hashes[-1] for side in samples if not side.complete]
    rows = [side.at(side.hashes <= min(ends)) if ends else side for side in rows]
    least = min(side.records for side in rows)
    return [_thinned(side, least) if side.records > least else side for side in rows]


def _thinned(rows: Rows, records: int) -> Rows:
    """``records`` of the records, those whose hash with the number of the copy is smallest."""
    of = np.repeat(np.arange(len(rows)), rows.counts)
    copy = np.arange(len(of)) - np.repeat(np.cumsum(rows.counts) - rows.counts, rows.counts)
    draws = row_hashes(np.zeros((len(of), 1), np.uint8), (rows.hashes[of] ^ copy.astype(np.uint64))[:, None])
    kept = np.bincount(of[np.argsort(draws, kind="stable")[:records]], minlength=len(rows))
    return rows.at(kept > 0, kept[kept > 0].astype(np.int64))


def split(rows: Rows) -> tuple[Rows, Rows]:
    """Two halves by a bit of the hash that drawing does not look at: copies stay together."""
    odd = (rows.hashes & np.uint64(1)).astype(bool)
    return rows.at(~odd), rows.at(odd)
