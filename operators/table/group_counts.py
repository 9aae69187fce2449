"""How many records have each combination of cells of some columns, and what groups of them are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import ID, ROW
from engine.state import State, Tally
from operators.kernels.buffers import valid_mask
from operators.kernels.distinct import numbers_of
from operators.table.aligned import said
from operators.table.observe import declared, observe
from operators.table.row_sample import NUMBER, TEXT, TIME, cells_of, fewest, key_label, row_hashes, skipped_of

COMBINATIONS = 1 << 17
"""Combinations that are counted; beyond, those of the groups with the smallest hashes."""
_ALL = 1 << 64


@dataclass(frozen=True, eq=False)
class GroupCounts(State):
    """Counts of combinations of cells, whole groups at a time: a group is what has the same cells in the first ``by`` columns.

    Where there are too many, the groups with the smallest hashes are kept, each with all of its combinations, so that its
    counts are exact, whatever the order and the cut.

    Args:
        by: how many of the columns make a group.
        most: combinations to keep.
        rows: records with a row.
        skipped: records without, by reason.
        names: of the columns, the group's first.
        lost: those that the rows do not have.
        bound: groups whose hash is this or more are not kept; 2**64 where all are.
        hashes: (m,) of the groups, in order.
        kinds, keys: (m, d) of the cells (`operators.table.row_sample.RowSample`).
        counts, ids: (m,) records that have the combination, and the first of them.
        labels: of each column, the spelling of the texts with the smallest hashes, by hash.
    """

    by: int = 1
    most: int = COMBINATIONS
    rows: int = 0
    skipped: Tally = field(default_factory=Tally)
    names: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    bound: int = _ALL
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    kinds: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 0), np.uint8))
    keys: NDArray[np.uint64] = field(default_factory=lambda: np.empty((0, 0), np.uint64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __add__(self, other: Self) -> "Self":
        rows, skipped = self.rows + other.rows, self.skipped + other.skipped
        lost = tuple(sorted({*self.lost, *other.lost}))
        if not len(self.counts) or not len(other.counts):
            held = self if len(self.counts) else other
            bound, names = min(self.bound, other.bound), self.names or other.names
            return replace(held, by=max(self.by, other.by), rows=rows, skipped=skipped, lost=lost, bound=bound, names=names)
        both = ("hashes", "kinds", "keys", "counts", "ids")
        parts = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in both}
        labels = {
            name: fewest({**self.labels.get(name, {}), **other.labels.get(name, {})})
            for name in sorted({*self.labels, *other.labels})
        }
        whole = type(self)(self.by, self.most, rows, skipped, self.names, lost, min(self.bound, other.bound), labels=labels)
        return whole._with(parts)

    def _with(self, parts: dict[str, Any]) -> Self:
        """With the combinations of some rows: each once, groups beyond the bound or beyond ``most`` left out."""
        if self.bound < _ALL:
            kept = parts["hashes"] < np.uint64(self.bound)
            parts = {name: part[kept] for name, part in parts.items()}
        whole = row_hashes(parts["kinds"], parts["keys"])
        order = np.lexsort((parts["ids"], whole, parts["hashes"]))
        parts, whole = {name: part[order] for name, part in parts.items()}, whole[order]
        hashes = parts["hashes"]
        new = np.ones(len(whole), bool)
        new[1:] = (whole[1:] != whole[:-1]) | (hashes[1:] != hashes[:-1])
        first = np.flatnonzero(new)
        counts = np.add.reduceat(parts["counts"], first) if len(first) else parts["counts"]
        parts = {name: part[first] for name, part in parts.items()} | {"counts": counts}
        bound = self.bound
        if len(first) > self.most:
            bound = int(parts["hashes"][self.most])
            kept = parts["hashes"] < np.uint64(bound)
            parts = {name: part[kept] for name, part in parts.items()}
        return replace(self, bound=bound, **parts)

    @property
    def complete(self) -> bool:
        """Whether all groups are kept."""
        return self.bound == _ALL

    def merged(self, columns: tuple[int, ...]) -> "Groups":
        """The groups by some of the columns."""
        found = row_hashes(self.kinds[:, columns], self.keys[:, columns])
        hashes, first, at = np.unique(found, return_index=True, return_inverse=True)
        names = tuple(" & ".join(self.cell(int(row), c) for c in columns) for row in first.tolist())
        return Groups(hashes, names, at, np.bincount(at, self.counts, len(hashes)).astype(np.int64))

    def cell(self, row: int, c: int) -> str:
        """How a cell is written."""
        return cell_name(int(self.kinds[row, c]), self.keys[row, c], self.labels.get(self.names[c], {}))


@dataclass(frozen=True)
class Groups:
    """Groups of the combinations of a `GroupCounts`: hash and name of each, the group of each combination, records in each."""

    hashes: NDArray[np.uint64]
    names: tuple[str, ...]
    at: NDArray[np.int64]
    counts: NDArray[np.int64]


def cell_name(kind: int, key: Any, labels: Mapping[str, str]) -> str:
    """How a cell is written."""
    if kind == TEXT:
        return labels.get(key_label(key), f"text {int(key):x}")
    if kind in (NUMBER, TIME):
        number = float(numbers_of(np.array([key], np.uint64))[0])
        return said(number, "numbers" if kind == NUMBER else "times")
    return "nothing"


def fold(batch: pa.RecordBatch, columns: tuple[str, ...], by: int, most: int = COMBINATIONS) -> GroupCounts:
    """The counts of a batch's rows."""
    rows, present = batch[ROW], valid_mask(batch[ROW])
    skipped, n = skipped_of(batch, present), int(present.sum())
    there = {column.name for column in rows.type}
    lost = tuple(sorted({*columns} - there))
    empty = GroupCounts(by, most, n, skipped, columns, lost)
    if lost or not n or not columns:
        return empty
    table = rows if present.all() else rows.filter(pa.array(present))
    fields = [rows.type.field(name) for name in columns]
    seen = [observe(table.field(column.name), declared(column)) for column in fields]
    kinds, keys, labels = cells_of(seen, list(columns), n)
    parts = {"hashes": row_hashes(kinds[:, :by], keys[:, :by]), "kinds": kinds, "keys": keys}
    parts |= {"counts": np.ones(n, np.int64), "ids": batch[ID].to_numpy()[present]}
    return replace(empty, labels=labels)._with(parts)
