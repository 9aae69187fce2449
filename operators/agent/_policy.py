"""Rules about the order and number of tool calls, in a small language of their own: nothing of a rule is evaluated.

``never delete_*``; ``only search, read_*``; ``lookup before refund`` (every refund has an earlier lookup);
``open then close`` (every open has a later close); ``at most 3 search``; ``at most 2 search within 5 calls`` (in any five
calls in a row). Names are in any case; ``*`` stands for any letters.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

from engine.errors import PlanError

_LONGEST_NAME = 256
_NAME = r"[^\s,]+"
_FORMS = {
    "never": re.compile(rf"never (?P<a>{_NAME})"),
    "only": re.compile(rf"only (?P<a>{_NAME}(?: *, *{_NAME})*)"),
    "most": re.compile(rf"at most (?P<n>\d{{1,6}}) (?P<a>{_NAME})(?: within (?P<k>\d{{1,6}}) calls)?"),
    "before": re.compile(rf"(?P<a>{_NAME}) before (?P<b>{_NAME})"),
    "then": re.compile(rf"(?P<a>{_NAME}) then (?P<b>{_NAME})"),
}


@dataclass(frozen=True)
class Rule:
    """A rule over the names of a record's calls.

    Args:
        text: as it is written.
        form: never, only, most, before or then.
        a, b: what it speaks of.
        times, span: of "at most", how often in how many calls in a row; 0 for all.
    """

    text: str
    form: str
    a: str
    b: str = ""
    times: int = 0
    span: int = 0

    def broken(self, names: Sequence[str]) -> list[int]:
        """The places of the calls that break it.

        >>> parsed("lookup before refund").broken(["refund", "lookup", "refund"])
        [0]
        >>> parsed("at most 1 search within 2 calls").broken(["search", "read", "search", "search"])
        [3]
        """
        first = [named(name, self.a) for name in names]
        if self.form == "never":
            return [at for at, hit in enumerate(first) if hit]
        if self.form == "only":
            return [at for at, hit in enumerate(first) if not hit]
        if self.form == "most":
            return self._too_often([at for at, hit in enumerate(first) if hit])
        second = [named(name, self.b) for name in names]
        if self.form == "before":
            start = first.index(True) if True in first else len(names)
            return [at for at, hit in enumerate(second) if hit and at <= start]
        last = len(names) - 1 - second[::-1].index(True) if True in second else -1
        return [at for at, hit in enumerate(first) if hit and at >= last]

    def _too_often(self, places: list[int]) -> list[int]:
        """Of the calls at some places those that are one too many."""
        return [
            at
            for rank, at in enumerate(places)
            if rank >= self.times and (not self.span or at - places[rank - self.times] < self.span or not self.times)
        ]


def parsed(text: str) -> Rule:
    """The rule of a text.

    Raises:
        PlanError: where it is none.

    >>> parsed("never drop_*").form
    'never'
    >>> parsed("be nice")
    Traceback (most recent call last):
    ...
    engine.errors.PlanError: the rule 'be nice' is not understood: write never a, only a, b, a before b, a then b or at most 2 a
    """
    for form, shape in _FORMS.items():
        found = shape.fullmatch(text.strip())
        if found:
            parts = found.groupdict()
            return Rule(text, form, parts["a"], parts.get("b") or "", int(parts.get("n") or 0), int(parts.get("k") or 0))
    forms = "never a, only a, b, a before b, a then b or at most 2 a"
    raise PlanError(f"the rule '{text}' is not understood: write {forms}")


def named(name: str, patterns: str) -> bool:
    """Whether a name is one of those that patterns with commas between them say.

    >>> named("Delete_User", "drop_*, delete_*"), named("undelete", "delete*")
    (True, False)
    """
    return _shape(patterns).fullmatch(name[:_LONGEST_NAME]) is not None


@lru_cache(maxsize=1024)
def _shape(patterns: str) -> re.Pattern[str]:
    shapes = (translate(pattern.strip()) for pattern in patterns.split(","))
    return re.compile("|".join(f"(?:{shape})" for shape in shapes), re.IGNORECASE)
