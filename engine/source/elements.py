"""Elements of a JSON array in bounded memory: a file that is one array, one object around one array, or one object."""

import re
from collections.abc import Iterator

import numpy as np
import orjson
from numpy.typing import NDArray

from engine.errors import ShardFault
from engine.source.block import Spans
from engine.source.dataset import Limits
from engine.source.lines import BLOCK_BYTES, too_long
from engine.source.scan import elements, trim
from engine.source.stream import Stream

_BOM = b"\xef\xbb\xbf"
_KEY = re.compile(rb'\s*"((?:[^"\\]|\\.)*)"\s*:\s*', re.DOTALL)
_CHECKPOINT = b'"_checkpoint"'
_SPACE = b" \t\r\n"
_RECORDS = (b"data", b"rows", b"records", b"instances", b"samples", b"entries", b"documents", b"results", b"train", b"test")


def records(stream: Stream, url: str, limits: Limits, block_bytes: int = BLOCK_BYTES) -> Iterator[Spans]:
    """The records of a JSON file.

    An array's elements are the records. So are those of an object's one array of objects, where all else in the object is
    scalars and the array's name is one of those that people give to records (a JSON Schema with ``anyOf`` is one document),
    and the route records of the CARLA leaderboard's results. Any other value is one record.

    Raises:
        ShardFault: when the array is cut off, or something follows it.
    """
    head = stream.read(block_bytes).removeprefix(_BOM)
    while head and not head.strip(_SPACE):
        head = stream.read(block_bytes)
    head = head.lstrip(_SPACE)
    if head.startswith(b"["):
        yield from _array(head[1:], stream, url, limits, block_bytes, alone=True)
        return
    head += stream.read(max(0, limits.record_bytes + 1 - len(head)))
    inner = _only_array(head) if head.startswith(b"{") else None
    if inner is not None:
        yield from _array(head[inner:], stream, url, limits, block_bytes, alone=False)
    elif head:
        yield _routes(head, limits) or _whole(head, stream, limits)


def _routes(head: bytes, limits: Limits) -> Spans | None:
    """The route records of CARLA's results, which stand two objects deep; None of any other document."""
    if _CHECKPOINT not in head or len(head) > limits.record_bytes:
        return None
    try:
        document = orjson.loads(head)
    except orjson.JSONDecodeError:
        return None
    inner = document.get("_checkpoint") if isinstance(document, dict) else None
    rows = inner.get("records") if isinstance(inner, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        return None
    texts = [orjson.dumps(row) for row in rows]
    ends = np.cumsum([len(text) for text in texts])
    return Spans(b"".join(texts), ends - [len(text) for text in texts], ends)


def _whole(head: bytes, stream: Stream, limits: Limits) -> Spans:
    text = head.rstrip(_SPACE)
    starts, ends = np.zeros(1, np.int64), np.array([len(text)], np.int64)
    if len(text) <= limits.record_bytes:
        return Spans(head, starts, ends)
    size = len(head)
    while piece := stream.read(BLOCK_BYTES):
        size += len(piece)
    return Spans(b"", starts, starts, {0: too_long("a JSON document", size, limits)})


def _only_array(head: bytes) -> int | None:
    """Where the elements begin of the one array of objects in an object whose other members are scalars."""
    ends, closed, *_ = elements(np.frombuffer(head, np.uint8), 1, 0, False)
    starts = [1, *(int(end) + 1 for end in ends)][: len(ends) + (not closed)]
    found = []
    for start in starts:
        key = _KEY.match(head, start)
        value = head[key.end() : key.end() + 1] if key else b""
        if (
            key
            and value == b"["
            and key[1] in _RECORDS
            and head[key.end() + 1 : key.end() + 4096].lstrip(_SPACE).startswith(b"{")
        ):
            found.append(key.end() + 1)
        elif value in (b"[", b"{", b""):
            return None
    return found[0] if len(found) == 1 else None


def _array(head: bytes, stream: Stream, url: str, limits: Limits, block_bytes: int, alone: bool) -> Iterator[Spans]:
    data, at, depth, inside = head, 0, 0, False
    dropped, seen = 0, 0
    while True:
        ends, closed, at, depth, inside = elements(np.frombuffer(data, np.uint8), at, depth, inside)
        if len(ends):
            spans = _bounded(data, ends, dropped, limits)
            blank = closed and seen == 0 and len(ends) == 1 and not spans.faults.keys() - {-1} and _is_blank(spans)
            yield spans.select(np.zeros(1, bool)) if blank else _with_empty_faults(spans)
            seen, dropped = seen + len(ends), 0
        if closed:
            if alone and (data[at:].strip(_SPACE) or _rest(stream, block_bytes)):
                raise ShardFault(url, "something follows the JSON array")
            return
        used = int(ends[-1]) + 1 if len(ends) else 0
        data, at = data[used:], at - used
        if dropped or len(data) > limits.record_bytes:
            dropped, data, at = dropped + at, data[at:], 0
        piece = stream.read(block_bytes)
        if not piece:
            raise ShardFault(url, "truncated: the JSON array is not closed")
        data += piece


def _rest(stream: Stream, block_bytes: int) -> bool:
    while piece := stream.read(block_bytes):
        if piece.strip(_SPACE):
            return True
    return False


def _is_blank(spans: Spans) -> bool:
    return bool(spans.starts[0] == spans.ends[0]) and not spans.faults


def _bounded(data: bytes, ends: NDArray[np.int64], dropped: int, limits: Limits) -> Spans:
    starts, faults = np.concatenate(([0], ends[:-1] + 1)), {}
    ends = ends.copy()
    if dropped:
        faults[0] = too_long("an element", dropped + int(ends[0]), limits)
        starts[0] = ends[0]
    trim(np.frombuffer(data, np.uint8), starts, ends)
    for row in np.flatnonzero(ends - starts > limits.record_bytes):
        faults[int(row)] = too_long("an element", int(ends[row] - starts[row]), limits)
        starts[row] = ends[row]
    return Spans(data, starts, ends, faults)


def _with_empty_faults(spans: Spans) -> Spans:
    empty = {int(row): "malformed JSON: an empty element" for row in np.flatnonzero(spans.starts == spans.ends)}
    return Spans(spans.data, spans.starts, spans.ends, {**empty, **spans.faults})
