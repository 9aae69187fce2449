"""Kernels over raw bytes: nesting of JSON, elements of a JSON array, fields of CSV. Nothing is copied."""

from typing import Any

import numba as nb
import numpy as np

_QUOTE, _BACKSLASH, _COMMA, _NEWLINE, _RETURN = 34, 92, 44, 10, 13
PLAIN, ESCAPED, TRAILING, WIDTH = 0, 1, 2, 3


@nb.njit(nogil=True, cache=True)
def deepest(data: Any, starts: Any, ends: Any) -> Any:
    """The deepest nesting of brackets outside strings, per range of bytes.

    >>> import numpy as np
    >>> text = np.frombuffer(b'{"a": [1, "]["]}', np.uint8)
    >>> deepest(text, np.array([0]), np.array([len(text)])).tolist()
    [2]
    """
    result = np.zeros(starts.size, np.int64)
    for i in range(starts.size):
        depth, inside, k = 0, False, starts[i]
        while k < ends[i]:
            c = data[k]
            if inside:
                if c == _BACKSLASH:
                    k += 1
                elif c == _QUOTE:
                    inside = False
            elif c == _QUOTE:
                inside = True
            elif c in (91, 123):
                depth += 1
                result[i] = max(result[i], depth)
            elif c in (93, 125):
                depth -= 1
            k += 1
    return result


@nb.njit(nogil=True, cache=True)
def trim(data: Any, starts: Any, ends: Any) -> None:
    """Move the bounds of each range inwards over ASCII white space, in place; a blank range becomes empty.

    >>> import numpy as np
    >>> starts, ends = np.array([0]), np.array([4])
    >>> trim(np.frombuffer(b" ab ", np.uint8), starts, ends)
    >>> starts.tolist(), ends.tolist()
    ([1], [3])
    """
    for i in range(starts.size):
        while starts[i] < ends[i] and data[starts[i]] <= 32:
            starts[i] += 1
        while ends[i] > starts[i] and data[ends[i] - 1] <= 32:
            ends[i] -= 1


@nb.njit(nogil=True, cache=True)
def elements(data: Any, at: int, depth: int, inside: bool) -> Any:
    """Where the elements of a JSON array end, by commas and brackets alone (depth 0 is inside the array).

    Returns (ends, closed, at, depth, inside): ``ends`` are the positions of the separating commas and of the closing
    bracket; ``closed`` tells whether that was seen; the rest resumes the scan once there are more bytes.

    >>> import numpy as np
    >>> ends, closed, *_ = elements(np.frombuffer(b'1, {"a": [2, 3]}] ', np.uint8), 0, 0, False)
    >>> ends.tolist(), closed
    ([1, 16], True)
    """
    ends = np.empty(data.size - at + 1, np.int64)
    n = 0
    while at < data.size:
        c = data[at]
        if inside:
            if c == _BACKSLASH:
                if at + 1 == data.size:
                    break
                at += 1
            elif c == _QUOTE:
                inside = False
        elif c == _QUOTE:
            inside = True
        elif c in (91, 123):
            depth += 1
        elif c in (93, 125):
            depth -= 1
            if depth < 0:
                ends[n] = at
                return ends[: n + 1].copy(), True, at + 1, depth, inside
        elif c == _COMMA and depth == 0:
            ends[n] = at
            n += 1
        at += 1
    return ends[:n].copy(), False, at, depth, inside


@nb.njit(nogil=True, cache=True)
def csv_rows(data: Any, delimiter: int, width: int, final: bool, most: int) -> Any:
    """The fields of the whole rows in a piece of CSV (RFC 4180; a lone CR ends a row too, as spreadsheets write).

    Returns (starts, ends, kinds, row_starts, fields, consumed): the first two and ``kinds`` are [row, field]; a field is
    PLAIN, ESCAPED (doubled quotes inside) or TRAILING (text after the closing quote); ``fields`` counts what the row
    has, which need not be ``width``. Empty lines are no rows. With ``final`` the end of the data ends the last row. It
    stops after ``most`` rows, or before a row that does not end: ``consumed`` is where the next call starts.
    """
    most = min(most, data.size + 1)
    starts, ends = np.zeros((most, width), np.int64), np.zeros((most, width), np.int64)
    kinds, row_starts, fields = np.zeros((most, width), np.uint8), np.zeros(most + 1, np.int64), np.zeros(most, np.int64)
    row = field = at = consumed = 0
    size = data.size
    while at < size and row < most:
        kind = PLAIN
        first, quoted, closed = at, data[at] == _QUOTE, False
        last = at
        if quoted:
            first = last = at = at + 1
            while at < size:
                if data[at] == _QUOTE:
                    if at + 1 < size and data[at + 1] == _QUOTE:
                        kind = ESCAPED
                        at += 1
                    elif at + 1 == size and not final:
                        break
                    else:
                        closed = True
                        break
                at += 1
            if not closed:
                break
            last = at
            at += 1
        while at < size and data[at] != delimiter and data[at] != _NEWLINE and data[at] != _RETURN:
            at += 1
            if quoted:
                kind = TRAILING
        if not quoted:
            last = at
        if at == size and not final:
            break
        if field < width:
            starts[row, field], ends[row, field], kinds[row, field] = first, last, kind
        field += 1
        if at < size and data[at] == delimiter:
            at += 1
            if at < size or not final:
                continue
            if field < width:
                starts[row, field], ends[row, field] = at, at
            field += 1
        elif at < size:
            if data[at] == _RETURN:
                if at + 1 == size and not final:
                    break
                at += at + 1 < size and data[at + 1] == _NEWLINE
            at += 1
        if field > 1 or last > first or quoted:
            row_starts[row] = consumed
            fields[row] = field
            row += 1
        consumed, field = at, 0
    row_starts[row] = consumed
    return starts[:row], ends[:row], kinds[:row], row_starts[: row + 1], fields[:row], consumed
