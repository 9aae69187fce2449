"""CSV and TSV: every cell is text, an empty cell is null; a row that breaks the format is a fault of its own."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.errors import ShardFault
from engine.source.block import Block, Spans, Wants, gather, refuse_other_table
from engine.source.dataset import Limits
from engine.source.lines import BLOCK_BYTES, too_long
from engine.source.objects import texts
from engine.source.project import project
from engine.source.scan import ESCAPED, TRAILING, csv_rows
from engine.source.stream import Stream

_DELIMITERS = {"tsv": "\t", "csv": ",;\t|"}
_CELLS = 1_000_000
_MOST_COLUMNS = 20_000
_BOM = b"\xef\xbb\xbf"


def names_of(head: bytes, fmt: str, url: str) -> tuple[list[str], str]:
    """The column names in the first row, made unique, and the delimiter that cuts it into most fields."""
    line = head.removeprefix(_BOM).decode(errors="replace")
    delimiter = max(_DELIMITERS[fmt], key=line[: _first_end(line)].count)
    csv.field_size_limit(max(csv.field_size_limit(), len(line) + 1))  # it is the whole process's
    row = next(csv.reader(line.splitlines(keepends=True), delimiter=delimiter), [])
    if len(row) > _MOST_COLUMNS:
        raise ShardFault(url, f"its header names {len(row):,} columns, over {_MOST_COLUMNS:,}")
    names: list[str] = []
    for index, name in enumerate(row):
        base = name.strip() or f"column_{index}"
        names.append(base if base not in names else f"{base}.{index}")
    return names, delimiter


def _first_end(line: str) -> int:
    ends = [at for at in (line.find("\n"), line.find("\r")) if at >= 0]
    return min(ends, default=len(line))


def blocks(stream: Stream, url: str, fmt: str, wants: Wants, limits: Limits, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """The records of a file of delimited text. The first row names the columns."""
    head = stream.read(block_bytes)
    names, delimiter = names_of(head, fmt, url)
    if not names:
        return
    refuse_other_table(wants, names, url)
    first = True
    for spans, cells in _rows(head.removeprefix(_BOM), stream, ord(delimiter), len(names), limits, block_bytes):
        skip = int(first and len(spans) > 0)
        first = first and not skip
        yield _block(spans, cells, names, wants, skip)


def raw_rows(stream: Stream, url: str, fmt: str, limits: Limits, block_bytes: int = BLOCK_BYTES) -> Iterator[tuple[Spans, int]]:
    """The rows as they stand, line ends included, and how many of the first are none of `blocks`' records: mark and header."""
    head = stream.read(block_bytes)
    names, delimiter = names_of(head, fmt, url)
    if not names:
        return
    if head.startswith(_BOM):
        yield Spans(_BOM, np.zeros(1, np.int64), np.array([len(_BOM)])), 1
    others = 1
    for spans, _ in _rows(head.removeprefix(_BOM), stream, ord(delimiter), len(names), limits, block_bytes):
        yield spans, min(others, len(spans))
        others -= min(others, len(spans))


