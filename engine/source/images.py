"""A folder of images or clips: captioned by a file that names them, by text files of the same name, or not at all."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
import pyarrow as pa

from engine.source import delimited, objects
from engine.source.block import Block, Want, Wants
from engine.source.columnar import Piece
from engine.source.dataset import Dataset, Limits
from engine.source.formats import CLIPS, is_image
from engine.source.lines import lines, too_long
from engine.source.listing import File, listed
from engine.source.manifest import Shard
from engine.source.project import project
from engine.source.stream import open_stream
from engine.storage.failures import patiently
from engine.storage.files import whole
from engine.storage.names import printable, redact

_TABLES = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".txt": "csv"}
_NAMED = ("metadata", "captions", "caption", "labels", "annotations")
CAPTION_NAMES = ("caption", "text", "captions", "description", "prompt", "title", "sentence")
_BATCH_BYTES = 12 * 1024 * 1024
_LOOK = 100


@dataclass(frozen=True)
class Captions:
    """The file that names images: its format, its columns, which of them names the image and which describes it."""

    path: str
    format: str
    columns: tuple[str, ...]
    file_column: str
    caption_column: str | None


@dataclass(frozen=True)
class Folder:
    """The files of a folder, found by their path below it, or by their bare name where that is unique."""

    fs: Any
    root: str
    files: dict[str, File]
    by_name: dict[str, File]
    captions: Captions | None

    def find(self, name: str) -> File | None:
        """The file that a captions file calls ``name``."""
        beside = self.captions.path.rpartition("/")[0] if self.captions else self.root
        return self.files.get(f"{beside}/{name}") or self.by_name.get(name.rpartition("/")[2])


def folder_shard(files: Sequence[File], given: str) -> Shard:
    """The shard that stands for the whole folder: its version is made of all files' names, sizes and versions."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path):
        digest.update(f"{file.path}\0{file.size_bytes}\0{file.version}\n".encode())
    return Shard(redact(given), sum(file.size_bytes for file in files), digest.hexdigest()[:16], "images")


