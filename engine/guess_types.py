"""What the columns of a table seem to hold, from its first rows: a suggestion for the plan's ``types``."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

T = pa.types
_MISSING = ("", "na", "n/a", "nan", "null", "none", "?")
_REPEATS, _FEW = 5, 20


@dataclass(frozen=True)
class Suggestion:
    """A column's kind, empty where no value was seen, and what was seen in words."""

    kind: str
    seen: str


def suggestion(name: str, column: pa.ChunkedArray) -> Suggestion:
    """What a column seems to hold.

    >>> suggestion("age", pa.chunked_array([["31", "?", "45"]]))
    Suggestion(kind='number', seen='2 distinct, 1 of 3 missing, 31 to 45')
    """
    cells = _present(column)
    lacking = len(column) - len(cells)
    missing = f"{lacking:,} of {len(column):,} missing" if lacking else "none missing"
    if T.is_nested(column.type):
        return Suggestion("", "nested")
    if not len(cells):
        return Suggestion("", "no value seen")
    cells, kind = _typed(cells)
    distinct = len(cells.unique())
    if kind in ("number", "text", "category") and _named_id(name) and distinct == len(cells):
        kind = "id"
    seen = f"{distinct:,} distinct, {missing}"
    if kind in ("number", "datetime"):
        ends = pc.min_max(cells).as_py()
        seen += f", {ends['min']} to {ends['max']}"
    return Suggestion(kind, seen)


def _present(column: pa.ChunkedArray) -> pa.ChunkedArray:
    cells = column.drop_null()
    if T.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    if T.is_string(cells.type) or T.is_large_string(cells.type):
        cells = cells.filter(pc.invert(pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(cells)), pa.array(_MISSING, cells.type))))
    return cells.filter(pc.invert(pc.is_nan(cells))) if T.is_floating(cells.type) else cells


def _typed(cells: pa.ChunkedArray) -> tuple[pa.ChunkedArray, str]:
    kind = cells.type
    if T.is_boolean(kind):
        return cells, "boolean"
    if T.is_integer(kind) or T.is_floating(kind) or T.is_decimal(kind):
        return cells, "number"
    if T.is_date(kind) or T.is_timestamp(kind):
        return cells, "datetime"
    if not (T.is_string(kind) or T.is_large_string(kind)):
        return cells, "text"
    for target, found in _targets():
        try:
            return cells.cast(target), found
        except pa.ArrowInvalid:
            continue
    distinct = len(cells.unique())
    repeats = distinct * _REPEATS <= len(cells) or (distinct <= _FEW and 2 * distinct <= len(cells))
    return cells, "category" if repeats else "text"


def _targets() -> Iterable[tuple[pa.DataType, str]]:
    yield pa.int64(), "number"
    yield pa.float64(), "number"
    yield pa.date32(), "datetime"
    yield pa.timestamp("us"), "datetime"


def _named_id(name: str) -> bool:
    """Whether a column is called what identifiers are called.

    >>> [_named_id(name) for name in ("id", "user_id", "UserID", "paid", "key", "uuid")]
    [True, True, True, False, True, True]
    """
    lower = name.lower()
    ends = lower.endswith(("_id", "-id", " id", "_key", ".id")) or name.endswith("ID")
    return ends or lower in ("id", "key", "uuid", "guid", "index")
