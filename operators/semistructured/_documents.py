"""What the metrics on JSON's paths share: one walk over the documents, one state for all of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Fold
from engine.state import CellsBy, Product, Sample, Tally
from engine.value import Value
from operators.kernels import json_paths
from operators.kernels.buffers import strings
from operators.kernels.hashing import hash_array
from operators.kernels.json_paths import BOOLEAN, NUMBER, STRING, Nodes
from operators.kernels.json_syntax import check

MAX_DEPTH = 128
HELD, NODES = 7, 8
"""Cells of a path: records with a value of kind k are in cell k, records with any value in `HELD`, values of kind k in
`NODES` + k."""
NUMBERS, TEXTS, TRUTHS = range(3)
"""Of what a cell of values is: a cell is 3 * (a number's bucket, a text's one of 256, a boolean) + one of these."""
ERROR = 0.005
_TEXT_CELLS = 256
_SAMPLED_BYTES = 1 << 13
_TINY = 1e-9
_GAMMA = (1 + ERROR) / (1 - ERROR)


@dataclass(frozen=True)
class Documents(Fold[Product]):
    """Folds JSON documents into the counts of their paths, kinds and values, and a sample of them.

    Args:
        paths: how many distinct paths are counted exactly; of more, those with the smallest hash.
        valued: of how many paths the values are counted.
        sampled: how many distinct documents are drawn, for what has to look at whole documents at the end.
    """

    paths: Annotated[int, Field(ge=16, le=1 << 16)] = 4096
    valued: Annotated[int, Field(ge=16, le=4096)] = 256
    sampled: Annotated[int, Field(ge=16, le=1 << 16)] = 256

    reads: ClassVar[tuple[str, ...]] = ("json",)

    @property
    def shares(self) -> str:
        """One state, whichever of them are measured."""
        return f"semistructured.documents of {self.paths} paths, {self.valued} with values, {self.sampled} drawn"

    def zero(self) -> Product:
        """No documents."""
        kinds, values, names = CellsBy(self.paths, 16), CellsBy(self.valued), Sample(self.paths)
        return Product({"kinds": kinds, "values": values, "names": names, "seen": Tally(), "sample": Sample(self.sampled)})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Walk over the documents."""
        texts = strings(batch["json"])
        codes, _ = check(texts.offsets, texts.data, MAX_DEPTH)
        found, cut = json_paths.nodes(texts, texts.valid & (codes == 0))
        skipped = {"no document": ~texts.valid, "not strict JSON": texts.valid & (codes != 0), "too many values": cut}
        counts = {reason: int(np.count_nonzero(rows)) for reason, rows in skipped.items()}
        read = texts.valid & (codes == 0) & ~cut
        long = read & (np.diff(texts.offsets) > _SAMPLED_BYTES)
        counts |= {"read": int(np.count_nonzero(read)), "too long": int(np.count_nonzero(long))}
        return Product(
            {
                "kinds": self.kinds(found),
                "values": self.values(found),
                "names": Sample.of(found.path, Names(found, texts.data), self.paths),
                "seen": Tally({reason: n for reason, n in counts.items() if n}),
                "sample": _sample(batch["json"], read & ~long, self.sampled),
            }
        )

    def kinds(self, found: Nodes) -> CellsBy:
        """How many records and values each path has, by kind."""
        every = pl.DataFrame({"row": found.row, "path": found.path, "kind": found.kind})
        by_record = every.group_by("row", "path", "kind").len("values")
        by_kind = by_record.group_by("path", "kind").agg(pl.len().alias("records"), pl.col("values").sum())
        held = by_record.select("row", "path").unique().group_by("path").len("records")
        keys = (by_kind["path"], by_kind["path"], held["path"])
        cells = (by_kind["kind"], NODES + by_kind["kind"], pl.Series(np.full(len(held), HELD)))
        counts = (by_kind["records"], by_kind["values"], held["records"])
        key, cell, count = (np.concatenate([one.to_numpy() for one in of]) for of in (keys, cells, counts))
        return CellsBy.of(key.astype(np.uint64), cell, self.paths, 16, count.astype(np.int64))

    def values(self, found: Nodes) -> CellsBy:
        """How often each path has each value, numbers in buckets and texts in 256 cells by hash."""
        chosen = (found.kind >= BOOLEAN) & (found.kind <= STRING)
        every = pl.DataFrame({"path": found.path[chosen], "cell": value_cells(found)[chosen]})
        counted = every.group_by("path", "cell").len("count")
        path, cell, count = (counted[name].to_numpy() for name in ("path", "cell", "count"))
        return CellsBy.of(path, cell, self.valued, count=count.astype(np.int64))


