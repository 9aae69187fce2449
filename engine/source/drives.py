"""Drives as simulators and loggers store them: XML of routes and scenarios, and telemetry, a file or folder for each drive.

A record of ``xml`` is a ``<route>`` of a ``<routes>`` file, else the whole file: columns ``scenario`` and ``id``. A record of
``telemetry`` is one file (CSV, TSV, Parquet or npy), or one segment in comma2k19's layout: columns ``telemetry``, as JSON lists
by name or signals with their own times, and ``id``. Nothing is unpickled, no entity is resolved.
"""

import io
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from tokenize import TokenError
from typing import Any
from xml.parsers import expat

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from engine.source.block import Block, Wants
from engine.source.dataset import Limits
from engine.source.lines import too_long
from engine.source.listing import File
from engine.source.manifest import Shard
from engine.source.project import project
from engine.source.stream import open_stream
from engine.storage.failures import patiently
from engine.storage.files import whole
from engine.storage.names import printable, url_of

FORMATS = ("xml", "telemetry")
SCENARIOS = (".xml", ".xosc")

_TABLES = (".csv", ".tsv", ".parquet", ".pq", ".npy")
_LOG, _POSE, _CLOCK = "/processed_log/", "/global_pose/", "frame_times"
_GRACE = 8
"""A file may be so many times longer than the record that is made of it."""

_BATCH_BYTES = 12 * 1024 * 1024
Record = tuple[str | None, str, str | None]
"""The text, its id, and the fault of one that cannot be read."""


def is_scenario(path: str) -> bool:
    """Whether the extension is that of a scenario."""
    return path.lower().endswith(SCENARIOS)


def telemetry_shards(fs: Any, files: Sequence[File], given: str) -> list[Shard]:
    """A shard for each file of a table, and for each segment in comma2k19's layout."""
    segments: dict[str, list[File]] = defaultdict(list)
    shards = []
    for file in files:
        root = next((file.path.partition(mark)[0] for mark in (_LOG, _POSE) if mark in file.path), None)
        if root is not None:
            segments[root].append(file)
        elif file.path.lower().endswith(_TABLES):
            shards.append(Shard(url_of(fs, file.path, given), file.size_bytes, file.version, "telemetry"))
    for root, inside in segments.items():
        version = ";".join(sorted({file.version for file in inside}))
        shards.append(Shard(url_of(fs, root, given), sum(file.size_bytes for file in inside), version[:200], "telemetry"))
    return shards


def blocks(fs: Any, path: str, shard: Shard, wants: Wants, limits: Limits) -> Iterator[Block]:
    """The records of a shard; one that is too long or cannot be read is a fault of its own."""
    rows: list[Record] = []
    size = 0
    for record in _records(fs, path, shard, limits):
        rows.append(record)
        size += len(record[0] or "")
        if size > _BATCH_BYTES:
            yield project(_batch(rows, shard), wants, _faults(rows))
            rows, size = [], 0
    if rows:
        yield project(_batch(rows, shard), wants, _faults(rows))


def sample(fs: Any, path: str, shard: Shard, limits: Limits, rows: int) -> pa.Table:
    """The first records, for a first look."""
    first = [record for _, record in zip(range(rows), _records(fs, path, shard, limits), strict=False)]
    return pa.Table.from_batches([_batch(first, shard)])


def _batch(rows: list[Record], shard: Shard) -> pa.RecordBatch:
    name = "scenario" if shard.format == "xml" else "telemetry"
    return pa.RecordBatch.from_pydict(
        {column: pa.array([row[at] for row in rows], pa.string()) for at, column in enumerate((name, "id"))}
    )


def _faults(rows: list[Record]) -> dict[int, str]:
    return {at: row[2] for at, row in enumerate(rows) if row[2]}


def _records(fs: Any, path: str, shard: Shard, limits: Limits) -> Iterator[Record]:
    if shard.format == "xml":
        yield from _scenarios(fs, path, shard.path, limits)
        return
    name = PurePosixPath(path).name
    try:
        text = orjson.dumps(_telemetry(fs, path, shard, limits), option=orjson.OPT_SERIALIZE_NUMPY).decode()
    except (ValueError, pa.ArrowException, TypeError) as error:
        yield None, name, f"the telemetry cannot be read: {str(error)[:160]}"
        return
    long = len(text) > limits.record_bytes
    yield None if long else text, name, too_long("a drive", len(text), limits) if long else None


def _scenarios(fs: Any, path: str, url: str, limits: Limits) -> Iterator[Record]:
    name = PurePosixPath(path).name
    with open_stream(fs, path, url, limits) as stream:
        data = stream.read(_GRACE * limits.record_bytes + 1)
    if len(data) > _GRACE * limits.record_bytes:
        yield None, name, too_long("a file of scenarios", len(data), limits)
        return
    for start, end, own in _routes(data) or [(0, len(data), "")]:
        label = f"{name}#{own}" if own else name
        try:
            text = data[start:end].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            yield None, label, f"wrong encoding: the scenario is not UTF-8 at byte {error.start + 1:,}"
            continue
        long = end - start > limits.record_bytes
        yield None if long else text, label, too_long("a scenario", end - start, limits) if long else None


