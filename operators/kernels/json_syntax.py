"""RFC 8259, to the letter, over the bytes of many documents: one pass, no recursion, no object per value."""

from typing import Any

import numba as nb
import numpy as np

from operators.kernels.hashing import murmur3

FAULTS = (
    "empty",
    "syntax",
    "unterminated",
    "trailing_data",
    "trailing_comma",
    "duplicate_key",
    "not_a_number",
    "number",
    "control_character",
    "escape",
    "lone_surrogate",
    "too_deep",
)
"""What `check` finds, by its code less one; code 0 is a valid document."""

_EMPTY, _SYNTAX, _OPEN, _TRAILING, _COMMA, _DUPLICATE, _NAN, _NUMBER, _CONTROL, _ESCAPE, _SURROGATE, _DEEP = range(1, 13)
_VALUE, _VALUE_OR_END, _KEY, _KEY_OR_END, _COLON, _NEXT = range(6)
_QUOTE, _BACKSLASH, _U = 34, 92, 117
_PAIRWISE = 16


@nb.njit(nogil=True, cache=True)
def check(offsets: Any, data: Any, max_depth: Any) -> Any:
    """The code and the byte position (in the document) of the first fault of each document.

    Duplicate keys are found when their object ends, by hashes of the unescaped keys, sorted where there are many.
    """
    n = len(offsets) - 1
    codes, positions = np.zeros(n, np.int64), np.zeros(n, np.int64)
    keys, places = np.empty(256, np.uint64), np.empty(256, np.int64)
    objects, first_key = np.zeros(max_depth + 1, np.bool_), np.zeros(max_depth + 1, np.int64)
    for i in range(n):
        code, at, keys, places = _document(data, offsets[i], offsets[i + 1], objects, first_key, keys, places)
        codes[i], positions[i] = code, at - offsets[i]
    return codes, positions


@nb.njit(nogil=True, cache=True)
def _document(data: Any, start: Any, stop: Any, objects: Any, first_key: Any, keys: Any, places: Any) -> Any:
    """``objects`` and ``first_key`` are the stack: whether a level is an object, and where its keys begin."""
    depth, count, expects = 0, 0, _VALUE
    at = _skip_space(data, start, stop)
    if at == stop:
        return _EMPTY, at, keys, places
    while at < stop:
        byte = data[at]
        if expects == _NEXT and depth == 0:
            return _TRAILING, at, keys, places
        if expects == _NEXT and byte == 44:  # ,
            expects = _KEY if objects[depth] else _VALUE
            at = _skip_space(data, at + 1, stop)
            if at < stop and (data[at] == 93 or data[at] == 125):
                return _COMMA, at, keys, places
            continue
        closes_object = byte == 125 and objects[depth] and (expects in (_NEXT, _KEY_OR_END))
        closes_array = byte == 93 and depth > 0 and not objects[depth] and (expects in (_NEXT, _VALUE_OR_END))
        if closes_object or closes_array:
            if closes_object:
                duplicate = _duplicate(keys, places, first_key[depth], count)
                if duplicate >= 0:
                    return _DUPLICATE, duplicate, keys, places
                count = first_key[depth]
            depth -= 1
            expects = _NEXT
            at += 1
        elif expects in (_KEY, _KEY_OR_END):
            if byte != _QUOTE:
                return _SYNTAX, at, keys, places
            code, end, escaped = _string(data, at, stop)
            if code:
                return code, end, keys, places
            if count == len(keys):
                keys, places = np.append(keys, np.empty_like(keys)), np.append(places, np.empty_like(places))
            keys[count], places[count] = string_hash(data, at + 1, end - 1, escaped), at
            count += 1
            at, expects = end, _COLON
        elif expects == _COLON:
            if byte != 58:
                return _SYNTAX, at, keys, places
            at, expects = at + 1, _VALUE
        elif expects == _NEXT:
            return _SYNTAX, at, keys, places
        elif byte == 123 or byte == 91:
            if depth + 1 == len(objects):
                return _DEEP, at, keys, places
            depth += 1
            objects[depth], first_key[depth] = byte == 123, count
            expects = _KEY_OR_END if byte == 123 else _VALUE_OR_END
            at += 1
        else:
            code, at = _scalar(data, at, stop)
            if code:
                return code, at, keys, places
            expects = _NEXT
        at = _skip_space(data, at, stop)
    if depth > 0 or expects != _NEXT:
        return _OPEN, stop, keys, places
    return 0, stop, keys, places


