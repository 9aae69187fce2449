"""Tar archives in the WebDataset layout: members that share a name up to its first dot are one record."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from engine.errors import ShardFault
from engine.source.block import Block, Wants
from engine.source.dataset import Limits
from engine.source.formats import CLIPS, IMAGES
from engine.source.lines import too_long
from engine.source.objects import as_text, at_path
from engine.source.project import project
from engine.source.scan import deepest
from engine.source.stream import Stream

KEY = "__key__"
_BLOCK = 512
_META_BYTES = 1024 * 1024
_BATCH_BYTES, _BATCH_ROWS = 12 * 1024 * 1024, 16_384
_FILES, _FOLDER, _LONG_NAME, _META = (b"0", b"\0", b"7"), b"5", b"L", (b"L", b"K", b"x", b"g")
_KINDS = {b"1": "a hard link", b"2": "a symbolic link", b"3": "a device", b"4": "a device", b"6": "a pipe"}
_CAPTIONS = ("txt", "caption", "json.caption", "json.text")
_ALIASES = {
    "image": tuple(extension[1:] for extension in IMAGES),
    "video": tuple(extension[1:] for extension in CLIPS),
    "caption": _CAPTIONS,
    "text": ("txt", "json.text"),
    "id": (KEY,),
}


@dataclass(frozen=True)
class Member:
    """A member of an archive: what it holds must be read, or skipped, before the next one."""

    name: str
    size: int
    fault: str | None


@dataclass
class Sample:
    """The members of one record by extension."""

    key: str
    parts: dict[str, bytes | None] = field(default_factory=dict)
    fault: str | None = None


def blocks(stream: Stream, url: str, wants: Wants, limits: Limits) -> Iterator[Block]:
    """The records of an archive; a member that no wanted column needs is read past."""
    origins = tuple(dict.fromkeys(name for want in wants for name in want.origin))
    batch: list[Sample] = []
    size = 0
    for sample in samples(stream, url, _extensions(origins), limits):
        batch.append(sample)
        size += sum(len(part or b"") for part in sample.parts.values())
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_ROWS:
            yield _block(batch, origins, wants, limits)
            batch, size = [], 0
    if batch:
        yield _block(batch, origins, wants, limits)


def samples(stream: Stream, url: str, extensions: set[str] | None, limits: Limits) -> Iterator[Sample]:
    """The records with the members of some extensions (None: of all)."""
    sample: Sample | None = None
    for member in _members(stream, url, limits):
        folder, _, name = member.name.rpartition("/")
        stem, _, extension = name.partition(".")
        key = f"{folder}/{stem}" if folder else stem
        if sample is None or sample.key != key:
            if sample is not None:
                yield sample
            sample = Sample(key)
        _take(stream, url, member, extension.lower(), sample, extensions, limits)
    if sample is not None:
        yield sample


def names_of(sample: Sample) -> tuple[str, ...]:
    """The columns that a record has: its extensions, and the names that stand for some of them."""
    aliases = [alias for alias in _ALIASES if value_of(sample, alias) is not None]
    return tuple(dict.fromkeys([*aliases, KEY, *sample.parts]))


def _take(
    stream: Stream, url: str, member: Member, extension: str, sample: Sample, wanted: set[str] | None, limits: Limits
) -> None:
    fault = member.fault
    if extension in sample.parts:
        fault = fault or f"two members have the name {member.name[:200]!r}"
    if member.size > limits.record_bytes:
        fault = fault or too_long("a member", member.size, limits)
    sample.fault = sample.fault or fault
    padded = -(-member.size // _BLOCK) * _BLOCK
    if fault or (wanted is not None and extension not in wanted):
        sample.parts.setdefault(extension, None)
        whole = stream.skip(padded)
    else:
        data = stream.read(padded)
        sample.parts[extension] = data[: member.size]
        whole = len(data) == padded
    if not whole:
        raise ShardFault(url, f"truncated: the archive ends inside {member.name[:200]!r}")


def _members(stream: Stream, url: str, limits: Limits) -> Iterator[Member]:
    """Files and whatever is refused; folders are passed over."""
    seen, long_name, long_size = 0, None, None
    while True:
        header = stream.read(_BLOCK)
        if len(header) < _BLOCK:
            raise ShardFault(url, "truncated: the archive has no end marker")
        if not header.strip(b"\0"):
            return
        info = _header(header, url)
        if info.type in _META:
            name, size = _meta(stream, info, url)
            long_name, long_size = name or long_name, size if size is not None else long_size
            continue
        seen += 1
        if seen > limits.archive_members:
            raise ShardFault(url, f"has more than limits.archive_members = {limits.archive_members:,} members")
        name, size = long_name or info.name, info.size if long_size is None else long_size
        long_name, long_size = None, None
        if info.type != _FOLDER:
            yield Member(name, size if info.type in _FILES else 0, _refusal(name, info.type))


def _header(header: bytes, url: str) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise ShardFault(url, f"corrupt: not a tar header ({error})") from error


def _meta(stream: Stream, info: tarfile.TarInfo, url: str) -> tuple[str | None, int | None]:
    """The name and size that an extension header gives the next member."""
    if info.size > _META_BYTES:
        raise ShardFault(url, f"corrupt: a header of {info.size:,} bytes")
    data = stream.read(-(-info.size // _BLOCK) * _BLOCK)[: info.size]
    if info.type == _LONG_NAME:
        return data.rstrip(b"\0").decode("utf-8", "surrogateescape"), None
    records = _pax(data) if info.type == b"x" else {}
    size = records.get("size", "")
    return records.get("path"), int(size) if size.isdecimal() else None


def _pax(data: bytes) -> dict[str, str]:
    """The records ``LENGTH KEY=VALUE\\n`` of a pax header, up to the first that is not one."""
    records = {}
    while data:
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or not len(length) < int(length) <= len(data):
            break
        key, _, value = data[len(length) + 1 : int(length) - 1].partition(b"=")
        records[key.decode(errors="replace")] = value.decode("utf-8", "surrogateescape")
        data = data[int(length) :]
    return records


def _refusal(name: str, kind: bytes) -> str | None:
    shown = repr(name[:200])
    if name.startswith(("/", "\\")) or name[1:2] == ":":
        return f"refused: member {shown} has an absolute name"
    if ".." in name.replace("\\", "/").split("/"):
        return f"refused: member {shown} climbs out of the archive"
    return None if kind in _FILES else f"refused: member {shown} is {_KINDS.get(kind, 'of an unknown kind')}"


def _extensions(origins: tuple[str, ...]) -> set[str]:
    names = {name for origin in origins for name in _ALIASES.get(origin, (origin,))}
    return {part for name in names for part in (name, name.split(".")[0])}


def _block(batch: list[Sample], origins: tuple[str, ...], wants: Wants, limits: Limits) -> Block:
    faults = {row: sample.fault for row, sample in enumerate(batch) if sample.fault}
    parsed = [_document(sample, row, faults, limits) if _needs_json(origins) else {} for row, sample in enumerate(batch)]
    columns = [
        pa.array([value_of(sample, origin, document) for sample, document in zip(batch, parsed, strict=True)], pa.binary())
        for origin in origins
    ]
    columns.append(pa.nulls(len(batch)))
    return project(pa.RecordBatch.from_arrays(columns, [*origins, ""]), wants, faults)


def _needs_json(origins: tuple[str, ...]) -> bool:
    return "json" in _extensions(origins)


def _document(sample: Sample, row: int, faults: dict[int, str], limits: Limits) -> Any:
    data = sample.parts.get("json")
    if data is None:
        return {}
    depth = deepest(np.frombuffer(data, np.uint8), np.array([0]), np.array([len(data)]))[0]
    if depth > limits.json_depth:
        faults.setdefault(row, f"JSON nested {depth:,} deep, over limits.json_depth = {limits.json_depth}")
        return {}
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        faults.setdefault(row, f"malformed JSON in {sample.key[:200]!r}: {error.msg.partition(':')[0]} at {error.pos + 1:,}")
        return {}


def value_of(sample: Sample, origin: str, document: Any = None) -> bytes | None:
    """The bytes of a column: of a member, of a value inside its JSON, or of the first there is of those a name stands for."""
    for name in _ALIASES.get(origin, (origin,)):
        if name == KEY:
            return sample.key.encode("utf-8", "surrogateescape")
        if sample.parts.get(name) is not None:
            return sample.parts[name]
        if name.startswith("json."):
            value = as_text(at_path(document, name.removeprefix("json.")))
            if value is not None:
                return value.encode()
    return None
