"""Characters that no well-formed text holds, found in one pass over UTF-8 buffers."""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.codepoints import SPACE, character_kinds, decode

EMPTY, INVALID, REPLACEMENT, CONTROL, NONCHARACTER = 1, 2, 4, 8, 16
"""Bits of a fault mask: blank text, bytes that are no UTF-8, U+FFFD, a C0 control, a Unicode noncharacter."""

_HARMLESS_CONTROLS = (0x09, 0x0A, 0x0D)


def _plain_bytes() -> NDArray[np.bool_]:
    """Per byte whether it is an ASCII character that is no fault."""
    plain = np.zeros(256, np.bool_)
    plain[0x20:0x80] = True
    plain[[*_HARMLESS_CONTROLS]] = True
    return plain


_PLAIN = _plain_bytes()


@nb.njit(inline="always")
def _wide_fault(code: Any, size: Any) -> Any:
    if size == 1 or (size == 3 and (code < 0x800 or 0xD800 <= code <= 0xDFFF)) or (size == 4 and code < 0x10000):
        return INVALID
    if code == 0xFFFD:
        return REPLACEMENT
    if 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE:
        return NONCHARACTER
    return 0


@nb.njit(inline="always")
def _shows(data: Any, at: Any, stop: Any) -> Any:
    """Whether a run of plain bytes has one that is not white space."""
    while at < stop and data[at] <= 0x20:
        at += 1
    return at < stop


@nb.njit(nogil=True, cache=True)
def _scan(offsets: Any, data: Any, plain: Any, kinds: Any) -> Any:
    rows = len(offsets) - 1
    masks, counts = np.zeros(rows, np.uint8), np.zeros(rows, np.int64)
    for i in range(rows):
        at, stop = offsets[i], offsets[i + 1]
        mask, count, blank = 0, 0, True
        while at < stop:
            run = at
            while at < stop and plain[data[at]]:
                at += 1
            blank = blank and not _shows(data, run, at)
            if at == stop:
                break
            code, size = decode(data, at, stop)
            fault = CONTROL if code < 0x20 else _wide_fault(code, size)
            mask |= fault
            count += fault != 0
            blank = blank and kinds[code] == SPACE
            at += size
        masks[i], counts[i] = (mask | EMPTY, count + 1) if blank else (mask, count)
    return masks, counts


def character_faults(texts: Strings) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Per text the mask of its faults and how many faults it has (being blank is one).

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> masks, counts = character_faults(strings(pa.array(["fine", " \\n", "a\\x00\\x07b"])))
    >>> masks.tolist(), counts.tolist()
    ([0, 1, 8], [0, 1, 2])
    """
    masks, counts = _scan(texts.offsets, texts.data, _PLAIN, character_kinds())
    return masks, counts
