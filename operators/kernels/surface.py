"""How long a text is and how it is punctuated: characters, sentences, punctuation marks, in numba over UTF-8 buffers."""

import unicodedata
from functools import cache
from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.codepoints import CODE_POINTS, LETTER, SPACE, UNSPACED, character_kinds, decode

STOPS = ".!?…‼⁇⁈⁉।॥؟۔።"
"""End a sentence when white space or the end of the text follows."""
WIDE_STOPS = "。！？｡．"
"""End a sentence whatever follows: their scripts write no space."""
CLOSERS = "\"'”’»)]}」』）】"
"""May stand between a stop and the end of its sentence."""
BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
"""End a sentence without any stop: titles, list items, paragraphs."""

WORD, BLANK, STOP, WIDE_STOP, CLOSER, BREAK, OTHER, MARK = 0, 1, 2, 3, 4, 5, 6, 8
_PLANES_WITH_PUNCTUATION = 0x20000


@cache
def character_classes() -> NDArray[np.uint8]:
    """The part each code point plays in a sentence; bit `MARK` is set for punctuation (general categories P*)."""
    kinds = character_kinds()
    classes = np.full(CODE_POINTS, OTHER, np.uint8)
    classes[(kinds == LETTER) | (kinds == UNSPACED)] = WORD
    classes[ord("_")] = OTHER
    classes[kinds == SPACE] = BLANK
    for characters, part in ((STOPS, STOP), (WIDE_STOPS, WIDE_STOP), (CLOSERS, CLOSER), (BREAKS, BREAK)):
        classes[list(map(ord, characters))] = part
    marks = [code for code in range(_PLANES_WITH_PUNCTUATION) if unicodedata.category(chr(code))[0] == "P"]
    classes[marks] |= MARK
    return classes


class Surface(NamedTuple):
    """Per text: its code points, its sentences, and how many of its code points are punctuation."""

    characters: NDArray[np.int64]
    sentences: NDArray[np.int64]
    punctuation: NDArray[np.int64]


@nb.njit(nogil=True, cache=True)
def _measure(offsets: Any, data: Any, classes: Any) -> Any:
    out = np.zeros((3, len(offsets) - 1), np.int64)
    for i in range(len(offsets) - 1):
        at, stop = offsets[i], offsets[i + 1]
        characters, sentences, punctuation, words, ended = 0, 0, 0, False, 0
        while at < stop:
            code, size = decode(data, at, stop)
            at += size
            characters += 1
            part = classes[code]
            punctuation += part >= MARK
            part &= 7
            if part == STOP:
                ended = max(ended, 1)
            elif part == WIDE_STOP:
                ended = 2
            elif part == BREAK or (ended == 1 and part == BLANK) or (ended == 2 and part != CLOSER):
                sentences += words
                words, ended = part == WORD, 0
            elif part == WORD:
                words, ended = True, 0
            elif part != CLOSER:
                ended = 0
        out[0, i], out[1, i], out[2, i] = characters, sentences + words, punctuation
    return out


def surface(texts: Strings) -> Surface:
    """The surface of each text.

    A sentence is a stretch with a letter or digit that ends at the text's end, at a line break, at a stop followed by white
    space (with closing quotes and brackets between), or at a wide stop. So "e.g. this" is two: the rule is the same for every
    text and language, which is what a comparison of distributions needs.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> [row.tolist() for row in surface(strings(pa.array(['"Go!" he said. 3.5 km', "你好。再见。"])))]
    [[21, 6], [3, 2], [5, 2]]
    """
    return Surface(*_measure(texts.offsets, texts.data, character_classes()))
