"""C4's line by line cleaning of a text, in numba over Arrow buffers: what it would remove, without removing it."""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.codepoints import decode
from operators.kernels.traits import CLOSING, DECIMAL, LINE_BREAK, LOWER, SPACE, TERMINAL, character_traits

KEPT, LONG_WORD, NO_TERMINAL, FEW_WORDS, JAVASCRIPT, POLICY, LOREM_IPSUM, CURLY_BRACKET = range(8)
"""What becomes of a line; the last two reject the whole text."""

_PHRASES = (
    (b"lorem ipsum", 7, LOREM_IPSUM),
    (b"javascript", 0, JAVASCRIPT),
    (b"terms of use", 7, POLICY),
    (b"privacy policy", 3, POLICY),
    (b"cookie policy", 3, POLICY),
    (b"uses cookies", 8, POLICY),
    (b"use of cookies", 10, POLICY),
    (b"use cookies", 7, POLICY),
    (b"{", 0, CURLY_BRACKET),
)
"""Phrase, the place of its rarest letter, and what becomes of a line that has it."""

_EDIT = np.frombuffer(b"edit]", np.uint8)
_CITATION_NEEDED = np.frombuffer(b"citation needed]", np.uint8)
_WIDE = (0x3002, 0xFF01, 0xFF1F, 0xFF61)


class C4Counts(NamedTuple):
    """Per text: ``lines[outcome]``, the first outcome that rejects (0: none) and the sentences in the lines kept."""

    lines: NDArray[np.int64]
    rejected: NDArray[np.int64]
    sentences: NDArray[np.int64]


class C4Options(NamedTuple):
    """The switches of the rules; a number of -1 switches its rule off."""

    remove_citations: bool
    filter_no_terminal_punct: bool
    min_words_per_line: int
    max_word_length: int
    filter_lorem_ipsum: bool
    filter_javascript: bool
    filter_curly_bracket: bool
    filter_policy: bool


def _phrases() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    letters = np.zeros((len(_PHRASES), 16), np.uint8)
    for row, (phrase, _, _) in enumerate(_PHRASES):
        letters[row, : len(phrase)] = np.frombuffer(phrase, np.uint8)
    return letters, np.array([(len(phrase), anchor, outcome) for phrase, anchor, outcome in _PHRASES])


_LETTERS, _SHAPES = _phrases()
_ANCHORS = np.isin(np.arange(256), [phrase[anchor] for phrase, anchor, _ in _PHRASES])


@nb.njit(nogil=True, cache=True)
def _starts_with(data: Any, at: Any, stop: Any, phrase: Any) -> Any:
    if stop - at < len(phrase):
        return False
    for k in range(len(phrase)):  # noqa: SIM110  (numba compiles no generator)
        if data[at + k] != phrase[k]:
            return False
    return True


@nb.njit(nogil=True, cache=True)
def _citation_end(data: Any, at: Any, stop: Any, traits: Any, edit: Any, needed: Any) -> Any:
    r"""Where ``\[\d*]|\[edit]|\[citation needed]`` ends that begins at ``at``, or ``at`` itself."""
    if _starts_with(data, at + 1, stop, edit):
        return at + 1 + len(edit)
    if _starts_with(data, at + 1, stop, needed):
        return at + 1 + len(needed)
    end = at + 1
    while end < stop:
        if data[end] == 0x5D:
            return end + 1
        code, size = decode(data, end, stop)
        if not traits[code] & DECIMAL:
            break
        end += size
    return at


@nb.njit(nogil=True, cache=True)
def _without_citations(data: Any, at: Any, stop: Any, traits: Any, edit: Any, needed: Any, line: Any) -> Any:
    """Copy to ``line`` what is left; its size."""
    n = 0
    while at < stop:
        if data[at] == 0x5B:
            end = _citation_end(data, at, stop, traits, edit, needed)
            if end > at:
                at = end
                continue
        line[n] = data[at]
        n += 1
        at += 1
    return n


@nb.njit(nogil=True, cache=True)
def _ends_sentence(line: Any, n: Any) -> Any:
    """Whether it ends in ``. ? ! " '`` and not in an ellipsis."""
    if n == 0:
        return False
    last = line[n - 1]
    if last == 0x2E:
        return n < 3 or line[n - 2] != 0x2E or line[n - 3] != 0x2E
    return last == 0x3F or last == 0x21 or last == 0x22 or last == 0x27


@nb.njit(nogil=True, cache=True)
def _lowered(line: Any, n: Any, low: Any) -> Any:
    """`str.lower` as far as the phrases can tell: ASCII, and the Kelvin sign, the one other character that gives a letter."""
    at = size = 0
    while at < n:
        byte = line[at]
        if byte == 0xE2 and at + 2 < n and line[at + 1] == 0x84 and line[at + 2] == 0xAA:
            byte = np.uint8(0x6B)
            at += 2
        low[size] = byte + 32 if 0x41 <= byte <= 0x5A else byte
        size += 1
        at += 1
    return size


@nb.njit(nogil=True, cache=True)
def _phrases_in(low: Any, n: Any, letters: Any, shapes: Any, anchors: Any) -> Any:
    """The outcomes whose phrases are in the lowered line, as bits."""
    found = 0
    for at in range(n):
        if not anchors[low[at]]:
            continue
        for row in range(len(shapes)):
            size, anchor = shapes[row, 0], shapes[row, 1]
            start = at - anchor
            if letters[row, anchor] == low[at] and start >= 0 and start + size <= n:
                k = 0
                while k < size and low[start + k] == letters[row, k]:
                    k += 1
                if k == size:
                    found |= 1 << shapes[row, 2]
    return found


