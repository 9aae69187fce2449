"""Remote files to read, as Arrow wants them."""

import io
from typing import Any

import pyarrow as pa

from engine.storage.failures import patiently
from engine.storage.files import whole
from engine.storage.names import printable, protocols

_READ_AHEAD = 1 << 20
"""Bytes read beyond what was asked for: little, since a task takes its part out of the middle of many files."""


class Patient:
    """A remote file to read: a transient failure reopens it where it stood."""

    def __init__(self, fs: Any, path: str) -> None:
        self._fs, self._path, self._at, self._url = fs, path, 0, printable(fs, path)
        self._file: Any = None
        self.closed = False
        self.mode = "rb"

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data: bytes = patiently(lambda: self._read(size), self._url)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move; returns the new position."""
        if whence == 1:
            offset += self._at
        elif whence == 2:
            offset += self.size()
        self._at = offset
        return offset

    def tell(self) -> int:
        """Where the next read starts."""
        return self._at

    def size(self) -> int:
        """The file's length."""
        return int(patiently(lambda: self._fs.size(self._path), self._url))

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def writable(self) -> bool:
        """Never."""
        return False

    def flush(self) -> None:
        """Nothing to write."""

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
        self.closed = True

    def _opened(self) -> Any:
        """The file; a small one as its bytes, since its end, its head and its middle would be asked for one by one."""
        size = self._fs.size(self._path)
        if size is None or size > _READ_AHEAD:
            return self._fs.open(self._path, "rb", block_size=_READ_AHEAD)
        data = whole(self._fs, self._path)
        if len(data) != size:
            raise ConnectionError(f"{len(data):,} of {size:,} bytes came")
        return io.BytesIO(data)

    def _see_all(self, came: int, asked: int) -> None:
        """A file that is fetched piece by piece takes a body that is too short for the end of the file."""
        there = getattr(self._file, "size", None)
        if there is not None and came < (left := there - self._at) and (asked < 0 or came < asked):
            raise ConnectionError(f"{came:,} of {left if asked < 0 else min(asked, left):,} bytes came")

    def _read(self, size: int) -> bytes:
        try:
            if self._file is None:
                self._file = self._opened()
            if self._file.tell() != self._at:
                self._file.seek(self._at)
            data: bytes = self._file.read(size)
            self._see_all(len(data), size)
        except BaseException:
            self._file = None
            raise
        return data


def open_native(fs: Any, path: str) -> pa.NativeFile:
    """The file for Arrow: read without the interpreter's lock where it is local."""
    if "file" in protocols(fs):
        return pa.OSFile(path, "rb")
    return pa.PythonFile(Patient(fs, path), mode="r")
