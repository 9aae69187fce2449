"""One state for all that is said of a table's columns and pairs of columns: folded once, whatever reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import FAULT, ID, ROW
from engine.state import Moments, State, Tally
from operators.kernels.buffers import valid_mask
from operators.kernels.distinct import moved, pair_tables
from operators.kernels.exact_products import products, sums
from operators.table.column import ColumnProfile, codes_of, profiled, recoded
from operators.table.observe import Seen, declared, observe

COLUMNS, PAIRED = 256, 64
"""How many columns are kept, and between how many of these pairs are: the first by name, but for declared texts and ids."""
PAIR_CELLS, WIDEST = 4096, 128
"""Cells of all paired columns together, and of one."""

Sums = tuple[int, int, int, int, int, int]
"""Of the rows that have numbers in both of two columns: how many, and the sums of x, y, x², y², xy in units of 2**-1074."""


@dataclass(frozen=True, eq=False)
class Profile(State):
    """What is kept of a table.

    Args:
        rows: how many.
        skipped: records without a row, by reason.
        columns: by name.
        paired: the columns of which pairs are counted.
        tables: of each pair of them, in the order of `itertools.combinations`, how often each pair of codes occurs
            (`operators.table.column.profiled`), one table after the other.
        products: the `Sums` of pairs of tracks that have numbers or times in the same rows, by `product_key`.
    """

    rows: int = 0
    skipped: Tally = field(default_factory=Tally)
    columns: Mapping[str, ColumnProfile] = field(default_factory=dict)
    paired: tuple[str, ...] = ()
    tables: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    products: Mapping[str, Sums] = field(default_factory=dict)

    def __add__(self, other: Self) -> "Self":
        rows, skipped = self.rows + other.rows, self.skipped + other.skipped
        if not self.columns or not other.columns:
            held = self if self.columns else other
            return type(self)(rows, skipped, held.columns, held.paired, held.tables, held.products)
        if [*self.columns] != [*other.columns]:
            raise ValueError("profiles of tables with other columns do not merge")
        columns = {name: column + other.columns[name] for name, column in self.columns.items()}
        tables = _recoded_tables(self, columns) + _recoded_tables(other, columns)
        return type(self)(rows, skipped, columns, self.paired, tables, _added(self.products, other.products))

    def table(self, a: str, b: str) -> NDArray[np.int64]:
        """(codes of a, codes of b) how often each pair occurs; both columns are paired ones."""
        if self.paired.index(a) > self.paired.index(b):
            return self.table(b, a).T
        widths, starts = _layout(self.columns, self.paired)
        pair = [*combinations(self.paired, 2)].index((a, b))
        shape = int(widths[self.paired.index(a)]), int(widths[self.paired.index(b)])
        return self.tables[starts[pair] : starts[pair + 1]].reshape(shape)


def product_key(a: str, a_track: str, b: str, b_track: str) -> str:
    """The key of two tracks in ``products``; a comes before b in ``paired``."""
    return f"{a_track}:{b_track}:{len(a)}:{a}{b}"


def fold(batch: pa.RecordBatch) -> Profile:
    """The profile of a batch's rows."""
    rows, present = batch[ROW], valid_mask(batch[ROW])
    ids = batch[ID].to_numpy()[present]
    table = rows if present.all() else rows.filter(pa.array(present))
    fields = sorted(rows.type, key=lambda column: column.name)[:COLUMNS]
    kinds = {column.name: declared(column) for column in fields}
    paired = tuple(name for name, kind in kinds.items() if kind not in ("text", "id"))[:PAIRED]
    width = max(16, min(WIDEST, PAIR_CELLS // max(1, len(paired))))
    seen = {name: observe(table.field(name), kind) for name, kind in kinds.items()}
    parts = {name: profiled(one, ids, kinds[name], width) for name, one in seen.items()}
    columns = {name: column for name, (column, _) in parts.items()}
    tables = _tables(columns, paired, [parts[name][1] for name in paired], len(ids))
    return Profile(len(ids), _skipped(batch, present), columns, paired, tables, _products(seen, columns, paired))


def _skipped(batch: pa.RecordBatch, present: NDArray[np.bool_]) -> Tally:
    unreadable = ~present & valid_mask(batch[FAULT])
    counts = {"null": np.count_nonzero(~present & ~unreadable), "unreadable": np.count_nonzero(unreadable)}
    return Tally({reason: int(count) for reason, count in counts.items() if count})


def _layout(columns: Mapping[str, ColumnProfile], paired: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many codes each paired column has, and where the table of each pair begins."""
    widths = np.array([codes_of(columns[name]) for name in paired], np.int64)
    left, right = np.triu_indices(len(paired), 1)
    return widths, np.concatenate([[0], np.cumsum(widths[left] * widths[right])]).astype(np.int64)


def _tables(
    columns: Mapping[str, ColumnProfile], paired: tuple[str, ...], codes: list[NDArray[np.int16]], rows: int
) -> NDArray[np.int64]:
    widths, starts = _layout(columns, paired)
    left, right = np.triu_indices(len(paired), 1)
    stacked = np.stack(codes) if codes else np.empty((0, rows), np.int16)
    found: NDArray[np.int64] = pair_tables(stacked, left, right, widths, starts)
    return found


def _recoded_tables(old: Profile, columns: Mapping[str, ColumnProfile]) -> NDArray[np.int64]:
    """The tables of a part in the codes of the whole."""
    widths, starts = _layout(old.columns, old.paired)
    wider, begins = _layout(columns, old.paired)
    maps = np.zeros((len(old.paired), int(widths.max(initial=1))), np.int64)
    same = bool(np.array_equal(widths, wider))
    for at, name in enumerate(old.paired):
        maps[at, : widths[at]] = recoded(old.columns[name], columns[name])
        same = same and bool((maps[at, : widths[at]] == np.arange(widths[at])).all())
    if same:
        return old.tables
    left, right = np.triu_indices(len(old.paired), 1)
    found: NDArray[np.int64] = moved(old.tables, starts, widths, maps, begins, wider, left, right)
    return found


def _products(seen: Mapping[str, Seen], columns: Mapping[str, ColumnProfile], paired: tuple[str, ...]) -> dict[str, Sums]:
    """The sums of pairs of tracks in one batch: those of whole columns are known, others are made anew."""
    tracks = [(name, track) for name in paired for track in ("numbers", "times") if getattr(seen[name], track) is not None]
    pairs = [(i, j) for i, j in combinations(range(len(tracks)), 2) if tracks[i][0] != tracks[j][0]]
    if not pairs:
        return {}
    values = [getattr(seen[name], track) for name, track in tracks]
    full = [columns[name].tracks[track].moments.n == len(values[0]) for name, track in tracks]
    left, right = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    found = {}
    for (i, j), product in zip(pairs, products(values, left, right), strict=True):
        n, x, xx, y, yy = _both(values, columns, tracks, i, j, full[i] and full[j])
        if n:
            found[product_key(*tracks[i], *tracks[j])] = (n, x, y, xx, yy, product)
    return dict(sorted(found.items()))


def _both(values: Any, columns: Any, tracks: Any, i: int, j: int, full: bool) -> tuple[int, int, int, int, int]:
    if full:
        a, b = (columns[name].tracks[track].moments for name, track in (tracks[i], tracks[j]))
        return a.n, a.total.numerator, a.squares.numerator, b.total.numerator, b.squares.numerator
    n, x, xx = _where(values[i], values[j], columns[tracks[i][0]].tracks[tracks[i][1]].moments)
    _, y, yy = _where(values[j], values[i], columns[tracks[j][0]].tracks[tracks[j][1]].moments)
    return n, x, xx, y, yy


def _where(x: NDArray[np.float64], y: NDArray[np.float64], whole: Moments) -> tuple[int, int, int]:
    """How many numbers of x stand beside one of y, their sum and that of their squares: from what does not, if that is less."""
    lacking = np.isnan(y)
    rest = int(np.count_nonzero(lacking))
    if 2 * rest > len(y):
        return sums(x[None, ~lacking])[0]
    n, total, squares = sums(x[None, lacking])[0] if rest else (0, 0, 0)
    return whole.n - n, whole.total.numerator - total, whole.squares.numerator - squares


def _added(mine: Mapping[str, Sums], theirs: Mapping[str, Sums]) -> dict[str, Sums]:
    none = (0, 0, 0, 0, 0, 0)
    keys = sorted({*mine, *theirs})
    return {key: tuple(a + b for a, b in zip(mine.get(key, none), theirs.get(key, none), strict=True)) for key in keys}  # type: ignore[misc]