@nb.njit(nogil=True, cache=True)
def _sentences(line: Any, n: Any, traits: Any, wide: Any) -> Any:
    """One more than the boundaries between sentences."""
    sentences, at = 1, 0
    ended = spaced = False  # past a terminal and what closes after it; and past a space after that
    full_stop = is_wide = False
    while at < n:
        code, size = decode(line, at, n)
        trait = traits[code]
        at += size
        if ended and trait & SPACE:
            spaced = True
            continue
        if ended and (spaced or (is_wide and not trait & (TERMINAL | CLOSING))) and not (full_stop and trait & LOWER):
            sentences += 1
            ended = False
        if trait & TERMINAL:
            ended, spaced, full_stop = True, False, code == 0x2E
            is_wide = code == wide[0] or code == wide[1] or code == wide[2] or code == wide[3]
        elif spaced or not trait & CLOSING:
            ended = False
    return sentences


@nb.njit(nogil=True, cache=True)
def _line_shape(data: Any, start: Any, stop: Any, traits: Any) -> Any:
    """One line of `str.splitlines` from ``start``: the next line's start, its stripped bounds, words and longest word."""
    at, first, last = start, -1, start
    words = length = longest = 0
    while at < stop:
        code, size = decode(data, at, stop)
        at += size
        trait = traits[code]
        if not trait & SPACE:
            first = at - size if first < 0 else first
            last = at
            words += length == 0
            length += 1
            longest = max(longest, length)
            continue
        length = 0
        if trait & LINE_BREAK:
            if code == 0x0D and at < stop and data[at] == 0x0A:
                at += 1
            break
    return at, first if first >= 0 else last, last, words, longest


@nb.njit(nogil=True, cache=True)
def _outcome(line: Any, n: Any, low: Any, words: Any, options: Any, letters: Any, shapes: Any, anchors: Any) -> Any:
    if options.filter_no_terminal_punct and not _ends_sentence(line, n):
        return NO_TERMINAL
    if words < options.min_words_per_line:
        return FEW_WORDS
    found = _phrases_in(low, _lowered(line, n, low), letters, shapes, anchors)
    if options.filter_lorem_ipsum and found & (1 << LOREM_IPSUM):
        return LOREM_IPSUM
    if options.filter_javascript and found & (1 << JAVASCRIPT):
        return JAVASCRIPT
    if options.filter_curly_bracket and found & (1 << CURLY_BRACKET):
        return CURLY_BRACKET
    return POLICY if options.filter_policy and found & (1 << POLICY) else KEPT


@nb.njit(nogil=True, cache=True)
def _clean(
    offsets: Any,
    data: Any,
    traits: Any,
    options: Any,
    letters: Any,
    shapes: Any,
    anchors: Any,
    wide: Any,
    edit: Any,
    needed: Any,
    longest: Any,
    lines: Any,
    rejected: Any,
    sentences: Any,
) -> Any:
    line, low = np.empty(longest, np.uint8), np.empty(longest, np.uint8)
    for i in range(len(offsets) - 1):
        at, stop = offsets[i], offsets[i + 1]
        while at < stop:
            at, first, last, words, longest_word = _line_shape(data, at, stop, traits)
            if options.max_word_length != -1 and longest_word > options.max_word_length:
                lines[LONG_WORD, i] += 1
                continue
            if options.remove_citations:
                n = _without_citations(data, first, last, traits, edit, needed, line)
            else:
                n = last - first
                line[:n] = data[first:last]
            outcome = _outcome(line, n, low, words, options, letters, shapes, anchors)
            lines[outcome, i] += 1
            if outcome >= LOREM_IPSUM and rejected[i] == 0:
                rejected[i] = outcome
            if outcome == KEPT:
                sentences[i] += _sentences(line, n, traits, wide)


def c4_counts(texts: Strings, options: C4Options) -> C4Counts:
    r"""What C4's rules do to each text.

    Lines are those of `str.splitlines`, stripped, then freed of citations (``\[\d*]|\[edit]|\[citation needed]``).
    Rejected texts are read to their end all the same, so that the counts do not depend on where the rejecting line stands.

    A sentence ends at terminal punctuation and what closes after it (quotes, brackets), when a space follows, or anything
    after 。！？; but not at a full stop before a lower-case letter (Unicode Annex 29, rule SB8). Every line is at least one.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> options = C4Options(True, True, 3, 1000, True, True, True, True)
    >>> counts = c4_counts(strings(pa.array(["It is so. Is it, e.g. here? \"Yes.\"[1]\n{ }!"])), options)
    >>> counts.sentences.tolist(), counts.lines[FEW_WORDS].tolist()
    ([3], [1])
    """
    records = len(texts.offsets) - 1
    counts = C4Counts(np.zeros((8, records), np.int64), np.zeros(records, np.int64), np.zeros(records, np.int64))
    longest = int(np.diff(texts.offsets).max(initial=0))
    fixed = (_LETTERS, _SHAPES, _ANCHORS, np.array(_WIDE), _EDIT, _CITATION_NEEDED)
    _clean(texts.offsets, texts.data, character_traits(), options, *fixed, longest, *counts)
    return counts