@nb.njit(nogil=True, cache=True)
def _skip_space(data: Any, at: Any, stop: Any) -> Any:
    while at < stop and (data[at] == 32 or data[at] == 10 or data[at] == 13 or data[at] == 9):
        at += 1
    return at


@nb.njit(nogil=True, cache=True)
def _scalar(data: Any, at: Any, stop: Any) -> Any:
    byte = data[at]
    if byte == _QUOTE:
        code, end, _ = _string(data, at, stop)
        return code, end
    if byte == 45 or 48 <= byte <= 57:  # - 0-9
        return _number(data, at, stop)
    if byte == 116:
        return _word(data, at, stop, (116, 114, 117, 101))  # true
    if byte == 102:
        return _word(data, at, stop, (102, 97, 108, 115, 101))  # false
    if byte == 110:
        return _word(data, at, stop, (110, 117, 108, 108))  # null
    if byte == 78 or byte == 73:  # NaN, Infinity
        return _NAN, at
    return _SYNTAX, at


@nb.njit(nogil=True, cache=True)
def _word(data: Any, at: Any, stop: Any, letters: Any) -> Any:
    for i in range(len(letters)):
        if at + i == stop:
            return _OPEN, stop
        if data[at + i] != letters[i]:
            # "nan" in lower case is the same fault as NaN
            return (_NAN if letters[0] == 110 and data[at + i] == 97 else _SYNTAX), at
    return 0, at + len(letters)


@nb.njit(nogil=True, cache=True)
def _digits(data: Any, at: Any, stop: Any) -> Any:
    while at < stop and 48 <= data[at] <= 57:
        at += 1
    return at


@nb.njit(nogil=True, cache=True)
def _number(data: Any, start: Any, stop: Any) -> Any:
    at = start + 1 if data[start] == 45 else start
    if at < stop and (data[at] == 73 or data[at] == 78):  # -Infinity, -NaN
        return _NAN, start
    end = _digits(data, at, stop)
    if end == at or (data[at] == 48 and end > at + 1):
        return (_OPEN if at == stop else _NUMBER), at
    if end < stop and data[end] == 46:  # .
        at, end = end + 1, _digits(data, end + 1, stop)
        if end == at:
            return (_OPEN if at == stop else _NUMBER), at
    if end < stop and (data[end] == 101 or data[end] == 69):  # e E
        at = end + 1
        if at < stop and (data[at] == 43 or data[at] == 45):
            at += 1
        end = _digits(data, at, stop)
        if end == at:
            return (_OPEN if at == stop else _NUMBER), at
    return 0, end


@nb.njit(nogil=True, cache=True)
def _string(data: Any, start: Any, stop: Any) -> Any:
    """The code, the position past the closing quote (or of the fault), and whether there was an escape."""
    at, escaped = start + 1, False
    while at < stop:
        byte = data[at]
        if byte == _QUOTE:
            return 0, at + 1, escaped
        if byte < 32:
            return _CONTROL, at, escaped
        if byte != _BACKSLASH:
            at += 1
            continue
        escaped = True
        if at + 1 == stop:
            break
        kind = data[at + 1]
        if kind != _U:
            if kind not in (34, 47, 92, 98, 102, 110, 114, 116):  # " / \ b f n r t
                return _ESCAPE, at, escaped
            at += 2
            continue
        unit = _hex4(data, at + 2, stop)
        if unit < 0:
            return (_OPEN, stop, escaped) if unit == -2 else (_ESCAPE, at, escaped)
        if 0xDC00 <= unit <= 0xDFFF:
            return _SURROGATE, at, escaped
        if 0xD800 <= unit <= 0xDBFF:
            paired = at + 7 < stop and data[at + 6] == _BACKSLASH and data[at + 7] == _U
            low = _hex4(data, at + 8, stop) if paired else 0
            if not 0xDC00 <= low <= 0xDFFF:
                return _SURROGATE, at, escaped
            at += 6
        at += 6
    return _OPEN, stop, escaped


