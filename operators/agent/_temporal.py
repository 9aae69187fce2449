"""Signal temporal logic over a drive's signals, in a small language of its own: nothing of a rule is evaluated as a program.

``always (speed <= 14)``; ``always[0, 10] (speed > 2 -> eventually[0, 3] abs(yaw_rate) < 0.1)``;
``gap > 5 until[0, 8] speed < 1``; ``speed - speed_limit <= 0 and not acceleration < -4``. Times are in seconds from where the
formula stands; without an interval they reach to the drive's end. ``->`` binds least, then ``or``, ``and``, ``until``;
``not``, ``always`` and ``eventually`` most.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import PlanError

Floats = NDArray[np.float64]

_TOKEN = re.compile(
    r"\s*(?:(\d{1,12}(?:\.\d{1,12})?(?:e-?\d{1,2})?)|([A-Za-z_][A-Za-z0-9_./]{0,99})|(->|<=|>=|[-+*<>()\[\],]))"
)
_WORDS = ("always", "eventually", "until", "not", "and", "or", "abs")
_LONGEST, _DEEPEST = 4000, 60
_MOST_CELLS = 2e8


class TooLong(ValueError):
    """A drive whose samples are too many for the rule."""


class Bounds(NamedTuple):
    """The least and greatest robustness that a formula can have at each sample, for whatever comes after the drive's end."""

    low: Floats
    high: Floats


@dataclass(frozen=True)
class Atom:
    """``sum of factor * signal + constant >= 0``; each term is a factor, a signal's name, and whether its size is meant."""

    terms: tuple[tuple[float, str, bool], ...]
    constant: float


@dataclass(frozen=True)
class Formula:
    """An operator over formulas: not, and, or, always, eventually or until; the last three within [start, stop] seconds."""

    operator: str
    parts: tuple["Formula | Atom", ...]
    start: float = 0.0
    stop: float = float("inf")


@lru_cache(maxsize=256)
def parsed(text: str) -> "Formula | Atom":
    """The formula of a text.

    Raises:
        PlanError: where it is none.

    >>> parsed("always[0, 2] speed <= 3")
    Formula(operator='always', parts=(Atom(terms=((-1.0, 'speed', False),), constant=3.0),), start=0.0, stop=2.0)
    >>> parsed("speed")
    Traceback (most recent call last):
    ...
    engine.errors.PlanError: the rule 'speed' is not understood at its end: a comparison is wanted
    """
    return _Parser(text).whole()


