"""Vectors of rows of tables by their cells, whose cosines are Gower's similarities, without a model."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.feature import Columns, Feature
from engine.schema import ROW
from operators.kernels.buffers import valid_mask
from operators.kernels.count_sketch import sketched
from operators.kernels.distinct import numbers_of
from operators.kernels.hashing import hash_array, mix
from operators.kernels.vectors import VECTOR, column, unit
from operators.table.observe import declared, observe
from operators.table.profile import COLUMNS
from operators.table.row_sample import NUMBER, TIME, cells_of

Floats = NDArray[np.float64]
Range = tuple[float, float] | tuple[str, str]
_KIND = np.uint64(0x9E3779B97F4A7C15)
_ORDERED = ("", "number", "datetime")


@dataclass(frozen=True)
class RowEmbedding(Feature):
    """``embedding``: the vector of ``row``, so that metrics on embeddings compare whole tables of any size by their cells.

    The cosine of two rows is one minus the distance of `tabular.dcr` (Gower 1971), with two changes. A number or time of a
    column in ``ranges`` is written as ``steps`` marks on its way through the range (a thermometer), of which the one that it
    stands at is partly there: two that are ``x`` of the range apart differ by ``x``, as near as a step allows; within one step
    by ``steps * x²``, which is less. All other cells are equal or not, counted in ``d`` places by hash, with an error of about
    ``(2 / d)**0.5`` of a distance. Rows in which all is equal are at one place.

    Give the ranges of the reference and the holdout together (`auditor init` shows what it saw); values beyond count as the
    end. Left out: columns that the plan's types call ids. Then `corpus.dcr_share`, `corpus.nndr`, `corpus.coverage`,
    `corpus.membership_inference` and the others are about rows, over all of them, on any number of machines, through
    `relations.neighbors`. Its ratios are of Euclidean distances, the roots of Gower's. Cost: 5 us a row of 15 columns.

    Args:
        ranges: of columns of numbers, as two numbers, and of times, as two ISO 8601 texts; must be given.
        steps: marks in a range.
        d: places of the other cells.

    >>> rows = pa.array([{"age": 20, "job": "a"}, {"age": 20, "job": "a"}, {"age": 45, "job": "a"}, {"age": 20, "job": "b"}])
    >>> batch = pa.RecordBatch.from_pydict({"row": rows, "_fault": pa.nulls(4, pa.string())})
    >>> found = RowEmbedding({"age": (20, 70)}).open()(batch)["embedding"]
    >>> one, same, older, other = np.array(found.to_pylist(), float)
    >>> [round(float(one @ row), 2) for row in (same, older, other)]
    [1.0, 0.75, 0.5]

    Source: Gower 1971; Weinberger et al. 2009 (feature hashing); thermometer codes as in Buckman et al. 2018.
    """

    ranges: Mapping[str, Range] | None = None
    steps: Annotated[int, Field(ge=2, le=256)] = 16
    d: Annotated[int, Field(ge=16, le=4096)] = 512

    reads: ClassVar[tuple[str, ...]] = (ROW,)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"embedding": VECTOR}
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it makes every metric on embeddings one on the cells of rows: give the ranges of its numbers"

    def obstacle(self) -> str | None:
        """Whether ranges are given, and are ranges."""
        if self.ranges is None:
            return "say the ranges of numbers and times in [features.row_embedding]: ranges = { age = [17, 90] }, or {}"
        for name, ends in self.ranges.items():
            try:
                least, greatest = map(_number, ends)
            except ValueError:
                return f"the range of {name!r} is neither two numbers nor two ISO 8601 times"
            if not least < greatest:
                return f"the range of {name!r} ends where it begins, or before"
        return None

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        scales = {name: tuple(map(_number, ends)) for name, ends in (self.ranges or {}).items()}
        return lambda batch: self._columns(batch[ROW], scales)

    def _columns(self, rows: pa.StructArray, scales: Mapping[str, tuple[float, ...]]) -> Columns:
        valid = valid_mask(rows)
        table = rows if valid.all() else rows.filter(pa.array(valid))
        fields = [each for each in sorted(rows.type, key=lambda one: one.name)[:COLUMNS] if declared(each) != "id"]
        if not fields or not len(table):
            return {"embedding": pa.nulls(len(rows), VECTOR)}
        names = [each.name for each in fields]
        kinds, keys, _ = cells_of([observe(table.field(each.name), declared(each)) for each in fields], names, len(table))
        by_size = {name for name, each in zip(names, fields, strict=True) if declared(each).partition(":")[0] in _ORDERED}
        marks = np.zeros((len(table), len(scales), self.steps), np.float32)
        ordered = np.zeros(kinds.shape, np.bool_)
        for place, (name, scale) in enumerate(scales.items()):
            if name in by_size:
                c = names.index(name)
                ordered[:, c] = (kinds[:, c] == NUMBER) | (kinds[:, c] == TIME)
                there = ordered[:, c]
                marks[there, place] = thermometer(numbers_of(keys[there, c]), scale, self.steps)
        others = _others(names, kinds, np.where(ordered, np.uint64(0), keys), ordered, self.d)
        return {"embedding": column(unit(np.concatenate([marks.reshape(len(table), -1), others], 1)), valid)}


def _others(
    names: list[str], kinds: NDArray[np.uint8], keys: NDArray[np.uint64], ordered: NDArray[np.bool_], d: int
) -> NDArray[np.float32]:
    """(n, d) which cells there are. Of one that has marks only that it is there, at half the weight: the marks are the rest."""
    salts = hash_array(pa.array(names))[:, 0]
    things = mix(mix(keys + kinds.astype(np.uint64) * _KIND) ^ salts)
    weights = np.where(ordered, math.sqrt(0.5), 1.0)
    rows = np.repeat(np.arange(len(kinds)), len(names))
    return sketched(rows, things.ravel(), len(kinds), d, weights.ravel())


def thermometer(numbers: Floats, scale: tuple[float, ...], steps: int) -> Floats:
    """(n, steps) the marks of numbers: two at the ends of the scale are at a squared distance of 2, as unlike categories are.

    >>> low, middle, high = thermometer(np.array([0.0, 5.0, 12.0]), (0.0, 10.0), 4)
    >>> round(float(((low - high) ** 2).sum()), 6), round(float(((low - middle) ** 2).sum()), 6)
    (2.0, 1.0)
    """
    least, greatest = scale
    way = np.clip((numbers - least) / (greatest - least), 0.0, 1.0) * steps
    filled: Floats = np.clip(way[:, None] - np.arange(steps), 0.0, 1.0)
    return (2 * filled - 1) / math.sqrt(2 * steps)


def _number(end: float | str) -> float:
    """A number, or the microseconds since 1970 of a time."""
    if not isinstance(end, str):
        return float(end)
    at = datetime.fromisoformat(end)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6
