"""What FineWeb's quality rules look at, in numba over Arrow buffers."""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.codepoints import decode
from operators.kernels.hash_set import add, room_for
from operators.kernels.hashing import murmur3
from operators.kernels.traits import SPACE, TERMINAL, character_traits


class FinewebCounts(NamedTuple):
    """Counts per text. A line ends at a line feed only; lines of white space alone do not count."""

    lines: NDArray[np.int64]
    punctuated_lines: NDArray[np.int64]
    short_lines: NDArray[np.int64]
    repeated_characters: NDArray[np.int64]
    """Characters of lines that stood before in the same text."""
    characters: NDArray[np.int64]
    """All but line feeds."""
    line_feeds: NDArray[np.int64]


@nb.njit(nogil=True, cache=True)
def _count(offsets: Any, data: Any, traits: Any, short: Any, table: Any, out: Any) -> Any:
    for i in range(len(offsets) - 1):
        at, stop = offsets[i], offsets[i + 1]
        feeds = 0
        for k in range(at, stop):
            feeds += data[k] == 0x0A
        mask = room_for(feeds + 1)
        table[: mask + 1] = 0
        lines = punctuated = shorts = repeated = characters = 0
        while at < stop:
            start, length, blank, trait = at, 0, True, np.uint8(0)
            while at < stop and data[at] != 0x0A:
                code, size = decode(data, at, stop)
                trait = traits[code]
                blank &= trait & SPACE != 0
                at += size
                length += 1
            characters += length
            if not blank:
                lines += 1
                punctuated += trait & TERMINAL != 0
                shorts += length <= short
                if not add(table, mask, murmur3(data, start, at)[0]):
                    repeated += length
            at += 1
        out[0, i], out[1, i], out[2, i] = lines, punctuated, shorts
        out[3, i], out[4, i], out[5, i] = repeated, characters, feeds


def fineweb_counts(texts: Strings, short_line_length: int) -> FinewebCounts:
    """Count what the rules need; lengths are in code points.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> fineweb_counts(strings(pa.array(["One.\\n\\none\\nOne."])), 3).repeated_characters.tolist()
    [4]
    """
    out = np.zeros((6, len(texts.offsets) - 1), np.int64)
    longest = int(np.diff(texts.offsets).max(initial=0))
    table = np.zeros(room_for(longest + 1) + 1, np.uint64)
    _count(texts.offsets, texts.data, character_traits(), short_line_length, table, out)
    return FinewebCounts(*out)
