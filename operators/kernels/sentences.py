"""The sentences of a text, by the rule by which `operators.kernels.surface` counts them; numba over UTF-8 buffers."""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from operators.kernels.buffers import Strings, strings
from operators.kernels.codepoints import decode
from operators.kernels.surface import BLANK, BREAK, CLOSER, STOP, WIDE_STOP, WORD, character_classes, surface


class Spans(NamedTuple):
    """Sentences ``offsets[i]`` to ``offsets[i + 1]`` are text i's: the bytes ``starts`` to ``stops`` of the data."""

    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]


@nb.njit(nogil=True, cache=True)
def _cut(offsets: Any, data: Any, classes: Any, starts: Any, stops: Any) -> Any:
    found = 0
    for i in range(len(offsets) - 1):
        at, stop = offsets[i], offsets[i + 1]
        words, ended, begin, end = False, 0, at, at
        while at < stop:
            code, size = decode(data, at, stop)
            part = classes[code] & 7
            if part == STOP:
                ended = max(ended, 1)
            elif part == WIDE_STOP:
                ended = 2
            elif part == BREAK or (ended == 1 and part == BLANK) or (ended == 2 and part != CLOSER):
                if words:
                    starts[found], stops[found] = begin, end
                    found += 1
                words, ended, begin, end = part == WORD, 0, at, at
            elif part == WORD:
                words, ended = True, 0
            elif part != CLOSER:
                ended = 0
            blank = part in (BLANK, BREAK)
            if blank and begin == end:
                begin = end = at + size
            elif not blank:
                end = at + size
            at += size
        if words:
            starts[found], stops[found] = begin, end
            found += 1
    return found


def spans(texts: Strings) -> Spans:
    """Where the sentences of each text stand, without the white space around them."""
    counts = surface(texts).sentences
    offsets = np.concatenate([[0], np.cumsum(counts)])
    starts, stops = np.empty(offsets[-1], np.int64), np.empty(offsets[-1], np.int64)
    _cut(texts.offsets, texts.data, character_classes(), starts, stops)
    return Spans(offsets, starts, stops)


def sentences(texts: pa.Array) -> list[list[str]]:
    """The sentences of each text: none of a null, nor of a text without a letter or digit.

    A sentence ends at a line break, at a stop followed by white space, or at a wide stop, so "Dr. Lee" is cut in two. Time is
    linear in the bytes.

    >>> sentences(pa.array(['"Go!" he said.  It is 3.5 km\\nHome', "你好。再见。", "...", None]))
    [['"Go!"', 'he said.', 'It is 3.5 km', 'Home'], ['你好。', '再见。'], [], []]
    """
    held = strings(texts)
    offsets, starts, stops = spans(held)
    whole = [held.data[a:b].tobytes().decode() for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
    return [whole[a:b] for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)]
