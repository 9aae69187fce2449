"""Numbers of a derivation that come from nowhere."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Tally, TopBy
from engine.value import Value

_MAX_CHARACTERS = 1 << 16
_MOST_DIGITS = 40
_NUMBER = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?%?|(?<![\w.])\.\d+%?", re.ASCII)
_RESULT = re.compile(r"=[ \t]*[-−]?[ \t]?[$€£]?((?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?%?)")
_ANNOTATION = re.compile(r"<<[^<>]*>>")
_CONSTANTS = frozenset(map(Fraction, (0, 1, 2, 10, 100)))
_WORDS = {
    **{word: (at,) for at, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())},  # noqa: SIM905
    **{word: (10 * at,) for at, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)},  # noqa: SIM905
    "hundred": (100,),
    "thousand": (1000,),
    "dozen": (12,),
    "half": (Fraction(1, 2), 2),
    "third": (Fraction(1, 3), 3),
    "quarter": (Fraction(1, 4), 4),
    "fourth": (Fraction(1, 4), 4),
    "fifth": (Fraction(1, 5), 5),
    "thrice": (3,),
    "triple": (3,),
    "quadruple": (4,),
    "week": (7, 52),
    "weekday": (5,),
    "weekend": (2,),
    "day": (7, 24, 30, 365),
    "month": (4, 12, 30),
    "year": (12, 52, 365),
    "decade": (10,),
    "century": (100,),
    "hour": (24, 60),
    "minute": (60,),
    "second": (60,),
    "foot": (12,),
    "feet": (12,),
    "inch": (12,),
    "yard": (3,),
    "pound": (16,),
    "ounce": (16,),
    "kilometer": (1000,),
    "kilogram": (1000,),
    "liter": (1000,),
    "degree": (90, 180, 360),
    "triangle": (3,),
    "square": (4,),
    "rectangle": (4,),
}
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})s?\b", re.IGNORECASE)


@dataclass(frozen=True)
class UngroundedNumbers(Metric[Product]):
    """The mean share of a derivation's distinct numbers that are neither given nor derived.

    By record ``ungrounded / distinct numbers of solution``. A number is grounded where it stands in ``problem`` (in digits, or
    as a word of `_WORDS`: two, dozen, half), is 0, 1, 2, 10 or 100, is what a unit named in either text stands for (60 for
    hours), stands right of an ``=``, or is one of these as a percentage (20 % grounds 0.2, 80 and 1.2 too). Whether the
    step holds is `operators.symbolic.arithmetic_steps`'s business. Skipped: records without a problem or a solution, and
    solutions without a number.

    0 to 1, lower is better, normal interval over records. Cost: linear regular expressions over the first 64 Ki characters of
    each; numbers of more than 40 digits are not looked at.

    >>> columns = {"problem": ["Ann has 5 boxes of 8."], "solution": ["5 * 8 = 40, less 7 is 40 - 7 = 33"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **columns})
    >>> value = UngroundedNumbers().value(UngroundedNumbers().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.2, 'from nowhere: 7')

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic faithfulness.
    """

    dimension: ClassVar[Dimension] = Dimension.FAITHFULNESS
    reads: ClassVar[tuple[str, ...]] = ("problem", "solution")
    unit: ClassVar[str] = "mean share of a derivation's numbers"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, symbolic faithfulness"

    def zero(self) -> Product:
        """No derivations."""
        return Product({"share": Moments(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Look for the origin of each number."""
        shares, rows, notes = [], [], []
        skipped: dict[str, int] = {}
        pairs = zip(batch["problem"].to_pylist(), batch["solution"].to_pylist(), strict=True)
        for row, (problem, solution) in enumerate(pairs):
            if problem is None or solution is None:
                skipped["no problem or no solution"] = skipped.get("no problem or no solution", 0) + 1
                continue
            used, nowhere = ungrounded(problem[:_MAX_CHARACTERS], solution[:_MAX_CHARACTERS])
            if not used:
                skipped["no number"] = skipped.get("no number", 0) + 1
                continue
            shares.append(len(nowhere) / used)
            if nowhere:
                rows.append(row)
                notes.append((len(nowhere), "from nowhere: " + ", ".join(nowhere[:3])))
        return Product(
            {
                "share": Moments.of(np.array(shares, np.float64)),
                "skipped": Tally(skipped),
                "worst": TopBy.of(
                    np.array([count for count, _ in notes], np.float64), batch[ID].to_numpy()[rows], lambda at: notes[at][1]
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean share."""
        value: Value = state["share"].mean("no record has a problem and a solution with numbers", self.range)
        return value.with_(skipped=state["skipped"].nonzero(), evidence=state["worst"].evidence())


def ungrounded(problem: str, solution: str) -> tuple[int, list[str]]:
    """How many distinct numbers a solution has, and those that come from nowhere, in order of appearance.

    >>> ungrounded("A dozen eggs, 3 broken.", "12 - 3 = 9 and 9 * 4 = 36")
    (5, ['4'])
    """
    given = {value for text in _short(_NUMBER.findall(problem)) for value in _values(text)}
    given |= {Fraction(value) for text in (problem, solution) for word in _WORD.findall(text) for value in _WORDS[word.lower()]}
    given |= {value for text in _short(_RESULT.findall(solution)) if text.strip("%") for value in _values(text)}
    given |= _CONSTANTS
    used = {next(iter(_values(text))): text for text in reversed(_short(_NUMBER.findall(_ANNOTATION.sub(" ", solution))))}
    nowhere = [text for value, text in reversed(used.items()) if value not in given and not _percentage(value, given)]
    return len(used), nowhere


def _short(numbers: list[str]) -> list[str]:
    """Numbers that a person would write: a longer one is noise, and costs the square of its length."""
    return [number for number in numbers if len(number) <= _MOST_DIGITS]


@lru_cache(maxsize=1 << 14)
def _values(text: str) -> tuple[Fraction, ...]:
    """A number as it stands, and where it is a percentage as the share, the rest and the sum too."""
    value = Fraction(text.rstrip("%").replace(",", ""))
    return (value, value / 100, 100 - value, 1 - value / 100, 1 + value / 100, 100 + value) if text.endswith("%") else (value,)


def _percentage(value: Fraction, given: set[Fraction]) -> bool:
    """Whether a number is a given one in hundredths, or what that leaves of one."""
    return value < 3 and bool({value * 100, (1 - value) * 100, (value - 1) * 100, 1 - value} & (given - _CONSTANTS))
