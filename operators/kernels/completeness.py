"""Whether a text is there at all, and whether it breaks off: a code fence or a JSON value left open."""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.codepoints import SPACE, character_kinds, decode

_SPACE, _TAB, _NEWLINE, _RETURN, _BACKTICK, _TILDE, _QUOTE, _BACKSLASH = 0x20, 0x09, 0x0A, 0x0D, 0x60, 0x7E, 0x22, 0x5C


@nb.njit(nogil=True, cache=True)
def _blank(offsets: Any, data: Any, kinds: Any) -> Any:
    out = np.ones(len(offsets) - 1, np.bool_)
    for i in range(len(out)):
        at, stop = offsets[i], offsets[i + 1]
        while at < stop:
            code, size = decode(data, at, stop)
            if kinds[code] != SPACE:
                out[i] = False
                break
            at += size
    return out


def blank(texts: Strings) -> NDArray[np.bool_]:
    """Whether each text has no character but white space; null texts have none.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> blank(strings(pa.array(["a", " \\u3000\\n", "", None]))).tolist()
    [False, True, True, True]
    """
    result: NDArray[np.bool_] = _blank(texts.offsets, texts.data, character_kinds())
    return result | ~texts.valid


@nb.njit(inline="always")
def _line_stop(data: Any, at: Any, stop: Any) -> Any:
    while at < stop and data[at] != _NEWLINE:
        at += 1
    return at


@nb.njit(inline="always")
def _skip_space(data: Any, at: Any, stop: Any) -> Any:
    while at < stop and (data[at] == _SPACE or data[at] == _TAB or data[at] == _RETURN or data[at] == _NEWLINE):
        at += 1
    return at


@nb.njit(nogil=True, cache=True)
def _open_fence(data: Any, at: Any, stop: Any) -> Any:
    """Whether a fenced code block (CommonMark 0.31, section 4.5, at any indentation) is still open at the end."""
    mark, width = np.uint8(0), 0
    while at < stop:
        end = _line_stop(data, at, stop)
        start = _skip_space(data, at, end)
        run = start
        while run < end and data[run] == data[start] and (data[run] == _BACKTICK or data[run] == _TILDE):
            run += 1
        if run - start >= 3:
            if width == 0:
                inline_code = data[start] == _BACKTICK and np.any(data[run:end] == _BACKTICK)
                if not inline_code:
                    mark, width = data[start], run - start
            elif data[start] == mark and run - start >= width and _skip_space(data, run, end) == end:
                width = 0
        at = end + 1
    return width > 0


@nb.njit(inline="always")
def _json_like(data: Any, at: Any, stop: Any) -> Any:
    """Whether the text starts as JSON and hardly anything else does: ``{"``, ``{}``, ``[{``, ``[[``, ``["``."""
    if at >= stop or (data[at] != ord("{") and data[at] != ord("[")):
        return False
    after = _skip_space(data, at + 1, stop)
    if after == stop:
        return True
    if data[at] == ord("{"):
        return data[after] == _QUOTE or data[after] == ord("}")
    return data[after] == _QUOTE or data[after] == ord("{") or data[after] == ord("[")


@nb.njit(nogil=True, cache=True)
def _open_json(data: Any, at: Any, stop: Any) -> Any:
    at = _skip_space(data, at, stop)
    if not _json_like(data, at, stop):
        return False
    depth, quoted = 0, False
    while at < stop:
        byte = data[at]
        if quoted:
            if byte == _BACKSLASH:
                at += 1
            elif byte == _QUOTE:
                quoted = False
        elif byte == _QUOTE:
            quoted = True
        elif byte == ord("{") or byte == ord("["):
            depth += 1
        elif byte == ord("}") or byte == ord("]"):
            depth -= 1
        at += 1
    return quoted or depth > 0


@nb.njit(nogil=True, cache=True)
def _truncated(starts: Any, stops: Any, data: Any) -> Any:
    out = np.zeros(len(starts), np.bool_)
    for i in range(len(starts)):
        out[i] = _open_fence(data, starts[i], stops[i]) or _open_json(data, starts[i], stops[i])
    return out


def truncated(texts: Strings, rows: NDArray[Any] | None = None) -> NDArray[np.bool_]:
    """Whether each text (or each of ``rows``) breaks off inside a fenced code block, or inside JSON when all of it is JSON.

    A prose text that merely stops is not seen: no rule without a model tells it from a short answer. A closing fence whose
    opening one is missing reads as an opening one, by CommonMark's rule too.

    >>> import pyarrow as pa
    >>> from operators.kernels.buffers import strings
    >>> truncated(strings(pa.array(["```py\\nx = 1", "```py\\nx = 1\\n```", '{"a": [1, 2]', '{"a": 1}', "a {set"]))).tolist()
    [True, False, True, False, False]
    """
    starts, stops = texts.offsets[:-1], texts.offsets[1:]
    if rows is not None:
        starts, stops = starts[rows], stops[rows]
    result: NDArray[np.bool_] = _truncated(starts, stops, texts.data)
    return result
