"""Lines of a stream in bounded memory, and the lines that belong to a range of its bytes."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.source.block import Spans
from engine.source.dataset import Limits
from engine.source.scan import trim
from engine.source.stream import Stream

BLOCK_BYTES = 8 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_NEWLINE, _RETURN = 10, 13


def too_long(what: str, size: int, limits: Limits) -> str:
    """The fault of a record that is over the limit."""
    return f"{what} of {size:,} bytes is longer than limits.record_bytes = {limits.record_bytes:,}"


def lines(
    stream: Stream, limits: Limits, start: int = 0, stop: int | None = None, block_bytes: int = BLOCK_BYTES
) -> Iterator[Spans]:
    """The lines whose first byte lies in ``[start, stop)``, without line ends; blank lines are no records.

    ``stream`` stands at ``start - 1`` (at 0 for 0): unless that byte is a newline, the line that it is in belongs to
    another unit. A line over ``limits.record_bytes`` is read past, never held.
    """
    carry, base = _line_start(stream, start, block_bytes)
    dropped = 0
    while stop is None or dropped or base < stop:
        piece = stream.read(block_bytes)
        data = carry + piece
        ends = _line_ends(data, last=not piece, open_line=dropped > 0)
        starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
        used = int(ends[-1]) + 1 if len(ends) else 0
        faults = {}
        if dropped and len(ends):
            faults[0] = too_long("a line", dropped + int(ends[0]), limits)
            starts[0], dropped = ends[0], 0
        if stop is not None:
            kept = starts + base < stop
            kept[: len(faults)] = True
            starts, ends = starts[kept], ends[kept]
        yield _bounded(data, starts, ends, faults, limits)
        carry, base = data[used:], base + used
        if not piece or (stop is not None and base >= stop and not dropped):
            return
        if dropped or len(carry) > limits.record_bytes:
            dropped, base, carry = dropped + len(carry), base + len(carry), b""


def _line_start(stream: Stream, start: int, block_bytes: int) -> tuple[bytes, int]:
    """The bytes read past the first line start, and the position of that."""
    if start == 0:
        head = stream.read(block_bytes)
        bom = len(_BOM) if head.startswith(_BOM) else 0
        return head[bom:], bom
    base = start - 1
    while piece := stream.read(block_bytes):
        at = piece.find(b"\n")
        if at >= 0:
            return piece[at + 1 :], base + at + 1
        base += len(piece)
    return b"", base


def _line_ends(data: bytes, last: bool, open_line: bool) -> NDArray[np.int64]:
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE)
    unended = len(data) > 0 and not data.endswith(b"\n")
    if last and (unended or (open_line and not data)):
        return np.append(ends, len(data))
    return ends


def _bounded(data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], faults: dict[int, str], limits: Limits) -> Spans:
    array = np.frombuffer(data, np.uint8)
    starts, ends = starts.copy(), ends.copy()
    returns = (ends > starts) & (array[np.maximum(ends - 1, 0)] == _RETURN) if len(data) else np.zeros(len(ends), bool)
    ends -= returns
    for row in np.flatnonzero(ends - starts > limits.record_bytes):
        faults[int(row)] = too_long("a line", int(ends[row] - starts[row]), limits)
        starts[row] = ends[row]
    bare_starts, bare_ends = starts.copy(), ends.copy()
    trim(array, bare_starts, bare_ends)
    mask = bare_ends > bare_starts
    mask[list(faults)] = True
    return Spans(data, starts, ends, faults).select(mask)
