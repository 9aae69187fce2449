"""Of which kind a column is: as the plan says, or as the cells of the whole table say; never as one batch does."""

from collections.abc import Iterable

from operators.table.column import ColumnProfile
from operators.table.profile import Profile

COLUMN_KINDS = ("number", "datetime", "category", "boolean", "text", "id")
SHAPED = ("number", "datetime", "category", "boolean")
"""Kinds whose values have a distribution that can be compared; texts and ids do not."""
ORDERED = {"number": "numbers", "datetime": "times"}
"""Kinds whose values are ordered, with the track that holds them."""

_FAMILY = {"integer": "number", "number": "number", "date": "datetime", "datetime": "datetime"}
_FEW, _REPEATS = 20, 5


def kind_of(column: ColumnProfile) -> str:
    """The kind of a column by itself; empty where it has no cells and the plan says nothing.

    The commonest among its cells, ties going to text, number, boolean, datetime in this order. A column of texts is a category
    where each occurs five times on average, or where there are at most 20 of them and each occurs twice; else it is a text.
    Numbers stay numbers, however few there are, and no column is found to be an id: that is for the plan to say.
    """
    if column.declared:
        return column.declared.partition(":")[0]
    commonest = family_of(column)
    return commonest if commonest != "text" else _text_kind(column)


def family_of(column: ColumnProfile) -> str:
    """The commonest sort of cell, whatever the plan says: number, datetime, boolean or text; empty where there is no cell."""
    families = {"text": 0, "number": 0, "boolean": 0, "datetime": 0}
    for kind, count in column.kinds.counts.items():
        if kind != "missing":
            families[_FAMILY.get(kind, kind if kind == "boolean" else "text")] += count
    if not any(families.values()):
        return ""
    return max(families, key=families.__getitem__)


def _text_kind(column: ColumnProfile) -> str:
    texts = column.tracks.get("texts")
    if texts is None or not texts.exact:
        return "text"
    distinct, n = len(texts.fine.cells), texts.fine.total
    return "category" if distinct * _REPEATS <= n or (distinct <= _FEW and 2 * distinct <= n) else "text"


def kinds_of(*sides: Profile) -> dict[str, str]:
    """The kinds of the columns that all sides have: the plan's where one has it, else by the first side with any cell."""
    names = [name for name in sides[0].columns if all(name in side.columns for side in sides)]
    return {name: _agreed([side.columns[name] for side in sides]) for name in names}


def _agreed(columns: Iterable[ColumnProfile]) -> str:
    columns = list(columns)
    said = next((column for column in columns if column.declared), None)
    return kind_of(said) if said else next((kind for column in columns if (kind := kind_of(column))), "")
