"""Freezing a manifest: what is there, in which format, and into which units it is cut."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import pyarrow as pa

from engine.errors import ShardFault
from engine.source.columnar import Piece, arrow_pieces, parquet_pieces
from engine.source.dataset import Dataset
from engine.source.detect import found
from engine.source.formats import compression_of
from engine.source.images import folder_pieces
from engine.source.manifest import Manifest, Shard, Unit
from engine.storage.failures import cause_of
from engine.storage.files import locate
from engine.storage.reading import open_native

_MIB = 1024 * 1024
_THREADS = 16
_HEAD = 512
_SPLITTABLE = ("jsonl", "text", "triples")


def freeze(dataset: Dataset, unit_bytes: int = 128 * _MIB) -> Manifest:
    """The manifest of a dataset: shards sorted by path, cut into units of about ``unit_bytes``.

    A shard whose footer cannot be read is listed with its fault and has no unit. Footers are read many at a time; other
    files are only listed, or looked at where the name does not tell the format.

    Raises:
        SourceError: when nothing is there, nothing is data, or nothing may be read.
    """
    shards = found(dataset)
    with ThreadPoolExecutor(_THREADS) as pool:
        cut = list(pool.map(lambda shard: _cut(dataset, shard, unit_bytes), shards))
    ordinals = count()
    units = (Unit(next(ordinals), index, *piece) for index, (_, pieces) in enumerate(cut) for piece in pieces)
    return Manifest(tuple(shard for shard, _ in cut), tuple(units))


def _cut(dataset: Dataset, shard: Shard, unit_bytes: int) -> tuple[Shard, list[Piece]]:
    if shard.fault:
        return shard, []
    try:
        pieces = list(_pieces(dataset, shard, unit_bytes))
    except (ShardFault, OSError, pa.ArrowException, MemoryError) as error:
        cause = error.cause if isinstance(error, ShardFault) else cause_of(error, shard.path)
        return replace(shard, fault=cause), []
    counts = [rows for _, _, rows, _ in pieces]
    known = [rows for rows in counts if rows is not None]
    return replace(shard, rows=sum(known) if len(known) == len(counts) else None), pieces


def _pieces(dataset: Dataset, shard: Shard, unit_bytes: int) -> Iterator[Piece]:
    if shard.format == "images":
        return folder_pieces(dataset, shard, unit_bytes)
    fs, path = locate(dataset.paths, shard.path)
    if shard.format == "parquet":
        return parquet_pieces(fs, path, unit_bytes)
    if shard.format == "arrow":
        return arrow_pieces(fs, path, shard.size_bytes, unit_bytes)
    if shard.format in _SPLITTABLE and shard.size_bytes > unit_bytes:
        with open_native(fs, path) as raw:
            if compression_of(raw.read(_HEAD)) is None:
                return _byte_ranges(shard.size_bytes, unit_bytes)
    return iter([(0, 0, None, shard.size_bytes)])


def _byte_ranges(size: int, unit_bytes: int) -> Iterator[Piece]:
    for start in range(0, size, unit_bytes):
        stop = min(size, start + unit_bytes)
        yield start, stop, None, stop - start
