"""A shard written again without some of its records: same format, order, columns and compression."""

import bz2
import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard
from numpy.typing import NDArray

from engine.source import delimited, elements
from engine.source.block import Spans, gather
from engine.source.codec import arrow_codec
from engine.source.columnar import arrow_batches, checked, is_file
from engine.source.dataset import Dataset
from engine.source.formats import compression_of
from engine.source.lines import lines
from engine.source.manifest import Shard, Unit
from engine.source.stream import open_stream
from engine.storage.files import locate
from engine.storage.reading import open_native

_NEWLINE, _RETURN = 10, 13

FORMATS = ("parquet", "arrow", "jsonl", "text", "csv", "tsv", "json_array")

Mask = NDArray[np.bool_]
Kept = Callable[[int], Mask | None]
"""By unit, which of its records to write; None for a unit that could not be read."""


def rewrite(dataset: Dataset, shard: Shard, units: list[Unit], kept: Kept, sink: Any) -> None:
    """Write a shard's kept records into a binary file that is open for writing. Memory: a row group or some megabytes.

    Raises:
        ValueError: when the shard holds more or fewer records than the masks say.
    """
    match shard.format:
        case "parquet":
            _parquet(dataset, shard, units, kept, sink)
        case "arrow":
            _arrow(dataset, shard, units, kept, sink)
        case _:
            _text(dataset, shard, units, kept, sink)


def _parquet(dataset: Dataset, shard: Shard, units: list[Unit], kept: Kept, sink: Any) -> None:
    fs, path = locate(dataset.paths, shard.path)
    with open_native(fs, path) as raw, pq.ParquetFile(raw) as file:
        codecs = {}
        if file.num_row_groups:
            group = file.metadata.row_group(0)
            codecs = {c.path_in_schema: c.compression for c in map(group.column, range(group.num_columns))}
        codec = {name: "NONE" if found == "UNCOMPRESSED" else found for name, found in codecs.items()}
        with pq.ParquetWriter(sink, file.schema_arrow, compression=codec or "zstd") as writer:
            for unit in units:
                mask = kept(unit.ordinal)
                groups = range(unit.start, unit.stop or file.num_row_groups)
                for part, table in _cut(mask, (file.read_row_group(group, use_threads=False) for group in groups)):
                    if part.any():
                        writer.write_table(table.filter(pa.array(part)))


def _arrow(dataset: Dataset, shard: Shard, units: list[Unit], kept: Kept, sink: Any) -> None:
    fs, path = locate(dataset.paths, shard.path)
    with open_native(fs, path) as raw:
        whole = is_file(raw)
        options = pa.ipc.IpcWriteOptions(compression=arrow_codec(raw, whole))
        raw.seek(0)
        schema = (pa.ipc.open_file if whole else pa.ipc.open_stream)(raw).schema
        with (pa.ipc.new_file if whole else pa.ipc.new_stream)(sink, schema, options=options) as writer:
            for unit in units:
                for part, batch in _cut(kept(unit.ordinal), arrow_batches(raw, None, unit.start, unit.stop)):
                    if part.any():
                        checked(batch)  # its offsets may be wrong where no metric reads the column
                        writer.write_batch(batch.filter(pa.array(part)))


def _text(dataset: Dataset, shard: Shard, units: list[Unit], kept: Kept, sink: Any) -> None:
    fs, path = locate(dataset.paths, shard.path)
    with open_native(fs, path) as raw:
        compression = compression_of(raw.read(512))
    between, end = (b",\n", b"\n]\n") if shard.format == "json_array" else (b"", b"")
    last = b""
    with _compressed(sink, compression) as out:
        start = b"[\n" if shard.format == "json_array" else b""
        for unit in units:
            with open_stream(fs, path, shard.path, dataset.limits, max(0, unit.start - 1)) as stream:
                records = _records(stream, dataset, shard, unit, out)
                for part, spans in _cut(kept(unit.ordinal), records):
                    texts = gather(spans.data, spans.starts[part], spans.ends[part])
                    if len(texts):
                        last = _joined(texts, between).removesuffix(between)
                        out.write(start + last)
                        start = between
        unended = shard.format != "json_array" and last and not last.endswith(b"\n")
        out.write(b"\n" if unended else (b"" if start == between else start) + end)


def _records(stream: Any, dataset: Dataset, shard: Shard, unit: Unit, out: Any) -> Iterator[Spans]:
    """The records of a unit as they stand; a table's header is written at once."""
    if shard.format in ("csv", "tsv"):
        for spans, others in delimited.raw_rows(stream, shard.path, shard.format, dataset.limits):
            out.write(spans.data[spans.starts[0] : spans.ends[0]] if others else b"")
            yield spans.select(np.arange(len(spans)) >= others)
    elif shard.format == "json_array":
        yield from elements.records(stream, shard.path, dataset.limits)
    else:
        yield from map(_with_line_ends, lines(stream, dataset.limits, unit.start, unit.stop or None))


def _with_line_ends(spans: Spans) -> Spans:
    """The lines with what each ends with: a newline, with or without a return before it; nothing at the end of a file."""
    ends = spans.ends.copy()
    for letter in (_RETURN, _NEWLINE):
        more = ends < len(spans.data)
        more[more] = spans.bytes[ends[more]] == letter
        ends += more
    return Spans(spans.data, spans.starts, ends)


def _cut(mask: Mask | None, parts: Iterator[Any]) -> Iterator[tuple[Mask, Any]]:
    """Each part of a unit with its part of the mask."""
    if mask is None:
        return
    at = 0
    for part in parts:
        yield mask[at : at + len(part)], part
        at += len(part)
    if at != len(mask):
        raise ValueError(f"it holds {at:,} records where {len(mask):,} were read; the data changed since the audit began")


def _joined(texts: pa.Array, end: bytes) -> bytes:
    """The texts one behind the other, each followed by ``end``."""
    if end:
        texts = pc.binary_join_element_wise(texts, pa.scalar(b"", texts.type), pa.scalar(end, texts.type))
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return bytes(texts.buffers()[2][int(offsets[0]) : int(offsets[-1])])


@contextmanager
def _compressed(sink: Any, compression: str | None) -> Iterator[Any]:
    """The sink behind a compressor that gives the same bytes every time."""
    match compression:
        case "gzip":
            with gzip.GzipFile(fileobj=sink, mode="wb", mtime=0, filename="") as out:
                yield out
        case "bz2":
            with bz2.BZ2File(sink, "wb") as out:
                yield out
        case "zstd":
            with zstandard.ZstdCompressor().stream_writer(sink, closefd=False) as out:
                yield out
        case _:
            yield sink
