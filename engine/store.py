"""OUT: files as the truth. Every file is written under another name and renamed, so a file that exists is whole.

What exists is committed; to resume is to list it. Nothing here is ever changed once written: a retry writes equal bytes.
"""

import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

import pyarrow as pa
import zstandard
from fsspec.implementations.local import LocalFileSystem

from engine.errors import AuditorError, StoreError
from engine.plan import canonical
from engine.storage.failures import cause_of, ended, patiently
from engine.storage.files import connected, make_folder, published, whole
from engine.storage.names import redact
from engine.storage.reading import open_native

T = TypeVar("T")


@dataclass
class New:
    """A file that is being written. Unless it is ``wanted`` in the end it never was."""

    file: Any
    wanted: bool = True


@dataclass(frozen=True)
class Store:
    """A folder on any fsspec filesystem.

    >>> store = Store("memory://doc-store")
    >>> store.write_json("a/b.json", {"x": 1})
    >>> store.read_json("a/b.json"), sorted(store.names("a"))
    ({'x': 1}, ['b.json'])
    """

    url: str

    @cached_property
    def _at(self) -> tuple[Any, str]:
        try:
            fs, path = connected(self.url)
        except (ImportError, ValueError) as error:
            raise StoreError(f"{redact(self.url)} cannot be used as OUT: {error}") from error
        return fs, path.rstrip("/")

    def path(self, name: str) -> str:
        """The filesystem's own path of a file."""
        return f"{self._at[1]}/{name}"

    def write(self, name: str, data: bytes) -> None:
        """Write a whole file at once: after a crash it is there entirely or not at all.

        Raises:
            StoreError: when OUT cannot be written.
        """
        fs, path = self._at[0], self.path(name)
        with self._writing():
            make_folder(fs, path)
            if isinstance(fs, LocalFileSystem):
                _write_local(path, data)
            else:
                self._patiently(lambda: fs.pipe_file(path, data))

    @contextmanager
    def created(self, name: str) -> Iterator[New]:
        """A file to write piece by piece: it is there whole once the block has ended without an error, or not at all.

        Raises:
            StoreError: when it cannot be written.
        """
        fs, path = self._at[0], self.path(name)
        with self._writing():
            make_folder(fs, path)
            with _created_local(path) if isinstance(fs, LocalFileSystem) else _created_remote(fs, path) as new:
                yield new

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except AuditorError:
            raise
        except Exception as error:
            if end := ended(error, self.url):
                raise end from error
            if not isinstance(error, OSError):
                raise
            raise StoreError(f"{redact(self.url)} cannot be written: {cause_of(error, self.url)}") from error

    def _patiently(self, act: Callable[[], T]) -> T:
        return patiently(act, self.url)

    def read(self, name: str) -> bytes:
        """A file's bytes: one request, where a large one's parts (`map`) are asked for at once."""
        return self._patiently(lambda: whole(self._at[0], self.path(name)))

    def open(self, name: str) -> pa.NativeFile:
        """A file open for ranged reads."""
        return open_native(self._at[0], self.path(name))

    def map(self, name: str) -> Any:
        """A file for Arrow to read: mapped where it lies on a local disk, whole in memory where it does not."""
        fs, path = self._at[0], self.path(name)
        if isinstance(fs, LocalFileSystem):
            return pa.memory_map(path)
        return pa.BufferReader(self._patiently(lambda: fs.cat_file(path)))

    def exists(self, name: str) -> bool:
        """Whether a file was committed. A storage that does not answer says nothing about it."""
        try:
            self._patiently(lambda: self._at[0].info(self.path(name), refresh=True))
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def names(self, folder: str) -> frozenset[str]:
        """The committed files of a folder."""
        fs = self._at[0]
        try:
            paths = self._patiently(lambda: fs.ls(self.path(folder), detail=False, refresh=True))
        except FileNotFoundError:
            return frozenset()
        return frozenset(name for name in (str(path).rsplit("/", 1)[-1] for path in paths) if not name.startswith("."))

    def usage(self, folder: str) -> tuple[int, int]:
        """How many files lie in a folder and below, and their bytes together."""
        found = self._patiently(lambda: self._at[0].find(self.path(folder), detail=True))
        return len(found), sum(int(entry["size"]) for entry in found.values())

    def write_json(self, name: str, document: Any) -> None:
        """Write a document as canonical JSON."""
        self.write(name, canonical(document).encode())

    def read_json(self, name: str) -> Any:
        """The document in a JSON file."""
        return json.loads(self.read(name))

    def write_packed(self, name: str, document: Any) -> None:
        """Write a document as compressed canonical JSON."""
        self.write(name, zstandard.ZstdCompressor(level=1).compress(canonical(document).encode()))

    def read_packed(self, name: str) -> Any:
        """The document in a file that `write_packed` wrote."""
        return json.loads(zstandard.ZstdDecompressor().decompress(self.read(name)))

    def remove(self, folders: Iterable[str]) -> None:
        """Remove folders that are needed no more."""
        for folder in folders:
            with suppress(FileNotFoundError):
                self._patiently(partial(self._at[0].rm, self.path(folder), recursive=True))


def _write_local(path: str, data: bytes) -> None:
    with _created_local(path) as new:
        new.file.write(data)


@contextmanager
def _created_local(path: str) -> Iterator[New]:
    folder, name = path.rsplit("/", 1)
    temporary = f"{folder}/.{name}.{os.getpid()}.{secrets.token_hex(4)}"
    new = New(None, wanted=False)
    try:
        with open(temporary, "wb") as new.file:
            new.wanted = True
            yield new
            new.file.flush()
            os.fsync(new.file.fileno())
        if new.wanted:
            os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


@contextmanager
def _created_remote(fs: Any, path: str) -> Iterator[New]:
    file = fs.open(path, "wb", autocommit=False)
    new = New(file)
    try:
        yield new
    except BaseException:
        new.wanted = False
        raise
    finally:
        file.close()
        if new.wanted:
            published(fs, path, file.tell(), file.commit)
        else:
            file.discard()
            with suppress(FileNotFoundError):  # fsspec's memory filesystem commits when it opens
                fs.rm_file(path)