@dataclass(frozen=True)
class Names:
    """The paths of some values as JSON, each made when it is looked at."""

    found: Nodes
    data: NDArray[np.uint8]

    def __getitem__(self, node: int) -> str:
        return json.dumps(json_paths.steps(self.found, self.data, int(node)))


def paths_of(state: Product) -> dict[int, list[json_paths.Step]]:
    """The counted paths by their hashes."""
    return {key: json.loads(name) for key, _, name in state["names"].entries}


def skipped_of(state: Product) -> Mapping[str, int]:
    """Documents that were not read, by reason."""
    return {reason: n for reason, n in state["seen"].nonzero().items() if reason not in ("read", "too long")}


def sampled_of(state: Product) -> tuple[list[str], NDArray[np.int64], bool]:
    """The sampled documents, how many records each stands for, and whether they are all there are."""
    entries = state["sample"].entries
    complete = len(entries) < state["sample"].size and not state["seen"]["too long"]
    return [text for *_, text in entries], np.array([count for _, count, _ in entries], np.int64), complete


def counts_of(kinds: CellsBy, cell: int) -> dict[int, int]:
    """How often each path has a cell."""
    chosen = kinds.cell == cell
    return dict(zip(kinds.key[chosen].tolist(), kinds.count[chosen].tolist(), strict=True))


def value_cells(found: Nodes) -> NDArray[np.int64]:
    """The cell of each value, as `CellsBy` counts them."""
    size = np.abs(found.number)
    level = np.ceil((np.log(np.maximum(size, _TINY)) - np.log(_TINY)) / np.log(_GAMMA)).astype(np.int64) + 1
    bucket = np.where(size <= _TINY, 0, np.sign(found.number).astype(np.int64) * level)
    text = (found.text % np.uint64(_TEXT_CELLS)).astype(np.int64)
    cells = np.where(found.kind == STRING, 3 * text + TEXTS, 3 * bucket + NUMBERS)
    return np.where(found.kind == BOOLEAN, 3 * (found.number > 0).astype(np.int64) + TRUTHS, cells)


def bounds(bucket: int) -> tuple[float, float]:
    """The least and the greatest number of a bucket.

    >>> low, high = bounds(value_cells_of(20.0))
    >>> low < 20.0 <= high < 20.3
    True
    """
    if bucket == 0:
        return -_TINY, _TINY
    high = _TINY * _GAMMA ** (abs(bucket) - 1)
    return (high / _GAMMA, high) if bucket > 0 else (-high, -high / _GAMMA)


def value_cells_of(number: float) -> int:
    """The bucket of a number."""
    empty, one = np.zeros(1, np.int64), np.array([number])
    node = Nodes(empty, empty, empty + NUMBER, empty.view(np.uint64), empty, empty, one, empty.view(np.uint64))
    return int(value_cells(node)[0]) // 3


def drawn_only(value: Value, state: Product) -> Value:
    """The value as what it is where not all documents were looked at: an estimate, which says from how many."""
    n = len(state["sample"].entries)
    if sampled_of(state)[2] or value.value is None:
        return value
    return value.with_(estimator="sample", reason=f"from {n:,} distinct documents of up to 8 kB drawn by hash: see sampled")


def _sample(column: pa.Array, read: NDArray[np.bool_], size: int) -> Sample:
    """A sample of some documents."""
    rows = np.flatnonzero(read)
    return Sample.of(hash_array(column)[rows, 0], column.take(pa.array(rows, pa.int64())), size)