class _Parser:
    """By recursive descent."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        if len(text) > _LONGEST:
            raise PlanError(f"a rule of {len(text):,} characters is longer than {_LONGEST:,}")
        self.tokens: list[str] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if not found:
                raise PlanError(f"the rule '{text}' is not understood at '{text[at:].strip()[:20]}'")
            self.tokens.append(found.group(0).strip())
            at = found.end()

    def fail(self, wanted: str) -> PlanError:
        """What is said of a token that does not belong."""
        where = f"'{self.tokens[self.at]}'" if self.at < len(self.tokens) else "its end"
        return PlanError(f"the rule '{self.text}' is not understood at {where}: {wanted} is wanted")

    def whole(self) -> "Formula | Atom":
        found = self.implication()
        if self.at < len(self.tokens):
            raise self.fail("an operator")
        return found

    def take(self, *tokens: str) -> str | None:
        """The next token, where it is one of these."""
        if self.at < len(self.tokens) and self.tokens[self.at] in tokens:
            self.at += 1
            return self.tokens[self.at - 1]
        return None

    def need(self, token: str) -> None:
        if not self.take(token):
            raise self.fail(f"'{token}'")

    def implication(self) -> "Formula | Atom":
        self.depth += 1
        if self.depth > _DEEPEST:
            raise PlanError(f"the rule '{self.text[:60]}...' is nested over {_DEEPEST} deep")
        left = self.chain("or", lambda: self.chain("and", self.until))
        if self.take("->"):
            left = Formula("or", (Formula("not", (left,)), self.implication()))
        self.depth -= 1
        return left

    def chain(self, word: str, inner: Callable[[], "Formula | Atom"]) -> "Formula | Atom":
        parts = [inner()]
        while self.take(word):
            parts.append(inner())
        return parts[0] if len(parts) == 1 else Formula(word, tuple(parts))

    def until(self) -> "Formula | Atom":
        left = self.unary()
        if self.take("until"):
            start, stop = self.interval()
            return Formula("until", (left, self.unary()), start, stop)
        return left

    def unary(self) -> "Formula | Atom":
        self.depth += 1
        if self.depth > _DEEPEST:
            raise PlanError(f"the rule '{self.text[:60]}...' is nested over {_DEEPEST} deep")
        word = self.take("not", "always", "eventually")
        if word == "not":
            found: Formula | Atom = Formula("not", (self.unary(),))
        elif word:
            start, stop = self.interval()
            found = Formula(word, (self.unary(),), start, stop)
        elif self.take("("):
            found = self.implication()
            self.need(")")
        else:
            found = self.comparison()
        self.depth -= 1
        return found

    def interval(self) -> tuple[float, float]:
        if not self.take("["):
            return 0.0, float("inf")
        start = self.number()
        self.need(",")
        stop = self.number()
        self.need("]")
        if stop < start:
            raise PlanError(f"the rule '{self.text}' has an interval that ends before it begins")
        return start, stop

    def number(self) -> float:
        if self.at < len(self.tokens) and self.tokens[self.at][0].isdigit():
            self.at += 1
            return float(self.tokens[self.at - 1])
        raise self.fail("a number")

    def comparison(self) -> Atom:
        left, plain = self.sum()
        sign = self.take("<=", "<", ">=", ">")
        if not sign:
            raise self.fail("a comparison")
        right, constant = self.sum()
        side = -1.0 if sign[0] == "<" else 1.0
        terms = [(side * factor, name, size) for factor, name, size in left]
        terms += [(-side * factor, name, size) for factor, name, size in right]
        if not terms:
            raise PlanError(f"the rule '{self.text}' compares two numbers")
        return Atom(tuple(terms), side * (plain - constant))

    def sum(self) -> tuple[list[tuple[float, str, bool]], float]:
        terms: list[tuple[float, str, bool]] = []
        constant, sign = 0.0, -1.0 if self.take("-") else 1.0
        while True:
            factor, name, size = self.term()
            if name:
                terms.append((sign * factor, name, size))
            else:
                constant += sign * factor
            plus = self.take("+", "-")
            if not plus:
                return terms, constant
            sign = 1.0 if plus == "+" else -1.0

    def term(self) -> tuple[float, str, bool]:
        factor, times = 1.0, None
        if self.at < len(self.tokens) and self.tokens[self.at][0].isdigit():
            factor, times = self.number(), self.take("*")
            if not times:
                return factor, "", False
        size = self.take("abs") is not None
        if size:
            self.need("(")
        if self.at >= len(self.tokens) or not (self.tokens[self.at][0].isalpha() or self.tokens[self.at][0] == "_"):
            raise self.fail("a signal or a number")
        name = self.tokens[self.at]
        if name in _WORDS:
            raise self.fail("a signal or a number")
        self.at += 1
        if size:
            self.need(")")
        return factor, name, size


def names(formula: "Formula | Atom") -> tuple[str, ...]:
    """The signals that a formula speaks of, in order.

    >>> names(parsed("a > 1 -> eventually (b < 2 and a < 3)"))
    ('a', 'b')
    """
    if isinstance(formula, Atom):
        return tuple(dict.fromkeys(name for _, name, _ in formula.terms))
    return tuple(dict.fromkeys(name for part in formula.parts for name in names(part)))


def robustness(formula: "Formula | Atom", t: Floats, signals: Mapping[str, Floats]) -> Bounds:
    """How far a formula is from changing its truth at each sample: positive where it holds.

    Quantitative semantics over the samples (Donzé and Maler 2010): of a comparison the difference of its sides, of ``and`` and
    ``always`` the least, of ``or`` and ``eventually`` the greatest; ``a until b`` the greatest over times of the least of b
    then and of a at all samples before. An interval that reaches beyond the last sample leaves what comes after open: the
    bounds are those over all continuations (Deshmukh et al. 2017).

    Args:
        formula: parsed.
        t: (n,) seconds, increasing, n >= 1.
        signals: (n,) values by name, finite.

    Raises:
        TooLong: where an ``until`` would look at more than 2e8 pairs of samples.

    >>> t, speed = np.arange(4.0), np.array([1.0, 2.0, 5.0, 3.0])
    >>> robustness(parsed("always speed <= 4"), t, {"speed": speed}).low.tolist()
    [-1.0, -1.0, -1.0, 1.0]
    """
    if isinstance(formula, Atom):
        value = np.full(len(t), formula.constant)
        for factor, name, size in formula.terms:
            value = value + factor * (np.abs(signals[name]) if size else signals[name])
        return Bounds(value, value)
    parts = [robustness(part, t, signals) for part in formula.parts]
    if formula.operator == "not":
        return Bounds(-parts[0].high, -parts[0].low)
    if formula.operator in ("and", "or"):
        fold = np.minimum if formula.operator == "and" else np.maximum
        return Bounds(fold.reduce([part.low for part in parts]), fold.reduce([part.high for part in parts]))
    first = np.searchsorted(t, t + formula.start, side="left")
    last = np.searchsorted(t, t + formula.stop, side="right")
    beyond = np.isfinite(formula.stop) & (t + formula.stop > t[-1])
    if formula.operator == "until":
        return _until(parts[0], parts[1], first, last, beyond)
    if formula.operator == "always":
        inside = [-_greatest(-values, first, last) for values in parts[0]]
        return Bounds(np.where(beyond, -np.inf, inside[0]), inside[1])
    inside = [_greatest(values, first, last) for values in parts[0]]
    return Bounds(inside[0], np.where(beyond, np.inf, inside[1]))


def _greatest(values: Floats, first: NDArray[np.int64], last: NDArray[np.int64]) -> Floats:
    """The greatest of each run ``[first, last)``, -inf of an empty one: from runs of powers of two, each level of the last."""
    found = np.full(len(values), -np.inf)
    length = last - first
    level, width, longest = values, 1, int(length.max(initial=0))
    while width <= longest:
        rows = np.flatnonzero((length >= width) & (length < 2 * width))
        found[rows] = np.maximum(level[first[rows]], level[last[rows] - width])
        if 2 * width <= longest:
            level = np.maximum(level[: len(level) - width], level[width:])
        width *= 2
    return found


def _until(left: Bounds, right: Bounds, first: NDArray[np.int64], last: NDArray[np.int64], beyond: NDArray[np.bool_]) -> Bounds:
    n = len(first)
    rows = np.arange(n)
    reach = int((last - rows).max(initial=0))
    if float(n) * reach > _MOST_CELLS:
        raise TooLong(f"an until over {n:,} samples times {reach:,}")
    found = []
    for before, then in zip(left, right, strict=True):
        best, held = np.full(n, -np.inf), np.full(n, np.inf)
        for offset in range(reach):
            here = rows[: n - offset]
            later = here + offset
            counts = (later >= first[here]) & (later < last[here])
            best[here] = np.where(counts, np.maximum(best[here], np.minimum(then[later], held[here])), best[here])
            held[here] = np.minimum(held[here], before[later])
        found.append(best)
    to_the_end = -_greatest(-left.high, rows, np.full(n, n))
    high = np.where(beyond, np.maximum(found[1], to_the_end), found[1])
    return Bounds(found[0], high)
