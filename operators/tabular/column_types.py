"""Cells of their column's type."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import FAULT, ID, ROW, Dimension, Direction
from engine.state import Product, Ratio, State, Tally, TopBy
from engine.value import Bars, Evidence, Value
from operators.kernels.buffers import valid_mask
from operators.table.cell_kinds import KINDS, MISSING
from operators.table.cell_kinds import kinds as cell_kinds

_FAMILY = {"integer": "number", "number": "number", "date": "datetime", "datetime": "datetime"}
_EXAMPLES, _SHOWN = 2, 10


@dataclass(frozen=True, eq=False)
class ColumnTallies(State):
    """Per column how many cells are of each kind, and the first records that have each; the first ``size`` columns by name."""

    size: int
    tallies: Product
    examples: Product

    def __add__(self, other: "ColumnTallies") -> "ColumnTallies":
        tallies = (self.tallies + other.tallies).states
        kept = dict(sorted(tallies.items())[: self.size])
        examples = (self.examples + other.examples).states
        return ColumnTallies(self.size, Product(kept), Product({name: examples[name] for name in examples if name in kept}))


@dataclass(frozen=True)
class ColumnTypes(Metric[Product]):
    """The share of cells that have the type of their column.

    ``cells of their column's type / cells that are not missing``, over all columns. A column's type is the commonest among
    its cells over the whole corpus: number (integers are numbers), boolean (true / false), datetime (ISO 8601, a date is one),
    or text. Text cells are whatever is left, and a text column holds anything: nothing is of the wrong type in it. Ties
    go to the first of text, number, boolean, datetime. Missing: null, NaN, and the strings of ``missing`` without regard
    to case. Cells of typed formats (Parquet, Arrow) have the type that the file gives them. Skipped: records without a row. A
    part per column gives its share of cells of its type, and below it the missing share and the share of each kind.

    0 to 1, higher is better, Wilson interval over cells. Cost: regular expressions over whole columns, about 5 million cells a
    second and core. At most ``max_columns`` columns are kept, the first by name.

    >>> row = pa.array([{"age": "31"}, {"age": "4.5"}, {"age": "old"}, {"age": "NA"}])
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2, 3], "_fault": pa.nulls(4, pa.string()), "row": row})
    >>> value = ColumnTypes().value(ColumnTypes().fold(batch))
    >>> round(value.value, 4), value.n, value.evidence[0].note
    (0.6667, 3, "column 'age' of number: text")

    Source: SDMetrics 0.32 (https://docs.sdv.dev/sdmetrics), data validity; Arrow type inference for CSV.
    """

    missing: tuple[str, ...] = MISSING
    max_columns: Annotated[int, Field(ge=1, le=10_000)] = 1000

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = (ROW,)
    unit: ClassVar[str] = "share of cells"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "SDMetrics, data validity"

    def zero(self) -> Product:
        """No cells."""
        return Product({"columns": ColumnTallies(self.max_columns, Product(), Product()), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Tell the kind of each cell, column by column."""
        rows, present = batch[ROW], valid_mask(batch[ROW])
        ids = batch[ID].to_numpy()[present]
        table = rows.filter(pa.array(present))
        kinds: dict[str, State] = {}
        examples: dict[str, State] = {}
        for name in sorted(field.name for field in rows.type)[: self.max_columns] if len(ids) else ():
            found = cell_kinds(table.field(name), self.missing)
            counts = np.bincount(found, minlength=len(KINDS))
            kinds[name] = Tally({kind: int(n) for kind, n in zip(KINDS, counts, strict=True) if n})
            examples[name] = Product({KINDS[k]: _examples(ids[found == k]) for k in np.flatnonzero(counts) if k})
        skipped = {
            "null": int(np.count_nonzero(~present & ~valid_mask(batch[FAULT]))),
            "unreadable": int(np.count_nonzero(~present & valid_mask(batch[FAULT]))),
        }
        return Product(
            {
                "columns": ColumnTallies(self.max_columns, Product(kinds), Product(examples)),
                "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of cells of their column's type."""
        tallies: dict[str, Tally] = state["columns"].tallies.states
        columns = {name: _column(tally) for name, tally in tallies.items()}
        fitting = sum((ratio for _, ratio in columns.values()), Ratio())
        skipped: dict[str, int] = state["skipped"].nonzero()
        if fitting.n == 0:
            return Value.missing("no column has a cell that is not missing", skipped)
        worst = sorted((name for name in columns if columns[name][1].n), key=lambda name: (_share(columns[name][1]), name))
        return fitting.share().with_(
            skipped=skipped,
            parts={name: _part(tallies[name], ratio) for name, (_, ratio) in columns.items()},
            plot=Bars(tuple(worst), tuple(_share(columns[name][1]) for name in worst), "share of cells of the column's type"),
            evidence=_evidence(columns, tallies, state["columns"].examples),
        )


def _examples(ids: NDArray[np.int64]) -> TopBy:
    first = np.partition(ids, _EXAMPLES - 1)[:_EXAMPLES] if len(ids) > _EXAMPLES else ids
    return TopBy.of(np.ones(len(first)), first, size=_EXAMPLES)


def _column(tally: Tally) -> tuple[str, Ratio]:
    """The column's type and how many of its cells have it."""
    families = {"text": 0, "number": 0, "boolean": 0, "datetime": 0, "other": 0}
    for kind, count in tally.counts.items():
        if kind != "missing":
            families[_FAMILY.get(kind, kind)] += count
    commonest = max(families, key=families.__getitem__)
    n = sum(families.values())
    return commonest, Ratio(n if commonest in ("text", "other") else families[commonest], n)


def _share(ratio: Ratio) -> float:
    return ratio.hits / ratio.n


def _part(tally: Tally, ratio: Ratio) -> Value:
    cells = sum(tally.counts.values())
    kinds = {kind: Ratio(tally[kind], cells).share() for kind in KINDS if tally[kind] or kind == "missing"}
    return ratio.share("every cell is missing").with_(parts=kinds)


def _evidence(columns: dict[str, tuple[str, Ratio]], tallies: dict[str, Tally], examples: Product) -> tuple[Evidence, ...]:
    """Records with a cell that is not of its column's type; the score is how common the column's type is."""
    odd = [
        Evidence(entry.record, _share(ratio), f"column '{name}' of {kind}: {other}")
        for name, (kind, ratio) in columns.items()
        if kind not in ("text", "other")
        for other in tallies[name].counts
        if other != "missing" and _FAMILY.get(other, other) != kind
        for entry in examples[name][other].evidence()
    ]
    return tuple(sorted(odd, key=lambda entry: (-entry.score, entry.record, entry.note))[:_SHOWN])
