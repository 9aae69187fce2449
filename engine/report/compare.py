"""Two excerpts beside each other: which words differ."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from engine.excerpt import SHOWN, Excerpt
from engine.report.text import one_line

# Words, and marks one by one; each character of a script written without spaces is a word of its own.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORDS = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+|[^\w\s]")
_CONTEXT = 60


@dataclass(frozen=True)
class Run:
    """A run of words of both texts with the space around them: the same in both, or different."""

    same: bool
    left: str
    right: str


def runs(left: Excerpt, right: Excerpt) -> tuple[Run, ...]:
    """Both texts as runs that are the same or different, by their words; the space between words is not compared.

    What one text has more at its end is no difference where the other was cut there. At most `engine.excerpt.SHOWN` characters
    of each are compared.

    >>> [run for run in runs(Excerpt("a quick fox", 0, 11), Excerpt("a slow, old fox", 0, 15))][1:]
    [Run(same=False, left='quick', right='slow, old'), Run(same=True, left=' fox', right=' fox')]
    """
    texts = left.text[:SHOWN], right.text[:SHOWN]
    words = [list(_WORDS.finditer(text)) for text in texts]
    first, second = ([word.group() for word in found] for found in words)
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    made, at = [], [0, 0]
    for kind, *bounds in matcher.get_opcodes():
        if kind != "equal" and not _beyond(kind, bounds, words, (left, right)):
            spans = [_span(words[i], bounds[2 * i], bounds[2 * i + 1], len(texts[i])) for i in (0, 1)]
            made.append(Run(True, *(text[old:start] for text, old, (start, _) in zip(texts, at, spans, strict=True))))
            made.append(Run(False, *(text[start:stop] for text, (start, stop) in zip(texts, spans, strict=True))))
            at = [stop for _, stop in spans]
    made.append(Run(True, *(text[old:] for text, old in zip(texts, at, strict=True))))
    return tuple(run for run in made if run.left or run.right)


def unified(left: Excerpt, right: Excerpt) -> Iterator[tuple[str, str]]:
    """The runs as lines: " " before what both have, shortened, "-" before the left's words and "+" before the right's.

    >>> list(unified(Excerpt("a quick fox", 0, 11), Excerpt("a slow fox", 0, 10)))
    [(' ', 'a'), ('-', 'quick'), ('+', 'slow'), (' ', 'fox')]
    """
    for run in runs(left, right):
        lines = ((" ", _shortened(run.left)),) if run.same else (("-", run.left), ("+", run.right))
        for sign, text in lines:
            if text.strip():
                yield sign, one_line(text, SHOWN)


def _beyond(kind: str, bounds: list[int], words: list[list[re.Match[str]]], whole: tuple[Excerpt, Excerpt]) -> bool:
    """Whether the words are only where the other text was cut."""
    at_end = bounds[1] == len(words[0]) and bounds[3] == len(words[1])
    shorter = whole[1] if kind == "delete" else whole[0]
    return at_end and kind != "replace" and min(shorter.stop, shorter.start + SHOWN) < shorter.characters


def _span(found: list[re.Match[str]], first: int, stop: int, end: int) -> tuple[int, int]:
    """From the first character of a run of words to its last; where the run has none, the place where it would be."""
    start = found[first].start() if first < len(found) else end
    return (start, found[stop - 1].end()) if stop > first else (start, start)


def _shortened(text: str) -> str:
    return text if len(text) <= 3 * _CONTEXT else f"{text[:_CONTEXT]} … {text[-_CONTEXT:]}"
