"""Files wherever they are, over fsspec: opening them, waiting out what passes, saying what went wrong without secrets."""

import random
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import pyarrow as pa
from fsspec.core import url_to_fs
from fsspec.exceptions import FSTimeoutError

from engine.errors import SourceError

T = TypeVar("T")

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "az": "az", "abfs": "az", "abfss": "az", "adl": "az"}
_TRANSIENT = (TimeoutError, ConnectionError, FSTimeoutError)
_ATTEMPTS = 4


def redact(url: str) -> str:
    """The URL without user, password, query and fragment: what may be printed and stored.

    >>> redact("https://me:secret@host/a.jsonl?sig=abc")
    'https://host/a.jsonl'
    """
    if "://" not in url:
        return url
    return "::".join(_redact_one(part) for part in url.split("::"))


def _redact_one(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")) if parts.netloc else url


def filesystem(url: str) -> tuple[Any, str]:
    """The file system of a URL and the path in it.

    Raises:
        SourceError: for a protocol that is unknown or whose package is not installed.
    """
    protocol = url.split("://", 1)[0].rpartition("::")[2] if "://" in url else "file"
    try:
        fs, path = url_to_fs(url)
    except ImportError as error:
        extra = _EXTRAS.get(protocol)
        cure = f"pip install 'llm-data-auditor[{extra}]'" if extra else str(error)
        raise SourceError(f"{redact(url)} cannot be opened: a package for {protocol}:// is missing; {cure}") from error
    except ValueError as error:
        raise SourceError(f"{redact(url)} cannot be opened: {_without(str(error), url)}") from error
    return fs, path


def patiently(act: Callable[[], T]) -> T:
    """The result of ``act``, tried again a few times, ever later, while what fails may pass (a timeout, a lost connection)."""
    for attempt in range(_ATTEMPTS - 1):
        try:
            return act()
        except _TRANSIENT:
            time.sleep(0.2 * 4**attempt * (1 + random.random()))  # noqa: S311 - spreads out retries
    return act()


def cause_of(error: BaseException, url: str = "") -> str:
    """What went wrong, in a few words and without secrets."""
    if isinstance(error, PermissionError):
        return "access is denied"
    if isinstance(error, FileNotFoundError):
        return "there is nothing there"
    if type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError"):
        return "no credentials were found"
    lines = str(error).splitlines() or [""]
    return _without(lines[0], url)[:300] or type(error).__name__


def _without(text: str, url: str) -> str:
    if url:
        text = text.replace(url, redact(url))
    text = re.sub(r"//[^/\s@]+@", "//", text)
    return re.sub(r"(https?://[^\s?'\"]+)\?[^\s'\"]+", r"\1", text)


class Patient:
    """A remote file to read: a transient failure reopens it where it stood."""

    def __init__(self, fs: Any, path: str) -> None:
        self._fs, self._path, self._at = fs, path, 0
        self._file: Any = None
        self.closed = False
        self.mode = "rb"

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data: bytes = patiently(lambda: self._read(size))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move; returns the new position."""
        if whence == 1:
            offset += self._at
        elif whence == 2:
            offset += int(patiently(lambda: self._fs.size(self._path)))
        self._at = offset
        return offset

    def tell(self) -> int:
        """Where the next read starts."""
        return self._at

    def size(self) -> int:
        """The file's length."""
        return int(patiently(lambda: self._fs.size(self._path)))

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

    def _read(self, size: int) -> bytes:
        try:
            if self._file is None:
                self._file = self._fs.open(self._path, "rb")
            if self._file.tell() != self._at:
                self._file.seek(self._at)
            data: bytes = self._file.read(size)
        except BaseException:
            self._file = None
            raise
        return data


def open_native(fs: Any, path: str) -> pa.NativeFile:
    """The file for Arrow: read without the interpreter's lock where it is local."""
    if "file" in _protocols(fs):
        return pa.OSFile(path, "rb")
    return pa.PythonFile(Patient(fs, path), mode="r")


def url_of(fs: Any, path: str, given: str) -> str:
    """The printable URL of a path that was listed under the URL ``given``."""
    if "file" in _protocols(fs) and "::" not in given:
        return path
    head, _, rest = given.partition("::")
    bare = path if "://" in path else f"{_protocols(fs)[0]}://{path.lstrip('/') if 'file' not in _protocols(fs) else path}"
    if not rest:
        return redact(bare)
    return redact(f"{bare}::{rest}" if "://" in head else f"{head}::{bare}")


def locate(paths: tuple[str, ...], url: str) -> tuple[Any, str]:
    """The file system and path of a printable URL that was listed under one of ``paths``, whose secrets open it."""
    if url in paths:
        return filesystem(url)
    for given in paths:
        fs, path = filesystem(given)
        if url_of(fs, path, given) == url:
            return fs, path
        stripped = fs._strip_protocol(url)
        if url_of(fs, stripped, given) == url:
            return fs, stripped
    return filesystem(url)


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)
