"""Images and clips that a column names in place of holding them: files below the folder of the shard, and no others."""

import os
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from engine.source.block import Block, Wants, blanked
from engine.source.dataset import Limits
from engine.source.formats import is_image
from engine.source.lines import too_long
from engine.storage.failures import patiently
from engine.storage.files import whole
from engine.storage.names import printable, protocols

_MARK = b"\0file beside the shard\0"
"""Before a name that stands in place of bytes. Whoever writes it into a column of bytes gets what the name alone would give."""
_BATCH_BYTES = 12 * 1024 * 1024
LONGEST_NAME = 1024
"""Bytes."""


def named(value: Any) -> bytes | None:
    """What stands for the file that a text names; None for a text that names no image or clip.

    >>> named("images/1.jpg") is not None, named("aGVsbG8="), named("data:image/png;base64,AAAA.png")
    (True, None, None)
    """
    if not isinstance(value, str) or len(value) > LONGEST_NAME or value.startswith("data:") or not is_image(value):
        return None
    return _MARK + value.encode("utf-8", "surrogatepass").removeprefix(_MARK)


def opened(block: Block, wants: Wants, fs: Any, path: str, limits: Limits) -> Iterator[Block]:
    """The block with the bytes of the files that it names, in parts of about 12 MB; as it is where it names none."""
    columns = [want.name for want in wants if pa.types.is_binary(want.type) and _names_any(block.columns[want.name])]
    if not columns:
        yield block
        return
    folder, start, size = path.rpartition("/")[0], 0, 0
    read: dict[str, list[bytes | None]] = {name: [] for name in columns}
    faults = dict(block.faults)
    for row in range(block.rows):
        for name in columns:
            data, fault = _file(block.columns[name][row].as_py(), fs, folder, limits)
            read[name].append(data)
            size += len(data or b"")
            if fault:
                faults.setdefault(row, fault)
        if size >= _BATCH_BYTES or row + 1 == block.rows:
            yield _part(block, start, row + 1, read, faults)
            start, size, read = row + 1, 0, {name: [] for name in columns}


def _part(block: Block, start: int, stop: int, read: dict[str, list[bytes | None]], faults: dict[int, str]) -> Block:
    own = {row - start: fault for row, fault in faults.items() if start <= row < stop}
    columns = {name: column.slice(start, stop - start) for name, column in block.columns.items()}
    columns |= {name: pa.array(values, pa.binary()) for name, values in read.items()}
    return Block(stop - start, {name: blanked(column, own) for name, column in columns.items()}, own)


def _names_any(column: pa.Array) -> bool:
    return any(one.is_valid and one.as_buffer()[: len(_MARK)].to_pybytes() == _MARK for one in column)


def _file(data: bytes | None, fs: Any, folder: str, limits: Limits) -> tuple[bytes | None, str | None]:
    """The bytes that a value stands for, and what was wrong."""
    if data is None or not data.startswith(_MARK):
        return data, None
    name = data.removeprefix(_MARK).decode("utf-8", "replace")
    shown = repr(name[:200])
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ":" in name or ".." in parts or "\0" in name:
        return None, f"refused: {shown} is no name of a file below the shard's folder"
    path = f"{folder}/{name}" if folder else name
    if "file" in protocols(fs) and not os.path.realpath(path).startswith(os.path.realpath(folder or ".") + os.sep):
        return None, f"refused: {shown} leads out of the shard's folder"
    try:
        size = patiently(lambda: fs.info(path), printable(fs, path))["size"]
        if size > limits.record_bytes:
            return None, too_long(f"the file {shown}", size, limits)
        return patiently(lambda: whole(fs, path), printable(fs, path)), None
    except FileNotFoundError:
        return None, f"the record names {shown}, which is not there"
    except OSError as error:
        return None, f"{shown} cannot be read: {type(error).__name__}"
