"""DEST: where kept records are written, shard by shard, each file whole or not at all."""

import os
import posixpath
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import fsspec
import pyarrow as pa
from fsspec.core import has_magic
from fsspec.implementations.local import LocalFileSystem

from engine.errors import PlanError
from engine.storage.failures import ended, patiently
from engine.storage.files import connected, make_folder, published
from engine.storage.names import printable, redact


def opened(url: str) -> tuple[Any, str]:
    """The file system of DEST and the path in it.

    Raises:
        PlanError: for what is no folder on a file system.
    """
    if "::" in url:
        raise PlanError(f"{redact(url)} cannot be written to: give a folder, not one inside another file")
    try:
        fs, path = connected(url)
    except (ImportError, ValueError) as error:
        raise PlanError(f"{redact(url)} cannot be written to: {error}") from error
    return fs, _real(fs, path)


def names_below(paths: Sequence[str]) -> list[str]:
    """Each path relative to the longest folder that all of them have in common.

    >>> names_below(["s3://c/a/x.jsonl", "s3://c/a/b/x.jsonl"]), names_below(["/data/x.jsonl"])
    (['x.jsonl', 'b/x.jsonl'], ['x.jsonl'])

    Raises:
        PlanError: where two would be the same file, or one would lie outside of DEST.
    """
    parts = [[part for part in _plain(path).split("/") if part] for path in paths]
    folders = [part[:-1] for part in parts]
    common = 0
    while folders and all(len(folder) > common and folder[common] == folders[0][common] for folder in folders):
        common += 1
    names = ["/".join(part[common:]) for part in parts]
    wrong = next((path for path, part in zip(paths, parts, strict=True) if {".", ".."} & {*part}), None)
    if wrong is not None:
        raise PlanError(f"{wrong} cannot be written below another folder: there is '.' or '..' in its name")
    if len({*names}) < len(names):
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise PlanError(f"two shards would be written to {twice}; name a folder that holds both")
    return names


def touches(dest: str, other: str) -> bool:
    """Whether DEST is, lies in, or lies above another place: a file, a folder, or the folder that a glob begins in.

    >>> touches("/data/clean", "/data/*.jsonl"), touches("/data/clean", "/data/a.jsonl"), touches("/data", "/data/a.jsonl")
    (True, False, True)
    """
    fs, path = opened(dest)
    theirs, where = fsspec.core.url_to_fs(other.rpartition("::")[2])
    if type(fs) is not type(theirs):
        return False
    parts = str(where).split("/")
    fixed = next((at for at, part in enumerate(parts) if has_magic(part)), len(parts))
    mine, its = (f"{one.strip('/')}/" for one in (path, _real(fs, "/".join(parts[:fixed]))))
    return mine.startswith(its) or its.startswith(mine) or mine == "/"


def is_empty(url: str) -> bool:
    """Whether nothing is there."""
    fs, path = opened(url)
    try:
        return not patiently(lambda: fs.ls(path, detail=False, refresh=True), url)
    except FileNotFoundError:
        return True
    except NotADirectoryError:
        return False


@contextmanager
def replaced(url: str) -> Iterator[pa.NativeFile]:
    """A file to write. It takes its place once the context ends well; a failure leaves none."""
    fs, path = opened(url)
    make_folder(fs, path)
    if isinstance(fs, LocalFileSystem):
        with _renamed(path) as file:
            yield file
    else:
        with _uploaded(fs, path) as file:
            yield file


@contextmanager
def _renamed(path: str) -> Iterator[pa.NativeFile]:
    folder, name = posixpath.split(path)
    temporary = f"{folder}/.{name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        with pa.OSFile(temporary, "wb") as file:
            yield file
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


@contextmanager
def _uploaded(fs: Any, path: str) -> Iterator[pa.NativeFile]:
    file = fs.open(path, "wb")
    try:
        yield pa.PythonFile(_Open(file), mode="w")
        published(fs, path, file.tell(), file.close)
    except BaseException as error:
        with suppress(Exception):
            file.discard()
        with suppress(AttributeError):
            file.closed = True  # or its destructor would publish what there is of it
        if end := ended(error, printable(fs, path)):
            raise end from error
        raise


class _Open:
    """A file that stays open when Arrow closes it: closing an upload publishes it, however much of it there is."""

    closed = False

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        """Write all of it."""
        return int(self._file.write(data))

    def flush(self) -> None:
        """The upload decides when its parts are full."""

    def close(self) -> None:
        """Not yet."""


def _plain(path: str) -> str:
    """A path without its protocol; of one inside another file the inner one."""
    head = next((part for part in path.split("::") if "://" in part), path)
    return head.split("://", 1)[-1]


def _real(fs: Any, path: str) -> str:
    return os.path.realpath(path) if isinstance(fs, LocalFileSystem) else str(path)
