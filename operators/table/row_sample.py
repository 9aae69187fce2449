"""A sample of a table's rows that no cut of the data changes, as numbers: what distances, attacks and models are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import FAULT, ID, ROW
from engine.state import State, Tally
from operators.kernels.buffers import valid_mask
from operators.kernels.distinct import ordered_keys
from operators.kernels.hashing import C1, C2, hash_array
from operators.table.column import LABEL_CHARACTERS
from operators.table.observe import Seen, declared, observe
from operators.table.profile import COLUMNS

MISSING, NUMBER, TIME, TEXT = range(4)
"""What is in a cell."""
SIZE, ALL = 20_000, 100_000
CELLS = 1 << 22
"""Distinct rows drawn; for distances, so that tables of ordinary size are compared whole; and how many cells these have at
most: wide tables have fewer rows."""
LABELS = 64
"""Texts of a column whose spelling is kept: those with the smallest hash, so all of a column that has no more."""


@dataclass(frozen=True, eq=False)
class RowSample(State):
    """The ``size`` distinct rows with the smallest hash, and how many records have each.

    Whether a row is drawn depends on its cells alone, not on order, shard or worker, and is the same on every side: of a row
    that two sides share both are drawn or neither, so that copies are found at their full rate however small the sample is. A
    row that is drawn was drawn in every part that saw it, so its count is exact.

    Args:
        size: how many distinct rows to keep.
        rows: records with a row.
        skipped: records without, by reason.
        names: of the columns, in order of name.
        declared: the kind that the plan gives each; empty where it gives none.
        last: the column that comes last in the dataset.
        hashes, counts, ids: (m,) of the drawn rows in order of hash; the smallest id of the records that have it.
        kinds: (m, d) what is in each cell.
        keys: (m, d) the `operators.kernels.distinct.ordered_keys` of numbers and times, the hash of texts, 0 for nothing.
        labels: of each column with texts, the spelling of those with the smallest hashes, by hash in hexadecimal.
    """

    size: int = SIZE
    rows: int = 0
    skipped: Tally = field(default_factory=Tally)
    names: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    last: str = ""
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    kinds: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 0), np.uint8))
    keys: NDArray[np.uint64] = field(default_factory=lambda: np.empty((0, 0), np.uint64))
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __add__(self, other: Self) -> "Self":
        if self.size != other.size:
            raise ValueError("samples of different sizes do not merge")
        rows, skipped = self.rows + other.rows, self.skipped + other.skipped
        if not self.names or not other.names:
            held = self if self.names else other
            return type(self)(**{**vars(held), "rows": rows, "skipped": skipped})
        if self.names != other.names:
            raise ValueError("samples of tables with other columns do not merge")
        kinds = tuple(max(pair) for pair in zip(self.declared, other.declared, strict=True))
        both = ("hashes", "counts", "ids", "kinds", "keys")
        parts = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in both}
        drawn = _drawn(self.size, **parts)
        labels = {name: fewest({**self.labels.get(name, {}), **other.labels.get(name, {})}) for name in self._texts(other)}
        return type(self)(self.size, rows, skipped, self.names, kinds, min(self.last, other.last), **drawn, labels=labels)

    def _texts(self, other: Self) -> list[str]:
        return sorted({*self.labels, *other.labels})

    @property
    def complete(self) -> bool:
        """Whether these are all rows that there were."""
        return int(self.counts.sum()) == self.rows

    @property
    def weights(self) -> NDArray[np.float64]:
        """(m,) the counts as numbers."""
        return self.counts.astype(np.float64)


def fold(batch: pa.RecordBatch, size: int) -> RowSample:
    """The sample of a batch's rows."""
    rows, present = batch[ROW], valid_mask(batch[ROW])
    skipped = skipped_of(batch, present)
    fields = sorted(rows.type, key=lambda column: column.name)[:COLUMNS]
    if not present.any() or not fields:
        return RowSample(size, int(present.sum()), skipped)
    table = rows if present.all() else rows.filter(pa.array(present))
    ids = batch[ID].to_numpy()[present]
    seen = [observe(table.field(column.name), declared(column)) for column in fields]
    kinds, keys, labels = cells_of(seen, [column.name for column in fields], len(ids))
    hashes, counts = row_hashes(kinds, keys), np.ones(len(ids), np.int64)
    drawn = _drawn(size, hashes=hashes, counts=counts, ids=ids, kinds=kinds, keys=keys)
    names, said = tuple(column.name for column in fields), tuple(declared(column) for column in fields)
    return RowSample(size, len(ids), skipped, names, said, rows.type[-1].name, **drawn, labels=labels)


