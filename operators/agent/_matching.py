"""Tool calls beside those known to be right: which are right, which of their arguments are, by the best pairing there is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from operators.agent._calls import Gold
from operators.kernels.assignment import heaviest

MOST_CALLS = 256
_IGNORED = re.compile(r"[ ,./\-_*^]")


@dataclass(frozen=True)
class Agreement:
    """How some calls agree with those known to be right.

    Args:
        right: calls that equal one that is right, no two the same one.
        made, wanted: how many calls there are, and how many there should be.
        right_arguments, made_arguments, wanted_arguments: the same of their arguments.
    """

    right: int
    made: int
    wanted: int
    right_arguments: int
    made_arguments: int
    wanted_arguments: int

    @property
    def exact(self) -> bool:
        """Whether they are the right calls and no others."""
        return self.right == self.made == self.wanted

    @property
    def f1(self) -> float:
        """Of the calls; 1 where none is made and none should be.

        >>> Agreement(1, 2, 1, 0, 0, 0).f1
        0.6666666666666666
        """
        return f1(self.right, self.made, self.wanted)


def f1(right: int, made: int, wanted: int) -> float:
    """``2 right / (made + wanted)``: the harmonic mean of precision and recall; 1 where there is nothing on either side."""
    return 2 * right / (made + wanted) if made + wanted else 1.0


Made = tuple[str | None, Mapping[str, Any] | None]
"""A call's name and arguments; None for what cannot be read."""


def agreement(made: Sequence[Made], wanted: Sequence[Gold]) -> Agreement:
    """How calls agree with the right ones, whatever their order, by the pairing with most right calls, then most arguments.

    >>> area = Gold("area", {"a": [1, 2]}, frozenset(), False), Gold("area", {"a": [1]}, frozenset(), False)
    >>> agreement([("area", {"a": 1}), ("area", {"a": 2})], area).right
    2
    """
    hits = np.zeros((len(made), len(wanted)), np.int64)
    right = np.zeros((len(made), len(wanted)), np.int64)
    for i, (name, arguments) in enumerate(made):
        for j, gold in enumerate(wanted):
            if arguments is not None and name == gold.name:
                hits[i, j] = sum(_accepted(key, value, gold) for key, value in arguments.items())
                right[i, j] = hits[i, j] == len(arguments) and {*gold.arguments} <= {*arguments, *gold.optional}
    named = np.array([[name == gold.name for gold in wanted] for name, _ in made], np.int64).reshape(hits.shape)
    # a right call outweighs all arguments, an argument outweighs a mere name
    calls = len(made) + 1
    pairs = heaviest(right * (int(hits.sum()) + 1) * calls + hits * calls + named)
    given = {j: made[i][1] or {} for i, j in pairs if named[i, j]}
    needed = sum(
        len({*gold.arguments} - gold.optional | ({*gold.arguments} & {*given.get(j, {})})) for j, gold in enumerate(wanted)
    )
    return Agreement(
        right=int(sum(right[i, j] for i, j in pairs)),
        made=len(made),
        wanted=len(wanted),
        right_arguments=int(sum(hits[i, j] for i, j in pairs)),
        made_arguments=sum(len(arguments or {}) for _, arguments in made),
        wanted_arguments=needed,
    )


def _accepted(key: str, value: Any, gold: Gold) -> bool:
    possible = gold.arguments.get(key, ())
    if gold.loose and key in gold.arguments and not possible:  # where BFCL lists no value, an empty list is meant
        return bool(value == [])
    return any(same(value, one) if not gold.loose else _loosely(value, one) for one in possible)


def _loosely(value: Any, possible: Any) -> bool:
    """Whether a value is a possible answer: strings loosely, lists one by one, objects key by key with answers for each."""
    if isinstance(value, str) and isinstance(possible, str):
        return _plain(value) == _plain(possible)
    if value == [] and possible == "":  # left out, as an empty text is
        return True
    if isinstance(value, list) and isinstance(possible, list):
        return len(value) == len(possible) and all(map(_element, value, possible))
    if isinstance(value, dict) and isinstance(possible, dict):
        return _object(value, possible)
    return same(value, possible)


def _element(value: Any, possible: Any) -> bool:
    if isinstance(value, str) and isinstance(possible, str):
        return _plain(value) == _plain(possible)
    return same(value, possible) or (isinstance(value, dict) and isinstance(possible, dict) and _object(value, possible))


def _object(value: dict[str, Any], possible: dict[str, Any]) -> bool:
    if not all(isinstance(answers, list) for answers in possible.values()):
        return same(value, possible)
    needed = {key for key, answers in possible.items() if "" not in answers}
    known = {*value} <= {*possible} and needed <= {*value}
    return known and all(any(_element(one, answer) for answer in possible[key]) for key, one in value.items())


def same(left: Any, right: Any) -> bool:
    """Equality of JSON: numbers by size, true is no number.

    >>> same(1, 1.0), same(True, 1), same([{"a": 1}], [{"a": 1.0}]), same("a", "A")
    (True, False, True, False)
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def _plain(text: str) -> str:
    return _IGNORED.sub("", text).lower().replace("'", '"')
