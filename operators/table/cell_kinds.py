"""What kind of thing each cell of a table's column is."""

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from operators.kernels.buffers import valid_mask

KINDS = ("missing", "boolean", "integer", "number", "date", "datetime", "text", "other")
MISSING = ("", "na", "n/a", "nan", "null", "none", "?")
"""Strings that stand for a missing cell, without regard to case."""

_INTEGER, _NUMBER = r"^[+-]?[0-9]+$", r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_DATETIME = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?$"
)


def kinds(column: pa.Array, missing: tuple[str, ...] = MISSING) -> NDArray[np.int64]:
    """The position in `KINDS` of each cell. Cells of typed columns have the type that the file gives them.

    >>> [KINDS[kind] for kind in kinds(pa.array(["7", " 7.5", "?", "2024-02-30", "2024-02-29", "TRUE"]))]
    ['integer', 'number', 'missing', 'text', 'date', 'boolean']
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return np.where(_present(column), KINDS.index(typed_kind(column.type)), 0)
    return text_kinds(pl.Series(column, dtype=pl.String).str.strip_chars(), missing)


def text_kinds(cells: pl.Series, missing: tuple[str, ...] = MISSING) -> NDArray[np.int64]:
    """The position in `KINDS` of each string, which has no space around it."""
    cell = pl.col("cell")
    day = cell.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).is_not_null()
    kind = (
        pl.when(cell.is_null() | cell.str.to_lowercase().is_in(missing))
        .then(0)
        .when(cell.str.to_lowercase().is_in(["true", "false"]))
        .then(1)
        .when(cell.str.contains(_INTEGER))
        .then(2)
        .when(cell.str.contains(_NUMBER))
        .then(3)
        .when(cell.str.contains(_DATE) & day)
        .then(4)
        .when(cell.str.contains(_DATETIME) & day)
        .then(5)
        .otherwise(6)
    )
    found: NDArray[np.int64] = pl.DataFrame({"cell": cells}).select(kind).to_series().to_numpy().astype(np.int64)
    return found


def typed_kind(kind: Any) -> str:
    """The kind of all cells of an Arrow type that is no string."""
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_date(kind):
        return "date"
    return "datetime" if pa.types.is_timestamp(kind) else "other"


def _present(column: pa.Array) -> NDArray[np.bool_]:
    present = valid_mask(column)
    if pa.types.is_floating(column.type):
        numbers = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
        present &= ~np.isnan(numbers)
    return present
