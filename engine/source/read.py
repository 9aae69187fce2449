"""Reading a unit: record batches of logical columns, every record in its place, faults with their cause."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from engine.errors import ShardFault
from engine.schema import FAULT, ID, SCHEMAS, record_id
from engine.source import beside, columnar, delimited, drives, elements, graphs, images, objects, triples, webdataset
from engine.source.block import Block, Spans, Want, Wants, blanked
from engine.source.dataset import Dataset
from engine.source.lines import lines
from engine.source.manifest import Manifest, Shard, Unit
from engine.source.peek import row_type
from engine.source.pixels import refuse_large
from engine.source.stream import Stream, open_stream
from engine.storage.failures import cause_of
from engine.storage.files import locate

BATCH_BYTES = 16 * 1024 * 1024


def read(
    dataset: Dataset, manifest: Manifest, unit: Unit, columns: tuple[str, ...], only: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    """The records of a unit in order, at most 65,536 and about 16 MB a batch: ``_id``, ``_fault`` and the asked columns.

    With ``only``, rows in order, batches that have none of them may be left out: Parquet's row groups without any are not read.

    A record that cannot be read keeps its row: its columns are null and ``_fault`` says why. Only the dataset's own columns
    behind ``columns`` are read where the format allows that.

    Raises:
        ShardFault: when the rest of the unit cannot be read.
    """
    shard = manifest.shards[unit.shard]
    wants = wanted(dataset, manifest, columns)
    for row, part in _parts(dataset, shard, unit, only):
        for block in _guarded(dataset, shard, part, wants):
            for batch in _batches(_within_pixels(block, wants, dataset), wants):
                ids = np.arange(row, row + batch.num_rows, dtype=np.int64) + record_id(unit.ordinal, 0)
                row += batch.num_rows
                yield pa.RecordBatch.from_arrays([pa.array(ids), *batch.columns], [ID, *batch.schema.names])


def _parts(dataset: Dataset, shard: Shard, unit: Unit, only: Sequence[int] | None) -> Iterator[tuple[int, Unit]]:
    """The parts of a unit that have to be read, each with its first row."""
    if only is None or shard.format != "parquet":
        yield 0, unit
        return
    fs, path = locate(dataset.paths, shard.path)
    try:
        runs = columnar.groups_with(fs, path, unit.start, unit.stop, only)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ShardFault(shard.path, cause_of(error, shard.path)) from error
    for first, start, stop in runs:
        yield first, replace(unit, start=start, stop=stop)


def wanted(dataset: Dataset, manifest: Manifest, columns: tuple[str, ...]) -> Wants:
    """What is asked of the dataset's own columns."""
    types = {column.name: column.type for column in SCHEMAS[dataset.modality]}
    wants = []
    for name in columns:
        origin = dataset.columns.get(name, name)
        type_ = types[name]
        if pa.types.is_struct(type_):
            type_ = row_type(dataset, manifest)
            origin = tuple(field.name for field in type_)
        wants.append(Want(name, type_, (origin,) if isinstance(origin, str) else tuple(origin)))
    return tuple(wants)


def _guarded(dataset: Dataset, shard: Shard, unit: Unit, wants: Wants) -> Iterator[Block]:
    try:
        if shard.format in ("images", "webdataset"):  # which hold their files
            yield from _blocks(dataset, shard, unit, wants)
            return
        for block in _blocks(dataset, shard, unit, wants):
            yield from beside.opened(block, wants, *locate(dataset.paths, shard.path), dataset.limits)
    except FileNotFoundError as error:
        raise ShardFault(shard.path, "it is gone since the audit began") from error
    except (OSError, EOFError, ValueError, MemoryError, pa.ArrowException) as error:
        raise ShardFault(shard.path, cause_of(error, shard.path)) from error


def _blocks(dataset: Dataset, shard: Shard, unit: Unit, wants: Wants) -> Iterator[Block]:
    if shard.format == "images":
        yield from images.folder_blocks(dataset, shard, wants, unit.start, unit.stop)
        return
    fs, path = locate(dataset.paths, shard.path)
    if shard.format == "parquet":
        yield from columnar.parquet_blocks(fs, path, shard.path, wants, unit.start, unit.stop)
    elif shard.format == "arrow":
        yield from columnar.arrow_blocks(fs, path, shard.path, wants, unit.start, unit.stop)
    elif shard.format in graphs.FORMATS:
        yield from graphs.blocks(fs, path, shard, wants, dataset.limits)
    elif shard.format in drives.FORMATS:
        yield from drives.blocks(fs, path, shard, wants, dataset.limits)
    else:
        with open_stream(fs, path, shard.path, dataset.limits, max(0, unit.start - 1)) as stream:
            yield from _streamed(stream, dataset, shard, unit, wants)


def _streamed(stream: Stream, dataset: Dataset, shard: Shard, unit: Unit, wants: Wants) -> Iterator[Block]:
    limits = dataset.limits
    match shard.format:
        case "csv" | "tsv":
            yield from delimited.blocks(stream, shard.path, shard.format, wants, limits)
        case "webdataset":
            yield from webdataset.blocks(stream, shard.path, wants, limits)
        case "json_array":
            for spans in elements.records(stream, shard.path, limits):
                yield objects.block_of(spans, wants, limits)
        case "jsonl":
            for spans in lines(stream, limits, unit.start, unit.stop or None):
                yield objects.block_of(spans, wants, limits)
        case triples.FORMAT:
            for spans in lines(stream, limits, unit.start, unit.stop or None):
                yield triples.block_of(spans, wants)
        case _:
            for spans in lines(stream, limits, unit.start, unit.stop or None):
                yield _text_block(spans, wants)


def _text_block(spans: Spans, wants: Wants) -> Block:
    faults = dict(spans.faults)
    texts = objects.texts(spans, faults)
    columns = {want.name: _text_column(texts, want) for want in wants}
    return Block(len(spans), columns, faults)


def _text_column(texts: pa.Array, want: Want) -> pa.Array:
    if want.is_row:
        return pa.StructArray.from_arrays([texts], fields=list(want.type))
    return texts if want.is_record or want.origin == ("text",) else pa.nulls(len(texts), want.type)


def _within_pixels(block: Block, wants: Wants, dataset: Dataset) -> Block:
    pictures = [want.name for want in wants if want.name == "image"]
    if not pictures:
        return block
    faults: dict[int, str] = dict(block.faults)
    for name in pictures:
        refuse_large(block.columns[name], dataset.limits, faults)
    return Block(block.rows, {name: blanked(column, faults) for name, column in block.columns.items()}, faults)


def _batches(block: Block, wants: Wants) -> Iterator[pa.RecordBatch]:
    arrays: list[Any] = [_causes(block), *(block.columns[want.name] for want in wants)]
    batch = pa.RecordBatch.from_arrays(arrays, [FAULT, *(want.name for want in wants)])
    parts = max(-(-batch.num_rows // columnar.MAX_ROWS), -(-batch.nbytes // BATCH_BYTES))
    step = -(-batch.num_rows // max(1, parts))
    for at in range(0, batch.num_rows, max(1, step)):
        yield batch.slice(at, step)


def _causes(block: Block) -> pa.Array:
    if not block.faults:
        return pa.nulls(block.rows, pa.string())
    causes = np.full(block.rows, None, object)
    causes[list(block.faults)] = list(block.faults.values())
    return pa.array(causes, pa.string())
