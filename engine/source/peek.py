"""A first look at a dataset: its columns and some records, from the beginning of its first readable shard."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson
import pyarrow as pa

from engine.errors import ShardFault, SourceError
from engine.schema import KIND, RECORD_TEXT, ROW, SCHEMAS
from engine.source import columnar, delimited, drives, elements, graphs, images, objects, triples, webdataset
from engine.source.block import Want
from engine.source.dataset import Dataset
from engine.source.detect import found
from engine.source.lines import lines
from engine.source.manifest import Manifest, Shard
from engine.source.objects import as_text
from engine.source.stream import Stream, open_stream
from engine.storage.files import locate

_LOOK_BYTES = 1024 * 1024
_FIRST = 8
_LINES = ("csv", "tsv", "jsonl", "json_array", "text", "webdataset", triples.FORMAT)


@dataclass(frozen=True)
class Peek:
    """What a first look shows.

    Args:
        format: of the shard looked at.
        columns: the dataset's own columns, and dotted paths into nested ones, with their types.
        sample: the first records with the top-level columns.
    """

    format: str
    columns: dict[str, pa.DataType]
    sample: pa.Table


def peek(dataset: Dataset, rows: int | None = 1000) -> Peek:
    """The columns and first records of the first shard that can be read; only its beginning is.

    With ``rows=None`` the columns are all that is wanted: where a footer or header tells them, no record is read.

    Raises:
        SourceError: when no shard can be read.
    """
    try:
        shown, shard = _first_readable(dataset, found(dataset, _FIRST), rows)
    except SourceError:
        shown, shard = _first_readable(dataset, found(dataset), rows)
    return Peek(shard.format, _paths(shown.schema), shown)


def logical_columns(dataset: Dataset) -> tuple[str, ...]:
    """The logical columns that the dataset has: mapped ones, and those with a column of the same name; a table's row always."""
    names = [column.name for column in SCHEMAS[dataset.modality]]
    there = peek(dataset, None).columns
    return tuple(name for name in names if name == ROW or name in dataset.columns or name in there)


def missing_columns(dataset: Dataset, logical: Iterable[str] | None = None) -> dict[str, tuple[str, ...]]:
    """Per logical column that is mapped (or asked for), the dataset's own columns that its data lacks."""
    shown = peek(dataset, None)
    names = dataset.columns if logical is None else logical
    missing = {}
    for name in names:
        origin = dataset.columns.get(name, name)
        origins = (origin,) if isinstance(origin, str) else origin
        lacking = tuple(path for path in origins if not _has(shown, path))
        if lacking and not (name == ROW and name not in dataset.columns):
            missing[name] = lacking
    return missing


def row_type(dataset: Dataset, manifest: Manifest) -> pa.DataType:
    """The struct of a table's columns, the same for every unit: those of the first shard, or those the plan names."""
    shard = next((shard for shard in manifest.shards if shard.fault is None), None)
    if shard is None:
        return pa.struct([])
    schema = _schema(dataset.model_dump_json(), shard)
    chosen = dataset.columns.get(ROW)
    if chosen is not None:
        names = [chosen] if isinstance(chosen, str) else list(chosen)
    else:
        taken = {origin for name, origin in dataset.columns.items() if name != ROW}
        names = [name for name in schema.names if name not in taken]
    types = {name: schema.field(name).type if name in schema.names else pa.string() for name in names}
    kinds = {name: {KIND: dataset.types[name]} for name in names if name in dataset.types}
    return pa.struct([pa.field(name, type_, metadata=kinds.get(name)) for name, type_ in types.items()])


@lru_cache(maxsize=16)
def _schema(dataset_json: str, shard: Shard) -> pa.Schema:
    dataset = Dataset.model_validate_json(dataset_json)
    if shard.format in ("parquet", "arrow"):
        fs, path = locate(dataset.paths, shard.path)
        fields = columnar.schema_of(fs, path, shard.format)
        return pa.schema([(field.name, _plain_type(field.type)) for field in fields])
    names = _first_readable(dataset, [shard], 1000)[0].schema.names
    return pa.schema([(name, pa.string()) for name in names])


