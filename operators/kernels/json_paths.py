"""The values of JSON documents with their paths, kinds and numbers: one walk over the bytes, no object per value.

A path is the keys that lead to a value, with one step for any element of an array. Documents must have passed
`operators.kernels.json_syntax.check`.
"""

import json
from typing import Any, NamedTuple

import numba as nb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.hashing import mix
from operators.kernels.json_syntax import string_hash, unescape

KINDS = ("null", "boolean", "integer", "number", "string", "object", "array")
NULL, BOOLEAN, INTEGER, NUMBER, STRING, OBJECT, ARRAY = range(7)
MOST_NODES = 1 << 18
"""Values of one document; one with more is left out."""
Step = str | int
"""A key, or 0 for any element of an array."""

_ROOT, _ELEMENT, _KEY = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
_QUOTE, _BACKSLASH = 34, 92
_MOST_DIGITS, _LARGEST = 18, 1.7976931348623157e308
_LONGEST_KEY = 80


class Nodes(NamedTuple):
    """The values of some documents, in order; children come after their parents.

    Args:
        row: which document.
        parent: position of the object or array that holds it, -1 for a document's own value.
        kind: position in `KINDS`; a number without a fraction is an integer, however it is written.
        path: hash of its path.
        key: (n, 2) where in the data its key stands, between the quotes; -1 where it has none.
        span: (n, 2) where its value stands, a string's between the quotes.
        number: its value, of numbers (rounded to float64) and booleans.
        text: hash of what a string means, 0 for all else.
    """

    row: NDArray[np.int64]
    parent: NDArray[np.int64]
    kind: NDArray[np.int64]
    path: NDArray[np.uint64]
    key: NDArray[np.int64]
    span: NDArray[np.int64]
    number: NDArray[np.float64]
    text: NDArray[np.uint64]


def nodes(documents: Strings, valid: NDArray[np.bool_]) -> tuple[Nodes, NDArray[np.bool_]]:
    """The values of the valid documents, and which of these were left out for having too many.

    >>> from operators.kernels.buffers import strings
    >>> import pyarrow as pa
    >>> found, _ = nodes(strings(pa.array(['{"a": [1.0, "x"]}'])), np.array([True]))
    >>> [KINDS[kind] for kind in found.kind], found.parent.tolist(), found.number.tolist()
    (['object', 'array', 'integer', 'string'], [-1, 0, 1, 1], [0.0, 0.0, 1.0, 0.0])
    """
    ints, hashes, numbers, cut = _walk(documents.offsets, documents.data, valid, MOST_NODES)
    row, parent, kind = ints[0], ints[1], ints[2]
    return Nodes(row, parent, kind, hashes[0], ints[3:5].T, ints[5:7].T, numbers, hashes[1]), cut


def steps(found: Nodes, data: NDArray[np.uint8], node: int) -> list[Step]:
    """The path of a value.

    >>> from operators.kernels.buffers import strings
    >>> import pyarrow as pa
    >>> documents = strings(pa.array(['{"a": [1, {"b\\\\u00e9": 2}]}']))
    >>> steps(nodes(documents, np.array([True]))[0], documents.data, 4)
    ['a', 0, 'bé']
    """
    path: list[Step] = []
    while found.parent[node] >= 0:
        start, stop = found.key[node].tolist()
        path.append(0 if start < 0 else json.loads(b'"' + data[start:stop].tobytes() + b'"'))
        node = int(found.parent[node])
    return path[::-1]


def shown(path: list[Step]) -> str:
    """A path as people write it.

    >>> shown(["orders", 0, "id"])
    '$.orders[].id'
    """
    return "$" + "".join(f".{step[:_LONGEST_KEY]}" if isinstance(step, str) else "[]" for step in path)