@dataclass(frozen=True)
class _Cells:
    """Bounds and kinds of the cells of some rows, and how many fields each row has."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    fields: NDArray[np.int64]


def _rows(
    data: bytes, stream: Stream, delimiter: int, width: int, limits: Limits, block_bytes: int
) -> Iterator[tuple[Spans, _Cells]]:
    """Runs of whole rows. A row that does not end in time (an open quote) is given up with its line; the next line is a row."""
    most = max(1, _CELLS // width)
    final = False
    while True:
        starts, ends, kinds, bounds, fields, used = csv_rows(np.frombuffer(data, np.uint8), delimiter, width, final, most)
        spans = Spans(data, bounds[:-1], bounds[1:])
        yield _with_long_rows(spans, limits), _Cells(starts, ends, kinds, fields)
        data = data[used:]
        if len(fields) == most and data:
            continue
        if data and (final or len(data) > limits.record_bytes):
            fault, data = _give_up(data, stream, limits, block_bytes)
            nothing = np.zeros((1, width), np.int64)
            yield fault, _Cells(nothing, nothing, nothing.astype(np.uint8), np.full(1, -1))
        if final and not data:
            return
        piece = b"" if final else stream.read(block_bytes)
        final, data = final or not piece, data + piece


def _with_long_rows(spans: Spans, limits: Limits) -> Spans:
    long = np.flatnonzero(spans.ends - spans.starts > limits.record_bytes)
    faults = {int(row): too_long("a row", int(spans.ends[row] - spans.starts[row]), limits) for row in long}
    return replace(spans, faults=faults)


def _give_up(data: bytes, stream: Stream, limits: Limits, block_bytes: int) -> tuple[Spans, bytes]:
    at, dropped = data.find(b"\n"), 0
    while at < 0 and (piece := stream.read(block_bytes)):
        dropped, data = dropped + len(data), piece
        at = data.find(b"\n")
    size = dropped + (at if at >= 0 else len(data))
    cause = too_long("a row", size, limits) if size > limits.record_bytes else "malformed CSV: a quote is not closed"
    empty = np.zeros(1, np.int64)
    return Spans(b"", empty, empty, {0: cause}), data[at + 1 :] if at >= 0 else b""


def _block(spans: Spans, cells: _Cells, names: list[str], wants: Wants, skip: int) -> Block:
    faults = dict(spans.faults)
    for row in np.flatnonzero((cells.fields != len(names)) & (cells.fields >= 0)):
        faults.setdefault(int(row), f"malformed CSV: {cells.fields[row]:,} fields where the header has {len(names):,}")
    for row in np.flatnonzero((cells.kinds == TRAILING).any(axis=1)):
        faults.setdefault(int(row), "malformed CSV: text after a closing quote")
    needed = {name for want in wants for name in _roots(want.origin, names)}
    arrays = {name: _cell_array(spans, cells, index, faults) for index, name in enumerate(names) if name in needed}
    batch = pa.RecordBatch.from_arrays([*arrays.values(), pa.nulls(len(spans))], [*arrays, ""])
    records = tuple(want for want in wants if want.is_record)
    projected = project(batch.slice(skip), tuple(want for want in wants if not want.is_record), _shifted(faults, skip))
    raw = {want.name: texts(_line_ends_off(spans), dict(spans.faults)).slice(skip) for want in records}
    return Block(projected.rows, {**projected.columns, **raw}, projected.faults)


def _roots(origin: tuple[str, ...], names: list[str]) -> Iterator[str]:
    for path in origin:
        yield from (name for name in names if path == name or path.startswith(f"{name}."))


def _shifted(faults: dict[int, str], skip: int) -> dict[int, str]:
    return {row - skip: cause for row, cause in faults.items() if row >= skip}


def _line_ends_off(spans: Spans) -> Spans:
    ends = spans.ends.copy()
    for letter in (10, 13):
        tail = ends > spans.starts
        tail[tail] = spans.bytes[ends[tail] - 1] == letter
        ends -= tail
    return replace(spans, ends=ends)


def _cell_array(spans: Spans, cells: _Cells, index: int, faults: dict[int, str]) -> pa.Array:
    starts, ends = cells.starts[:, index], cells.ends[:, index]
    good = np.ones(len(spans), np.bool_)
    good[list(faults)] = False
    starts, ends = np.where(good, starts, spans.starts), np.where(good, ends, spans.starts)
    array = gather(spans.data, starts, ends)
    escaped = good & (cells.kinds[:, index] == ESCAPED)
    if escaped.any():
        array = pc.if_else(pa.array(escaped), pc.replace_substring(array, b'""', b'"'), array)
    return pc.if_else(pa.array(good & (ends > starts)), array, pa.scalar(None, array.type))
