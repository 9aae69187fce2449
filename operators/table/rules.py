"""Rules that each row of a table should keep, in a small language of its own: nothing of a rule or of the data is evaluated.

A rule is comparisons joined by ``or``: ``age >= 18``, ``start <= end or end is missing``, ``'smoker' == status or packs == 0``.
Each side of ``< <= > >= == !=`` is a column (in double quotes where its name has spaces), a number or a text in single quotes;
a text that is a date is compared with times as one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.errors import PlanError
from operators.kernels.hashing import hash_array
from operators.table.observe import Seen, observe

Mask = NDArray[np.bool_]
_TOKEN = re.compile(r"""\s*(?:(?P<op><=|>=|==|!=|<|>)|'(?P<text>[^']*)'|"(?P<column>[^"]*)"|(?P<word>[^\s<>=!'"]+))""")
_ORDERS = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Operand:
    """A column by its name, or what a literal is."""

    column: str | None = None
    literal: str = ""


@dataclass(frozen=True)
class Comparison:
    """Two operands and what is between them: an operator, "is missing" or "is not missing"."""

    left: Operand
    op: str
    right: Operand = Operand()


@dataclass(frozen=True)
class Rule:
    """One of its comparisons has to hold."""

    text: str
    any_of: tuple[Comparison, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it speaks of."""
        sides = [side.column for one in self.any_of for side in (one.left, one.right)]
        return tuple(dict.fromkeys(name for name in sides if name is not None))

    def broken(self, table: Mapping[str, Seen], rows: int) -> tuple[Mask, Mask]:
        """Which rows break the rule, and of which it can be said whether they do: where a cell is missing it cannot."""
        held, unknown = np.zeros(rows, np.bool_), np.zeros(rows, np.bool_)
        for one in self.any_of:
            true, known = _compared(one, table, rows)
            held |= true & known
            unknown |= ~known
        return ~held & ~unknown, held | ~unknown


def parsed(text: str) -> Rule:
    """The rule of a text.

    Raises:
        PlanError: where it is none.

    >>> parsed("start <= end or end is missing").columns
    ('start', 'end')
    >>> parsed("age >> 18")
    Traceback (most recent call last):
    ...
    engine.errors.PlanError: the rule 'age >> 18' is not understood: write it like age >= 18, or like a < b or b is missing
    """
    tokens = _tokens(text)
    groups: list[list[tuple[str, str]]] = [[]]
    for token in tokens:
        if token == ("word", "or"):
            groups.append([])
        else:
            groups[-1].append(token)
    return Rule(text, tuple(_comparison(group, text) for group in groups))


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise _fault(text)
        found.append((match.lastgroup or "", match[match.lastgroup or 0]))
        at = match.end()
    return found


def _comparison(tokens: list[tuple[str, str]], text: str) -> Comparison:
    words = [value for kind, value in tokens[1:] if kind == "word"]
    if len(tokens) >= 3 and len(words) == len(tokens) - 1 and words in (["is", "missing"], ["is", "not", "missing"]):
        return Comparison(_operand(tokens[0]), " ".join(words))
    if len(tokens) != 3 or tokens[1][0] != "op" or "op" in (tokens[0][0], tokens[2][0]):
        raise _fault(text)
    return Comparison(_operand(tokens[0]), tokens[1][1], _operand(tokens[2]))


def _operand(token: tuple[str, str]) -> Operand:
    kind, value = token
    if kind == "text" or (kind == "word" and _NUMBER.fullmatch(value)):
        return Operand(literal=value)
    return Operand(column=value)


def _fault(text: str) -> PlanError:
    return PlanError(f"the rule '{text}' is not understood: write it like age >= 18, or like a < b or b is missing")


def _compared(one: Comparison, table: Mapping[str, Seen], rows: int) -> tuple[Mask, Mask]:
    left = _seen(one.left, table)
    if one.op.startswith("is"):
        there = _there(left, rows)
        return there if "not" in one.op else ~there, np.ones(rows, np.bool_)
    right = _seen(one.right, table)
    both = _there(left, rows) & _there(right, rows)
    same, comparable, true = np.zeros(rows, np.bool_), np.zeros(rows, np.bool_), np.zeros(rows, np.bool_)
    for track in ("numbers", "times"):
        a, b = getattr(left, track), getattr(right, track)
        if a is None or b is None:
            continue
        here = ~(np.isnan(a) | np.isnan(b))
        comparable |= here
        same |= here & (a == b)
        true |= here & _ORDERS[one.op](a, b) if one.op in _ORDERS else False
    if one.op in _ORDERS:
        return true, both & comparable
    same |= _same_texts(left, right, rows)
    return same if one.op == "==" else ~same, both


def _seen(operand: Operand, table: Mapping[str, Seen]) -> Seen:
    return table[operand.column] if operand.column is not None else observe(pa.array([operand.literal]))


def _there(seen: Seen, rows: int) -> Mask:
    found = np.zeros(rows, np.bool_)
    for values in (seen.numbers, seen.times):
        if values is not None:
            found |= ~np.isnan(values)
    return found if seen.texts is None else found | (seen.texts >= 0)


def _same_texts(left: Seen, right: Seen, rows: int) -> Mask:
    if left.texts is None or right.texts is None:
        return np.zeros(rows, np.bool_)
    a, b = (_hashes(side) for side in (left, right))
    same: Mask = (left.texts >= 0) & (right.texts >= 0) & (a == b).all(axis=1)
    return same


def _hashes(seen: Seen) -> NDArray[np.uint64]:
    texts = seen.texts if seen.texts is not None else np.zeros(0, np.int64)
    found: NDArray[np.uint64] = hash_array(seen.words)[np.maximum(texts, 0)]
    return found