def _routes(data: bytes) -> list[tuple[int, int, str]]:
    """Where the routes of a file of them begin and end, each with its id; none of a file that is no such file.

    >>> _routes(b"<routes> <route id='7'><a/></route></routes>")
    [(9, 35, '7')]
    """
    found: list[tuple[int, int, str]] = []
    path: list[str] = []
    begun = [(0, "")]

    def start(name: str, attributes: dict[str, str]) -> None:
        if path == ["routes"] and name == "route":
            begun[0] = (parser.CurrentByteIndex, attributes.get("id", "")[:100])
        path.append(name)

    def end(name: str) -> None:
        path.pop()
        if path == ["routes"] and name == "route":
            found.append((begun[0][0], data.index(b">", parser.CurrentByteIndex) + 1, begun[0][1]))

    def refuse(*_: object) -> None:
        raise ValueError("a document type is declared")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError):
        return []
    return found


def _telemetry(fs: Any, path: str, shard: Shard, limits: Limits) -> dict[str, Any]:
    most = _GRACE * limits.record_bytes
    if shard.size_bytes > most:
        raise ValueError(too_long("a file of telemetry", shard.size_bytes, limits))
    if not path.lower().endswith(_TABLES):
        return _segment(fs, path)
    data = _whole(fs, path)
    if path.lower().endswith(".npy"):
        return _array_columns(_npy(data))
    if path.lower().endswith((".csv", ".tsv")):
        parsing = pa_csv.ParseOptions(delimiter="\t" if path.lower().endswith(".tsv") else ",")
        return _table_columns(pa_csv.read_csv(pa.BufferReader(data), parse_options=parsing))
    file = pq.ParquetFile(pa.BufferReader(data))
    claimed = sum(file.metadata.row_group(at).total_byte_size for at in range(file.metadata.num_row_groups))
    if claimed > most:
        raise ValueError(too_long("a table of telemetry", claimed, limits))
    return _table_columns(file.read())


def _table_columns(table: pa.Table) -> dict[str, Any]:
    """The columns of numbers; times of day as seconds."""
    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_timestamp(column.type):
            column = pc.divide(column.cast(pa.timestamp("ns")).cast(pa.int64()).cast(pa.float64()), 1e9)
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
            columns[name] = column.cast(pa.float64()).to_numpy(zero_copy_only=False) if len(column) else []
    return columns


def _array_columns(array: NDArray[Any]) -> dict[str, Any]:
    """Fields by their names; without names the first column is the time and the others have their numbers."""
    if array.dtype.names:
        return {name: np.ascontiguousarray(array[name], np.float64) for name in array.dtype.names}
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"an array of shape {array.shape} has no column of times")
    names = ["t", *map(str, range(1, array.shape[1]))]
    return {name: np.ascontiguousarray(array[:, at], np.float64) for at, name in enumerate(names)}


def _segment(fs: Any, root: str) -> dict[str, Any]:
    """Signals of comma2k19's layout: ``NAME/t`` beside ``NAME/value``, and poses over ``frame_times``."""
    paths: Iterable[str] = sorted(patiently(lambda: fs.find(root), printable(fs, root)))
    values = {path.rpartition("/")[0]: path for path in paths if path.endswith("/value")}
    signals = {}
    for folder, path in values.items():
        if f"{folder}/t" in paths:
            signals[folder.rpartition("/")[2]] = _signal(fs, f"{folder}/t", path)
    clock = next((path for path in paths if path.endswith(f"/{_CLOCK}")), None)
    for path in paths:
        name = path.rpartition("/")[2]
        if clock is not None and _POSE in path and name.startswith("frame_") and not name.endswith("_times"):
            signals[name] = _signal(fs, clock, path)
    return signals


def _signal(fs: Any, times: str, values: str) -> dict[str, Any]:
    t, value = (_npy(_whole(fs, path)) for path in (times, values))
    return {"t": np.ascontiguousarray(t, np.float64).ravel(), "value": np.ascontiguousarray(value, np.float64)}


def _whole(fs: Any, path: str) -> bytes:
    data: bytes = patiently(lambda: whole(fs, path), printable(fs, path))
    return data


def _npy(data: bytes) -> NDArray[Any]:
    """An array of numbers, as numpy saves it.

    Raises:
        ValueError: where it is none, or shorter than its header says.
    """
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError("is an array of another version")
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, column_major, dtype = header(file)
    except (TokenError, SyntaxError, RecursionError, TypeError) as error:  # what numpy lets through of an odd header
        raise ValueError("has a header that is none") from error
    kinds = [dtype[name].kind for name in dtype.names] if dtype.names else [dtype.kind]
    size = math.prod(shape) * dtype.itemsize
    if any(kind not in "biuf" for kind in kinds) or len(data) - file.tell() < size:
        raise ValueError("holds other than numbers, or is cut off")
    return np.frombuffer(data, dtype, math.prod(shape), file.tell()).reshape(shape, order="F" if column_major else "C")