def skipped_of(batch: pa.RecordBatch, present: NDArray[np.bool_]) -> Tally:
    """Records without a row, by reason."""
    unreadable = ~present & valid_mask(batch[FAULT])
    counts = {"null": np.count_nonzero(~present & ~unreadable), "unreadable": np.count_nonzero(unreadable)}
    return Tally({reason: int(count) for reason, count in counts.items() if count})


def cells_of(
    seen: list[Seen], names: list[str], n: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint64], dict[str, dict[str, str]]]:
    """What is in each cell of some columns, its key, and the spelling of texts."""
    kinds, keys = np.zeros((n, len(seen)), np.uint8), np.zeros((n, len(seen)), np.uint64)
    labels = {}
    for at, (name, one) in enumerate(zip(names, seen, strict=True)):
        for kind, values in ((NUMBER, one.numbers), (TIME, one.times)):
            if values is not None:
                there = ~np.isnan(values)
                kinds[there, at], keys[there, at] = kind, ordered_keys(values[there])
        if one.texts is not None:
            there, hashes = one.texts >= 0, hash_array(one.words)[:, 0]
            kinds[there, at], keys[there, at] = TEXT, hashes[one.texts[there]]
            labels[name] = _labels(hashes, one.words)
    return kinds, keys, labels


def _labels(hashes: NDArray[np.uint64], words: pa.Array) -> dict[str, str]:
    few = np.unique(hashes, return_index=True)[1][:LABELS]
    spelt = words.take(pa.array(few)).to_pylist()
    return fewest({key_label(hashes[at]): word[:LABEL_CHARACTERS] for at, word in zip(few, spelt, strict=True)})


def key_label(key: Any) -> str:
    """How a text's hash is written: in sixteen digits, so that these sort as the hashes do."""
    return f"{int(key):016x}"


def fewest(labels: Mapping[str, str]) -> dict[str, str]:
    """As many spellings as are kept."""
    return {key: labels[key] for key in sorted(labels)[:LABELS]}


def row_hashes(kinds: NDArray[np.uint8], keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(n,) hashes of rows of cells.

    >>> one = row_hashes(np.uint8([[1, 3], [1, 3], [1, 0]]), np.uint64([[5, 7], [5, 7], [5, 0]]))
    >>> bool(one[0] == one[1]), bool(one[0] == one[2])
    (True, False)
    """
    found = np.full(len(kinds), C1, np.uint64)
    for at in range(kinds.shape[1]):
        found = _mixed(found ^ keys[:, at]) + C2 * (kinds[:, at].astype(np.uint64) + np.uint64(1))
    return _mixed(found)


def _mixed(k: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """`operators.kernels.hashing.mix` of each."""
    k = (k ^ (k >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    k = (k ^ (k >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return k ^ (k >> np.uint64(33))


def _drawn(size: int, hashes: Any, counts: Any, ids: Any, kinds: Any, keys: Any) -> dict[str, Any]:
    """The first ``size`` distinct hashes of the rows, each with its count and its first record."""
    order = np.lexsort((ids, hashes))
    drawn, first = np.unique(hashes[order], return_index=True)
    total = np.add.reduceat(counts[order], first)
    most = min(size, max(1, CELLS // kinds.shape[1]))
    at = order[first[:most]]
    return {"hashes": drawn[:most], "counts": total[:most], "ids": ids[at], "kinds": kinds[at], "keys": keys[at]}