@nb.njit(nogil=True, cache=True)
def _hex4(data: Any, at: Any, stop: Any) -> Any:
    """The four hexadecimal digits; -1 where they are none, -2 where the document ends among them."""
    value = 0
    for i in range(at, at + 4):
        if i >= stop:
            return -2
        byte = int(data[i])
        if 48 <= byte <= 57:
            value = value * 16 + byte - 48
        elif 65 <= byte <= 70 or 97 <= byte <= 102:
            value = value * 16 + (byte | 32) - 87
        else:
            return -1
    return value


@nb.njit(nogil=True, cache=True)
def string_hash(data: Any, start: Any, stop: Any, escaped: Any) -> Any:
    """The hash of what a string between its quotes means."""
    if not escaped:
        return murmur3(data, start, stop)[0]
    plain = np.empty(stop - start, np.uint8)
    return murmur3(plain, 0, unescape(data, start, stop, plain, 0))[0]


@nb.njit(nogil=True, cache=True)
def unescape(data: Any, start: Any, stop: Any, plain: Any, size: Any) -> Any:
    """Write what a valid string between its quotes means into ``plain`` from ``size`` on; the size then."""
    at = start
    while at < stop:
        byte = np.int64(data[at])
        if byte != _BACKSLASH:
            plain[size] = byte
            size, at = size + 1, at + 1
            continue
        kind = np.int64(data[at + 1])
        if kind != _U:
            plain[size] = _unescaped(kind)
            size, at = size + 1, at + 2
            continue
        point = _hex4(data, at + 2, stop)
        at += 6
        if 0xD800 <= point <= 0xDBFF:
            point = 0x10000 + ((point - 0xD800) << 10) + _hex4(data, at + 2, stop) - 0xDC00
            at += 6
        size = _put_utf8(plain, size, point)
    return size


@nb.njit(nogil=True, cache=True)
def _unescaped(kind: Any) -> Any:
    if kind == 98:
        return 8
    if kind == 102:
        return 12
    if kind == 110:
        return 10
    if kind == 114:
        return 13
    return 9 if kind == 116 else kind


@nb.njit(nogil=True, cache=True)
def _put_utf8(plain: Any, size: Any, point: Any) -> Any:
    if point < 0x80:
        plain[size] = point
        return size + 1
    if point < 0x800:
        plain[size] = 0xC0 | point >> 6
    elif point < 0x10000:
        plain[size] = 0xE0 | point >> 12
    else:
        plain[size] = 0xF0 | point >> 18
        size += 1
        plain[size] = 0x80 | point >> 12 & 0x3F
    if point >= 0x800:
        size += 1
        plain[size] = 0x80 | point >> 6 & 0x3F
    plain[size + 1] = 0x80 | point & 0x3F
    return size + 2


@nb.njit(nogil=True, cache=True)
def _duplicate(keys: Any, places: Any, start: Any, stop: Any) -> Any:
    """The place of the first key that stands a second time in its object, or -1."""
    found = np.int64(-1)
    if stop - start <= _PAIRWISE:
        for i in range(start + 1, stop):
            for j in range(start, i):
                if keys[i] == keys[j]:
                    return places[i]
        return found
    order = np.argsort(keys[start:stop], kind="mergesort")
    for i in range(1, len(order)):
        if keys[start + order[i]] == keys[start + order[i - 1]]:
            place = places[start + order[i]]
            found = place if found < 0 else min(found, place)
    return found
