"""Parquet and Arrow IPC: only the wanted columns of a run of row groups or record batches are read."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine.source.block import Block, Wants, refuse_other_table
from engine.source.project import plain, project
from engine.storage.reading import open_native

Piece = tuple[int, int, int | None, int]
"""What becomes a unit: start, stop, rows, bytes."""

MAX_ROWS = 65_536
BATCH_BYTES = 4 * 1024 * 1024
_STREAM_BYTES = 1024 * 1024
_FILE_MAGIC = b"ARROW1"


def runs(sizes: Iterable[tuple[int | None, int]], unit_bytes: int) -> Iterator[Piece]:
    """Runs of consecutive parts (rows, bytes), each run the first to reach ``unit_bytes``.

    >>> list(runs([(10, 60), (10, 60), (5, 10)], 100))
    [(0, 2, 20, 120), (2, 3, 5, 10)]
    """
    start = rows = size = 0
    known, stop = True, 0
    for stop, (part_rows, part_size) in enumerate(sizes, 1):
        known, rows, size = known and part_rows is not None, rows + (part_rows or 0), size + part_size
        if size >= unit_bytes:
            yield start, stop, rows if known else None, size
            start, rows, size = stop, 0, 0
    if start < stop:
        yield start, stop, rows if known else None, size


def parquet_pieces(fs: Any, path: str, unit_bytes: int) -> Iterator[Piece]:
    """Runs of row groups, from the footer."""
    with open_native(fs, path) as raw, pq.ParquetFile(raw) as file:
        groups = [file.metadata.row_group(index) for index in range(file.num_row_groups)]
        yield from runs([(group.num_rows, group.total_byte_size) for group in groups], unit_bytes)


def arrow_pieces(fs: Any, path: str, size_bytes: int, unit_bytes: int) -> Iterator[Piece]:
    """Runs of record batches of an IPC file, taken to be of equal size; a stream is one piece."""
    with open_native(fs, path) as raw:
        if not is_file(raw):
            pa.ipc.open_stream(raw)
            yield 0, 0, None, size_bytes
            return
        n = pa.ipc.open_file(raw).num_record_batches
        yield from runs([(None, max(1, size_bytes // max(1, n)))] * n, unit_bytes)


def parquet_blocks(fs: Any, path: str, url: str, wants: Wants, start: int, stop: int) -> Iterator[Block]:
    """The records of some row groups."""
    with open_native(fs, path) as raw, pq.ParquetFile(raw, pre_buffer=False, buffer_size=_STREAM_BYTES) as file:
        refuse_other_table(wants, file.schema_arrow.names, url)
        columns = wanted_paths(file.schema_arrow, wants)
        for batch in _parquet_batches(file, columns, start, stop):
            yield project(batch, wants)


def groups_with(fs: Any, path: str, start: int, stop: int, rows: Sequence[int]) -> list[tuple[int, int, int]]:
    """Runs of the row groups that hold some of the rows, which are in order and counted from ``start``: (row, start, stop)."""
    with open_native(fs, path) as raw, pq.ParquetFile(raw) as file:
        counts = [file.metadata.row_group(group).num_rows for group in range(start, stop or file.num_row_groups)]
    firsts = [0, *accumulate(counts)]
    found: list[tuple[int, int, int]] = []
    for at in range(len(counts)):
        here = bisect_left(rows, firsts[at])
        if here == len(rows) or rows[here] >= firsts[at + 1]:
            continue
        if found and found[-1][2] == start + at:
            found[-1] = (*found[-1][:2], start + at + 1)
        else:
            found.append((firsts[at], start + at, start + at + 1))
    return found


def arrow_blocks(fs: Any, path: str, url: str, wants: Wants, start: int, stop: int) -> Iterator[Block]:
    """The records of some batches of an IPC file, or of a whole stream. What Arrow reads unchecked is checked here."""
    with _arrow_schema(fs, path) as (raw, schema):
        refuse_other_table(wants, schema.names, url)
        roots = {name.split(".")[0] for name in wanted_paths(schema, wants)} | set(wanted_paths(schema, wants))
        included = [index for index, name in enumerate(schema.names) if name in roots]
        options = pa.ipc.IpcReadOptions(included_fields=included or [0], use_threads=False)
        for batch in arrow_batches(raw, options, start, stop):
            safe = checked(batch)
            for at in range(0, safe.num_rows, MAX_ROWS):
                yield project(safe.slice(at, MAX_ROWS), wants)


def schema_of(fs: Any, path: str, fmt: str) -> pa.Schema:
    """The columns of a Parquet or Arrow file."""
    if fmt == "parquet":
        with open_native(fs, path) as raw, pq.ParquetFile(raw) as file:
            return file.schema_arrow
    with _arrow_schema(fs, path) as (_, schema):
        return schema


def sample(fs: Any, path: str, fmt: str, rows: int) -> pa.Table:
    """The first rows with all columns."""
    with open_native(fs, path) as raw:
        if fmt == "parquet":
            with pq.ParquetFile(raw, pre_buffer=False, buffer_size=_STREAM_BYTES) as file:
                batch = next(file.iter_batches(batch_size=rows, use_threads=False), None)
                return pa.Table.from_batches([] if batch is None else [batch], file.schema_arrow)
        reader = pa.ipc.open_file(raw) if is_file(raw) else pa.ipc.open_stream(raw)
        batches = arrow_batches(raw, None, 0, 0)
        first = next(batches, None)
        return pa.Table.from_batches([] if first is None else [first.slice(0, rows)], reader.schema)


def wanted_paths(schema: pa.Schema, wants: Wants) -> list[str]:
    """The columns, or dotted paths into them, that the wanted ones are made of."""
    if any(want.is_record for want in wants):
        return list(schema.names)
    paths = [path for want in wants for origin in want.origin if (path := _stored(schema, origin))]
    return sorted(set(paths))


def _stored(schema: pa.Schema, origin: str) -> str | None:
    if origin in schema.names:
        return origin
    head = next((name for name in schema.names if origin.startswith(f"{name}.")), None)
    if head is None or not pa.types.is_struct(schema.field(head).type):
        return head
    return origin


def _parquet_batches(file: pq.ParquetFile, columns: list[str], start: int, stop: int) -> Iterator[pa.RecordBatch]:
    stop = stop or file.num_row_groups
    groups = [file.metadata.row_group(index) for index in range(start, stop)]
    if not columns:
        for group in groups:
            yield from _empty_batches(group.num_rows)
        return
    rows = max(1, sum(group.num_rows for group in groups))
    size = sum(_chosen_bytes(group, columns) for group in groups)
    batch_rows = max(64, min(MAX_ROWS, BATCH_BYTES * rows // max(1, size)))
    yield from file.iter_batches(batch_rows, row_groups=range(start, stop), columns=columns, use_threads=False)


def _chosen_bytes(group: Any, columns: list[str]) -> int:
    chunks = (group.column(index) for index in range(group.num_columns))
    return sum(
        chunk.total_uncompressed_size
        for chunk in chunks
        if any(chunk.path_in_schema == name or chunk.path_in_schema.startswith(f"{name}.") for name in columns)
    )


def _empty_batches(rows: int) -> Iterator[pa.RecordBatch]:
    for at in range(0, rows, MAX_ROWS):
        yield pa.RecordBatch.from_arrays([pa.nulls(min(MAX_ROWS, rows - at))], ["_"])


def arrow_batches(raw: pa.NativeFile, options: Any, start: int, stop: int) -> Iterator[pa.RecordBatch]:
    """Some batches of an IPC file, or all of a stream."""
    raw.seek(0)
    if not is_file(raw):
        yield from pa.ipc.open_stream(raw, options=options)
        return
    reader = pa.ipc.open_file(raw, options=options)
    for index in range(start, stop or reader.num_record_batches):
        yield reader.get_batch(index)


def checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch after a look at every offset; texts as bytes, since a wrong encoding is a matter of single records."""
    for array in batch.columns:
        if pa.types.is_dictionary(array.type):
            array.validate(full=True)
    arrays = [_as_bytes(plain(array)) for array in batch.columns]
    safe = pa.RecordBatch.from_arrays(arrays, batch.schema.names)
    safe.validate(full=True)
    return safe


def _as_bytes(array: pa.Array) -> pa.Array:
    if pa.types.is_string(array.type):
        return array.cast(pa.binary())
    return array.cast(pa.large_binary()) if pa.types.is_large_string(array.type) else array


@contextmanager
def _arrow_schema(fs: Any, path: str) -> Iterator[tuple[pa.NativeFile, pa.Schema]]:
    with open_native(fs, path) as raw:
        reader = pa.ipc.open_file(raw) if is_file(raw) else pa.ipc.open_stream(raw)
        yield raw, reader.schema


def is_file(raw: pa.NativeFile) -> bool:
    """Whether it is an IPC file, not a stream; leaves it at its beginning."""
    head = raw.read(len(_FILE_MAGIC))
    raw.seek(0)
    return bool(head == _FILE_MAGIC)
