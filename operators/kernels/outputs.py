"""Whether two outputs of a program say the same. Nothing in them is run."""

import ast
import re
import warnings
from decimal import Decimal, InvalidOperation, localcontext

MAX_CHARACTERS = 1 << 16

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?", re.ASCII)
_ERROR = re.compile(r"(?:\w+\.)*([A-Za-z_]\w*(?:Error|Exception|Interrupt|Exit|Iteration|Warning))\b(?::|$|\s)", re.ASCII)
_WRAPPED = re.compile(r"([A-Za-z_]\w*)\((.*)\)", re.DOTALL)
_MOST_DIGITS, _MOST_LITERAL, _MOST_DEPTH = 400, 10_000, 50
_NOISE = Decimal("1e-12")


def same_output(recorded: str, ran: str) -> bool:
    """Whether what was written down is what came out.

    White space does not count, nor does the order within sets and dictionaries. Numbers agree to the precision that was
    written down: ``0.333`` is what ``0.3333333333333333`` was, ``24`` is ``24.0`` and not ``24.4``, and two that differ by
    less than 1e-12 of their size are the same. All else is compared as text.

    >>> same_output("0.333", "0.3333333333333333"), same_output("24", "24.0"), same_output("24", "24.4")
    (True, True, False)
    >>> same_output("{3, 1,  2}", "{1, 2, 3}"), same_output("[3, 1, 2]", "[1, 2, 3]")
    (True, False)
    """
    left, right = normalised(recorded), normalised(ran)
    if left == right:
        return True
    if len(left) > MAX_CHARACTERS or len(right) > MAX_CHARACTERS:
        return False
    if len(left) == len(right) and all(map(_same_line, left, right)):
        return True
    return _same_literal(" ".join(left), " ".join(right))


def normalised(output: str) -> list[str]:
    """The lines of an output with its white space made single, without empty lines.

    >>> normalised("a  b \\n\\n c")
    ['a b', 'c']
    """
    return [" ".join(line.split()) for line in output.splitlines() if line.strip()]


def error_named(output: str) -> str | None:
    """The type of the exception that an output ends with, as Python shows it; None where it ends with none.

    >>> error_named("Traceback (most recent call last):\\n  File ...\\nNameError: name 'x' is not defined")
    'NameError'
    >>> error_named("sympy.core.sympify.SympifyError: oops"), error_named("no Error here") is None
    ('SympifyError', True)
    """
    lines = normalised(output)
    found = _ERROR.match(lines[-1][:MAX_CHARACTERS]) if lines else None
    return found[1] if found else None


def _same_line(recorded: str, ran: str) -> bool:
    return recorded == ran or _same_numbers(recorded, ran) or _same_literal(recorded, ran)


def _same_numbers(recorded: str, ran: str) -> bool:
    """Whether the text around the numbers is the same, and every number."""
    if _NUMBER.sub("#", recorded) != _NUMBER.sub("#", ran):
        return False
    return all(map(_same_number, _NUMBER.findall(recorded), _NUMBER.findall(ran)))


def _same_number(recorded: str, ran: str) -> bool:
    if recorded == ran:
        return True
    if len(recorded) > _MOST_DIGITS or len(ran) > _MOST_DIGITS:
        return False
    with localcontext(prec=2 * _MOST_DIGITS) as context:
        context.Emax, context.Emin = 99_999, -99_999
        try:
            one, other = Decimal(recorded), Decimal(ran)
        except InvalidOperation:
            return False
        apart = abs(one - other)
        exponent = one.as_tuple().exponent
        written = Decimal(5).scaleb(int(exponent) - 1) if "." in recorded or "e" in recorded.lower() else Decimal(0)
        return apart <= max(written, _NOISE * abs(one) if "." in recorded + ran else Decimal(0))


def _same_literal(recorded: str, ran: str) -> bool:
    """Whether both are Python literals with the same value; only what is ordered by chance can make the texts differ."""
    wrapped = _WRAPPED.fullmatch(recorded), _WRAPPED.fullmatch(ran)
    if wrapped[0] and wrapped[1] and wrapped[0][1] == wrapped[1][1]:  # Counter({...}), frozenset({...})
        recorded, ran = wrapped[0][2], wrapped[1][2]
    one, other = _literal(recorded), _literal(ran)
    return one is not None and type(one) is type(other) and bool(one == other)


def _literal(text: str) -> object:
    """The value of a literal that has a set or a dictionary in it; None for any other text."""
    if "{" not in text or len(text) > _MOST_LITERAL or _deepest(text) > _MOST_DEPTH:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return None


def _deepest(text: str) -> int:
    depth = deepest = 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, depth)
    return deepest