@nb.njit(nogil=True, cache=True)
def _walk(offsets: Any, data: Any, valid: Any, most: Any) -> Any:
    room = np.int64(1024)
    ints, hashes, numbers = np.empty((7, room), np.int64), np.zeros((2, room), np.uint64), np.zeros(room, np.float64)
    cut, n = np.zeros(len(offsets) - 1, np.bool_), 0
    for i in range(len(offsets) - 1):
        if not valid[i]:
            continue
        # every value takes two bytes but the last: itself and what parts it from the next
        wanted = n + min(most + 1, (offsets[i + 1] - offsets[i]) // 2 + 2)
        if wanted > room:
            room = 2 * wanted
            ints, hashes, numbers = _grown(ints, hashes, numbers, n, room)
        count = _document(data, offsets[i], offsets[i + 1], i, n, most, ints, hashes, numbers)
        cut[i] = count < 0
        n += max(0, count)
    return ints[:, :n].copy(), hashes[:, :n].copy(), numbers[:n].copy(), cut


@nb.njit(nogil=True, cache=True)
def _grown(ints: Any, hashes: Any, numbers: Any, n: Any, room: Any) -> Any:
    more_ints, more_hashes, more = np.empty((7, room), np.int64), np.zeros((2, room), np.uint64), np.zeros(room, np.float64)
    more_ints[:, :n], more_hashes[:, :n], more[:n] = ints[:, :n], hashes[:, :n], numbers[:n]
    return more_ints, more_hashes, more


@nb.njit(nogil=True, cache=True)
def _document(data: Any, start: Any, stop: Any, row: Any, first: Any, most: Any, ints: Any, hashes: Any, numbers: Any) -> Any:
    """Write the document's values from ``first`` on; how many they are, or -1 where there are too many."""
    at, n, holder = start, first, np.int64(-1)
    key_start, key_stop, key = np.int64(-1), np.int64(-1), np.uint64(0)
    while at < stop:
        byte = data[at]
        if byte == 32 or byte == 10 or byte == 13 or byte == 9 or byte == 44 or byte == 58:  # between values
            at += 1
            continue
        if byte == 125 or byte == 93:  # } ]
            at += 1
            ints[6, holder] = at
            holder = ints[1, holder]
            continue
        inside = holder >= 0 and ints[2, holder] == OBJECT
        if inside and key_start < 0:
            key_stop, escaped = _string_end(data, at + 1)
            key_start, key = at + 1, string_hash(data, at + 1, key_stop, _flag(escaped))
            at = key_stop + 1
            continue
        if n - first == most:
            return -1
        ints[0, n], ints[1, n], ints[3, n], ints[4, n] = row, holder, key_start, key_stop
        if holder < 0:
            hashes[0, n] = _ROOT
        elif inside:
            hashes[0, n] = mix(hashes[0, holder] * _KEY + key)
        else:
            hashes[0, n] = mix(hashes[0, holder] ^ _ELEMENT)
        hashes[1, n], numbers[n], ints[5, n] = np.uint64(0), 0.0, at
        key_start, key_stop = np.int64(-1), np.int64(-1)
        if byte == 123 or byte == 91:  # { [
            ints[2, n] = OBJECT if byte == 123 else ARRAY
            holder, at = n, at + 1
        elif byte == _QUOTE:
            end, escaped = _string_end(data, at + 1)
            ints[2, n], ints[5, n], ints[6, n] = STRING, at + 1, end
            hashes[1, n] = string_hash(data, at + 1, end, _flag(escaped))
            at = end + 1
        elif byte == 116 or byte == 102 or byte == 110:  # t f n
            ints[2, n] = NULL if byte == 110 else BOOLEAN
            numbers[n] = 1.0 if byte == 116 else 0.0
            at += 5 if byte == 102 else 4
            ints[6, n] = at
        else:
            whole, numbers[n], at = _number(data, at, stop)
            ints[2, n], ints[6, n] = (INTEGER if whole else NUMBER), at
        n += 1
    return n - first


@nb.njit(nogil=True, cache=True)
def _flag(value: Any) -> Any:
    return bool(value)


@nb.njit(nogil=True, cache=True)
def _string_end(data: Any, at: Any) -> Any:
    """Where the closing quote is, and whether something before it is escaped."""
    escaped = False
    while data[at] != _QUOTE:
        if data[at] == _BACKSLASH:
            escaped = True
            at += 1
        at += 1
    return at, escaped


@nb.njit(nogil=True, cache=True)
def _number(data: Any, at: Any, stop: Any) -> Any:
    """Whether it is whole, its value, and where it ends: the same for every way to write it."""
    negative = data[at] == 45
    if negative:
        at += 1
    digits, count, exponent, fraction = np.int64(0), 0, np.int64(0), False
    seen, before_point, last = np.int64(0), np.int64(0), np.int64(0)
    while at < stop and (48 <= data[at] <= 57 or data[at] == 46):
        if data[at] == 46:
            fraction = True
        else:
            digit = np.int64(data[at]) - 48
            seen += 1
            before_point += 0 if fraction else 1
            last = seen if digit else last
            if count < _MOST_DIGITS:
                digits = digits * 10 + digit
                count += 1 if digits else 0
                exponent -= 1 if fraction else 0
            elif not fraction:  # further digits have no weight in a float64
                exponent += 1
        at += 1
    written = np.int64(0)
    if at < stop and (data[at] == 101 or data[at] == 69):
        written, at = _exponent(data, at + 1, stop)
    if digits == 0:
        return True, 0.0, at
    exponent += written
    while digits % 10 == 0:
        digits, exponent = digits // 10, exponent + 1
    value = _scaled(digits, exponent)
    return before_point - last + written >= 0, (-value if negative else value), at


@nb.njit(nogil=True, cache=True)
def _exponent(data: Any, at: Any, stop: Any) -> Any:
    negative = data[at] == 45
    if negative or data[at] == 43:
        at += 1
    value = np.int64(0)
    while at < stop and 48 <= data[at] <= 57:
        value = min(value * 10 + np.int64(data[at]) - 48, np.int64(1_000_000))
        at += 1
    return (-value if negative else value), at


@nb.njit(nogil=True, cache=True)
def _scaled(digits: Any, exponent: Any) -> Any:
    """``digits * 10**exponent``, the largest float64 at most."""
    if digits == 0 or exponent < -345:
        return 0.0
    if exponent > 310:
        return _LARGEST
    if exponent >= 0:
        return min(float(digits) * 10.0**exponent, _LARGEST)
    if exponent >= -22:
        return float(digits) / 10.0**-exponent
    if exponent < -200:  # a power of ten below 1e-308 would be nothing, and the number is not
        return float(digits) * 1e-200 * 10.0 ** (exponent + 200)
    return float(digits) * 10.0**exponent


def labelled(found: Nodes, data: NDArray[np.uint8], quoted: bool) -> tuple[pa.Array, NDArray[np.int64], NDArray[np.int64]]:
    """``key: "value"`` of every value with a key, with text, or that is a whole number, unescaped; which value each is of; and
    at which character its value begins. Where not ``quoted``, values have no quotes, and underscores of keys are spaces.

    An element of an array has the key of what holds it. What looks for words beside a value finds them in its key.

    >>> from operators.kernels.buffers import strings
    >>> documents = strings(pa.array(['{"my_ssn": ["1", {"b": true}]}']))
    >>> found = nodes(documents, np.array([True]))[0]
    >>> labelled(found, documents.data, True)[0].to_pylist(), labelled(found, documents.data, False)[0].to_pylist()
    (['my_ssn: ""', 'my_ssn: "1"', 'b: ""'], ['my ssn: ', 'my ssn: 1', 'b: '])
    """
    scalar = (found.kind == INTEGER) | (found.kind == STRING)
    label = _labels(found.parent, found.key[:, 0])
    chosen = np.flatnonzero(scalar | (found.key[:, 0] >= 0))
    offsets, text, begins = _texts(chosen, label, scalar, found.key, found.span, data, quoted)
    return pa.LargeStringArray.from_buffers(len(chosen), pa.py_buffer(offsets), pa.py_buffer(text)), chosen, begins


@nb.njit(nogil=True, cache=True)
def _labels(parent: Any, key_start: Any) -> Any:
    """The value whose key names each: itself, or the nearest that holds it and has one; -1 where none has."""
    label = np.empty(len(parent), np.int64)
    for node in range(len(parent)):
        if key_start[node] >= 0:
            label[node] = node
        else:
            label[node] = label[parent[node]] if parent[node] >= 0 else -1
    return label


@nb.njit(nogil=True, cache=True)
def _texts(chosen: Any, label: Any, scalar: Any, key: Any, span: Any, data: Any, quoted: Any) -> Any:
    room = np.int64(0)
    for node in chosen:
        named = label[node]
        room += (
            5 + (key[named, 1] - key[named, 0] if named >= 0 else 0) + (span[node, 1] - span[node, 0] if scalar[node] else 0)
        )
    text, size = np.empty(room, np.uint8), np.int64(0)
    offsets, begins = np.zeros(len(chosen) + 1, np.int64), np.zeros(len(chosen), np.int64)
    for i in range(len(chosen)):
        node, start = chosen[i], size
        named = label[node]
        if named >= 0:
            size = unescape(data, key[named, 0], key[named, 1], text, size)
        for at in range(start, size):
            if not quoted and text[at] == 95:  # _
                text[at] = 32
        text[size], text[size + 1], text[size + 2] = 58, 32, _QUOTE
        size += 3 if quoted else 2
        for at in range(start, size):  # characters, not bytes
            begins[i] += 1 if text[at] & 0xC0 != 0x80 else 0
        if scalar[node]:
            size = unescape(data, span[node, 0], span[node, 1], text, size)
        if quoted:
            text[size] = _QUOTE
            size += 1
        offsets[i + 1] = size
    return offsets, text[:size].copy(), begins