def _plain_type(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(type_):
        return _plain_type(type_.value_type)
    texts = pa.types.is_large_string(type_) or pa.types.is_binary(type_) or pa.types.is_large_binary(type_)
    return pa.string() if texts or type_ == pa.string_view() else type_


def _has(shown: Peek, path: str) -> bool:
    if path == RECORD_TEXT:
        return shown.format not in ("images", "webdataset", triples.FORMAT, *graphs.FORMATS, *drives.FORMATS)
    return path in shown.columns or any(
        _open_ended(shown.columns[name]) for name in shown.columns if path.startswith(f"{name}.")
    )


def _open_ended(type_: pa.DataType) -> bool:
    """Whether a dotted path may go on inside: a text may hold JSON, an empty sample tells nothing."""
    return bool(pa.types.is_null(type_) or pa.types.is_string(type_) or pa.types.is_binary(type_))


def _first_readable(dataset: Dataset, shards: list[Shard], rows: int | None) -> tuple[pa.Table, Shard]:
    causes = []
    for shard in shards:
        try:
            return _sample(dataset, shard, rows), shard
        except (ShardFault, OSError, EOFError, ValueError, MemoryError, pa.ArrowException) as error:
            causes.append(str(error) if isinstance(error, ShardFault) else f"{shard.path}: {str(error).splitlines()[0][:200]}")
    raise SourceError(f"none of {len(shards)} shards can be read; the first: {(causes or ['nothing is there'])[0]}")


def _sample(dataset: Dataset, shard: Shard, rows: int | None) -> pa.Table:
    if rows is None and shard.format in ("parquet", "arrow"):
        return columnar.schema_of(*locate(dataset.paths, shard.path), shard.format).empty_table()
    rows = 1000 if rows is None else rows
    if shard.format == "images":
        return _image_sample(dataset, shard, min(rows, 20))
    fs, path = locate(dataset.paths, shard.path)
    if shard.format in graphs.FORMATS:
        return graphs.sample(fs, path, shard, dataset.limits, min(rows, 20))
    if shard.format in drives.FORMATS:
        return drives.sample(fs, path, shard, dataset.limits, min(rows, 20))
    if shard.format not in _LINES:
        return columnar.sample(fs, path, shard.format, rows)
    with open_stream(fs, path, shard.path, dataset.limits) as stream:
        return _stream_sample(stream, dataset, shard, rows)


def _stream_sample(stream: Stream, dataset: Dataset, shard: Shard, rows: int) -> pa.Table:
    limits = dataset.limits
    if shard.format in ("csv", "tsv"):
        return _csv_sample(stream, dataset, shard, rows)
    if shard.format == "webdataset":
        return _archive_sample(list(islice(webdataset.samples(stream, shard.path, None, limits), min(rows, 20))))
    if shard.format == "json_array":
        spans = elements.records(stream, shard.path, limits, _LOOK_BYTES)
    else:
        spans = lines(stream, limits, block_bytes=_LOOK_BYTES)
    texts: list[str] = []
    for some in spans:
        texts += [text for text in objects.texts(some, dict(some.faults)).to_pylist() if text is not None]
        if len(texts) >= rows:
            break
    if shard.format == triples.FORMAT:
        return triples.table_of(pa.array(texts[:rows], pa.string()))
    if shard.format == "text":
        return pa.table({"text": pa.array(texts[:rows], pa.string())})
    return _object_sample([value for text in texts[:rows] if (value := _object(text)) is not None])


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if isinstance(value, str):
        return {"text": value}
    return value if isinstance(value, dict) else None


def _object_sample(values: list[dict[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for value in values for name in value)
    return pa.table({name: _inferred([value.get(name) for value in values]) for name in names})


def _inferred(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([as_text(value) for value in values], pa.string())


def _csv_sample(stream: Stream, dataset: Dataset, shard: Shard, rows: int) -> pa.Table:
    head = stream.read(_LOOK_BYTES)
    names, _ = delimited.names_of(head, shard.format, shard.path)
    fs, path = locate(dataset.paths, shard.path)
    wants = tuple(Want(name, pa.string(), (name,)) for name in names)
    with open_stream(fs, path, shard.path, dataset.limits) as again:
        block = next(delimited.blocks(again, shard.path, shard.format, wants, dataset.limits, _LOOK_BYTES), None)
    columns = {name: _typed(block.columns[name][:rows]) if block else pa.nulls(0, pa.string()) for name in names}
    return pa.table(columns)


def _typed(cells: pa.Array) -> pa.Array:
    for type_ in (pa.int64(), pa.float64(), pa.bool_()):
        try:
            return cells.cast(type_) if cells.null_count < len(cells) else cells
        except pa.ArrowInvalid:
            continue
    return cells


def _archive_sample(samples: list[webdataset.Sample]) -> pa.Table:
    names = dict.fromkeys(name for sample in samples for name in webdataset.names_of(sample))
    columns = {}
    for name in names:
        data = pa.array([webdataset.value_of(sample, name) for sample in samples], pa.binary())
        try:
            columns[name] = data.cast(pa.string())
        except pa.ArrowInvalid:
            columns[name] = data
    return pa.table(columns)


def _image_sample(dataset: Dataset, shard: Shard, rows: int) -> pa.Table:
    names = images.columns_of(dataset, shard)
    wants = tuple(Want(name, pa.binary() if name in ("image", "video") else pa.string(), (name,)) for name in names)
    blocks = list(images.folder_blocks(dataset, shard, wants, 0, rows))
    return pa.concat_tables(pa.table({name: block.columns[name] for name in names}) for block in blocks)


def _paths(schema: pa.Schema) -> dict[str, pa.DataType]:
    columns: dict[str, pa.DataType] = {}
    for field in schema:
        _walk(field.name, field.type, columns)
    return columns


def _walk(name: str, type_: pa.DataType, columns: dict[str, pa.DataType]) -> None:
    columns[name] = type_
    if pa.types.is_struct(type_):
        for field in type_:
            _walk(f"{name}.{field.name}", field.type, columns)