def folder_pieces(dataset: Dataset, shard: Shard, unit_bytes: int) -> Iterator[Piece]:
    """Runs of records of about equal numbers of bytes."""
    folder = _open(dataset, shard)
    rows = sum(block.rows for block in _names(folder, (), dataset.limits))
    per_unit = max(1, unit_bytes * rows // max(1, shard.size_bytes))
    for start in range(0, rows, per_unit):
        stop = min(rows, start + per_unit)
        yield start, stop, stop - start, shard.size_bytes * (stop - start) // rows


def folder_blocks(dataset: Dataset, shard: Shard, wants: Wants, start: int, stop: int) -> Iterator[Block]:
    """The records ``start`` to ``stop``; bytes are read only where an image or a clip is wanted."""
    folder = _open(dataset, shard)
    origins = tuple(dict.fromkeys(name for want in wants for name in want.origin))
    seen = 0
    for block in _names(folder, origins, dataset.limits):
        low, high = max(start - seen, 0), min((stop or seen + block.rows) - seen, block.rows)
        seen += block.rows
        for part in _loaded(folder, block, range(low, high), origins, dataset.limits):
            batch, faults = part
            yield project(batch, wants, faults)


def columns_of(dataset: Dataset, shard: Shard) -> tuple[str, ...]:
    """The columns that a folder has."""
    folder = _open(dataset, shard)
    names = [file.path for file in folder.files.values() if is_image(file.path)]
    clips = [name for name in names if name.lower().endswith(CLIPS)]
    media = [kind for kind, there in (("image", len(clips) < len(names)), ("video", bool(clips))) if there]
    if folder.captions:
        described = ["caption"] if folder.captions.caption_column else []
        return tuple(dict.fromkeys([*media, *described, "id", *folder.captions.columns]))
    texts = any(_text_beside(folder, name) for name in names)
    return (*media, *(["caption"] if texts else []), "id")


def _open(dataset: Dataset, shard: Shard) -> Folder:
    given = next((path for path in dataset.paths if redact(path) == shard.path), shard.path)
    return _folder(given, shard.version, dataset.limits)


@lru_cache(maxsize=4)
def _folder(given: str, version: str, limits: Limits) -> Folder:  # noqa: ARG001 - the version makes a changed folder anew
    fs, files, single = listed(given)
    root = files[0].path.rpartition("/")[0] if single else fs._strip_protocol(given).rstrip("/")
    by_name = {file.path.rpartition("/")[2]: file for file in sorted(files, key=lambda file: file.path, reverse=True)}
    by_path = {file.path: file for file in sorted(files, key=lambda file: file.path)}
    return Folder(fs, root, by_path, by_name, _captions(fs, list(by_path.values()), limits))


def _captions(fs: Any, files: Sequence[File], limits: Limits) -> Captions | None:
    tables = [file for file in files if file.path.lower().endswith(tuple(_TABLES))]
    named = [file for file in tables if file.path.rpartition("/")[2].rpartition(".")[0].lower() in _NAMED]
    others = [file for file in tables if file not in named and not file.path.lower().endswith(".txt")]
    found = (captions for file in (*named, *others) if (captions := _look(fs, file, limits)))
    return next(found, None)


def _look(fs: Any, file: File, limits: Limits) -> Captions | None:
    fmt = next(fmt for extension, fmt in _TABLES.items() if file.path.lower().endswith(extension))
    with open_stream(fs, file.path, file.path, limits) as stream:
        if fmt == "jsonl":
            spans = next(lines(stream, limits, block_bytes=1 << 20))
            columns = _keys(spans.data[start:end] for start, end in zip(spans.starts[:_LOOK], spans.ends[:_LOOK], strict=True))
            blocks = iter([objects.block_of(spans, _as_texts(columns), limits)])
        else:
            columns = tuple(delimited.names_of(stream.read(1 << 16), fmt, file.path)[0])
            blocks = iter(())
    if fmt != "jsonl":
        with open_stream(fs, file.path, file.path, limits) as stream:
            blocks = iter([next(delimited.blocks(stream, file.path, fmt, _as_texts(columns), limits, 1 << 20))])
    block = next(blocks)
    file_column = next((name for name in columns if _names_images(block.columns[name])), None)
    if file_column is None:
        return None
    rest = [name for name in columns if name != file_column]
    caption = next((name for name in CAPTION_NAMES if name in rest), rest[0] if len(rest) == 1 else None)
    return Captions(file.path, fmt, columns, file_column, caption)


def _keys(records: Iterator[bytes]) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    for record in records:
        try:
            value = orjson.loads(record)
        except orjson.JSONDecodeError:
            continue
        keys |= dict.fromkeys(value) if isinstance(value, dict) else {}
    return tuple(keys)


def _as_texts(columns: Sequence[str]) -> Wants:
    return tuple(Want(name, pa.string(), (name,)) for name in columns)


def _names_images(column: pa.Array) -> bool:
    values = [value for value in column[:_LOOK].to_pylist() if value]
    return bool(values) and sum(map(is_image, values)) * 2 > len(values)


def _names(folder: Folder, origins: tuple[str, ...], limits: Limits) -> Iterator[Block]:
    """The records before any image is read: their file names (column ``id``) and the wanted columns of the captions file."""
    captions = folder.captions
    if captions is None:
        files = [path for path in folder.files if is_image(path)]
        yield Block(len(files), {"": pa.array(files, pa.string())})
        return
    chosen = [name for name in captions.columns if name in (*origins, captions.file_column, captions.caption_column)]
    wants = (*_as_texts(chosen), Want("", pa.string(), (captions.file_column,)))
    with open_stream(folder.fs, captions.path, captions.path, limits) as stream:
        if captions.format == "jsonl":
            yield from (objects.block_of(spans, wants, limits) for spans in lines(stream, limits))
        else:
            yield from delimited.blocks(stream, captions.path, captions.format, wants, limits)


def _loaded(
    folder: Folder, block: Block, rows: range, origins: tuple[str, ...], limits: Limits
) -> Iterator[tuple[pa.RecordBatch, dict[int, str]]]:
    """Batches of the dataset's own columns with the bytes of the files."""
    names = block.columns[""].to_pylist()
    at, size = rows.start, 0
    media: list[tuple[bytes | None, str | None]] = []
    for row in rows:
        media.append((None, block.faults[row]) if row in block.faults else _media(folder, names[row], origins, limits))
        size += len(media[-1][0] or b"")
        if size >= _BATCH_BYTES or row + 1 == rows.stop:
            yield _batch(folder, block, at, names[at : row + 1], media, origins)
            at, size, media = row + 1, 0, []


def _media(folder: Folder, name: str | None, origins: tuple[str, ...], limits: Limits) -> tuple[bytes | None, str | None]:
    """The bytes of the named file where they are wanted, and a fault."""
    kind = "video" if name and name.lower().endswith(CLIPS) else "image"
    if name is None:
        return None, "the captions file names no file here"
    file = folder.files.get(name) or folder.find(name)
    if file is None:
        return None, f"the captions file names {name[:200]!r}, which is not there"
    if kind not in origins:
        return None, None
    if file.size_bytes > limits.record_bytes:
        return None, too_long(f"a {'clip' if kind == 'video' else 'picture'}", file.size_bytes, limits)
    try:
        return patiently(lambda: whole(folder.fs, file.path), printable(folder.fs, file.path)), None
    except OSError as error:
        return None, f"{name[:200]!r} cannot be read: {type(error).__name__}"


def _batch(
    folder: Folder,
    block: Block,
    at: int,
    names: list[str | None],
    media: list[tuple[bytes | None, str | None]],
    origins: tuple[str, ...],
) -> tuple[pa.RecordBatch, dict[int, str]]:
    clip = [bool(name) and str(name).lower().endswith(CLIPS) for name in names]
    columns = {name: column.slice(at, len(names)) for name, column in block.columns.items() if name}
    columns["image"] = pa.array([None if c else data for c, (data, _) in zip(clip, media, strict=True)], pa.binary())
    columns["video"] = pa.array([data if c else None for c, (data, _) in zip(clip, media, strict=True)], pa.binary())
    if "id" not in columns:
        columns["id"] = pa.array([name and name.removeprefix(f"{folder.root}/") for name in names], pa.string())
    if folder.captions and folder.captions.caption_column:
        columns.setdefault("caption", columns[folder.captions.caption_column])
    elif "caption" in origins and not folder.captions:
        columns["caption"] = pa.array([_text_of(folder, str(name)) for name in names], pa.binary())
    faults = {row: fault for row, (_, fault) in enumerate(media) if fault}
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns)), faults


def _text_beside(folder: Folder, image: str) -> File | None:
    return folder.files.get(f"{image.rpartition('.')[0]}.txt")


def _text_of(folder: Folder, image: str) -> bytes | None:
    file = _text_beside(folder, image)
    if file is None:
        return None
    data: bytes = patiently(lambda: whole(folder.fs, file.path), printable(folder.fs, file.path))
    return data.strip()
