"""Written arithmetic in exact rational numbers: a parser of our own, without recursion, powers or names."""

import re
from fractions import Fraction
from operator import add, mul, sub, truediv

_SPELLINGS = str.maketrans({"−": "-", "×": "*", "·": "*", "x": "*", "X": "*", "÷": "/", "$": "", "€": "", "£": ""})
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+", re.ASCII)
_SYMBOL = re.compile(rf"\s*({_NUMBER.pattern}|[-+*/()%])", re.ASCII)
_BINDING = {"(": 0, "+": 1, "-": 1, "*": 2, "/": 2, "~": 3}
_APPLY = {"+": add, "-": sub, "*": mul, "/": truediv}

MAX_CHARACTERS = 300
"""A longer expression is not read: this bounds the digits, the depth and the time of what a stranger wrote."""


def evaluate(expression: str) -> Fraction | None:
    """The exact value of an expression of numbers, ``+ - * / ( )``, postfix ``%`` (hundredths) and signs.

    Thousands may be set apart by commas; currency signs are dropped; ``×``, ``x``, ``·``, ``÷`` and ``−`` are read as
    operators. None for what is no such expression, or is longer than `MAX_CHARACTERS`.

    Raises:
        ZeroDivisionError: as written.

    >>> evaluate("$1,000 × 20% − (3 + 4)/2")
    Fraction(393, 2)
    >>> evaluate("2x + 1") is None, evaluate("9**9**9") is None
    (True, True)
    """
    symbols = _symbols(expression)
    if symbols is None:
        return None
    values: list[Fraction] = []
    pending: list[str] = []
    operand_next = True
    for symbol in symbols:
        if operand_next:
            if symbol in ("(", "-"):
                pending.append("~" if symbol == "-" else "(")
                continue
            if symbol == "+" and not values:  # a leading sign; "2x + 1" is no product of 2 and +1
                continue
            if not _is_number(symbol):
                return None
            values.append(Fraction(symbol.replace(",", "")))
            operand_next = False
        elif symbol == "%":
            values[-1] /= 100
        elif symbol == ")":
            _reduce(values, pending, 1)
            if not pending:
                return None
            pending.pop()
        elif symbol in _APPLY:
            _reduce(values, pending, _BINDING[symbol])
            pending.append(symbol)
            operand_next = True
        else:
            return None
    if operand_next:
        return None
    _reduce(values, pending, 1)
    return None if pending else values[0]


def step_holds(step: str) -> bool | None:
    """Whether ``expression = number`` holds once the left side is rounded to the digits printed on the right.

    Both neighbours are accepted at an exact tie (2.5 may be printed as 2 or 3). A percent sign on the right may stand for
    hundredths or be a mere unit (``3/4 * 100 = 75%``). A division by zero does not hold. None where
    the text is no such step: the left side has no operator, or the right side is no plain number.

    >>> step_holds("10/3 = 3.33"), step_holds("10/3 = 3.34"), step_holds("x + 1 = 2")
    (True, False, None)
    """
    left, equals, right = step.rpartition("=")
    printed = right.translate(_SPELLINGS).strip()
    number = printed.removeprefix("-").removesuffix("%").strip()
    if not equals or not _is_number(number) or not any(sign in left.translate(_SPELLINGS).strip()[1:] for sign in "+-*/%"):
        return None
    try:
        exact, stated = evaluate(left), evaluate(printed)
    except ZeroDivisionError:
        return False
    if exact is None or stated is None:
        return None
    half = Fraction(1, 2 * 10 ** len(number.partition(".")[2]))
    if "%" not in printed:
        return abs(exact - stated) <= half
    return abs(exact * 100 - stated * 100) <= half or abs(exact - stated * 100) <= half


def _symbols(expression: str) -> list[str] | None:
    text = expression.translate(_SPELLINGS).strip()
    symbols, at = [], 0
    if len(expression) > MAX_CHARACTERS:
        return None
    while at < len(text):
        match = _SYMBOL.match(text, at)
        if match is None:
            return None
        symbols.append(match[1])
        at = match.end()
    return symbols


def _is_number(symbol: str) -> bool:
    return len(symbol) <= MAX_CHARACTERS and _NUMBER.fullmatch(symbol) is not None


def _reduce(values: list[Fraction], pending: list[str], binding: int) -> None:
    """Apply the waiting operators that bind at least as tightly."""
    while pending and _BINDING[pending[-1]] >= binding:
        sign = pending.pop()
        right = values.pop()
        values.append(-right if sign == "~" else _APPLY[sign](values.pop(), right))
