"""Files wherever they are, over fsspec: opening them, waiting out what passes, saying what went wrong without secrets."""

import errno
import http
import io
import random
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import pyarrow as pa
from fsspec.core import url_to_fs
from fsspec.exceptions import FSTimeoutError

from engine.errors import AuditorError, SourceError, StorageError

T = TypeVar("T")

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "az": "az", "abfs": "az", "abfss": "az", "adl": "az"}
_FLAT = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss")
"""Object storage has no folders: to make one would ask for the bucket, every time."""
_ATTEMPTS, _FIRST_SECONDS = 7, 0.1

_READ_AHEAD = 1 << 20
"""Bytes read beyond what was asked for: little, since a task takes its part out of the middle of many files."""

_TRANSIENT = (TimeoutError, ConnectionError, FSTimeoutError)
_TRANSIENT_NAMES = frozenset(
    {
        *("ClientConnectionError", "ClientPayloadError", "HTTPClientError", "IncompleteRead", "ResponseParserError"),
        *("ServiceRequestError", "ServiceResponseError", "TransportError", "FlexibleChecksumError"),
    }
)
"""Of aiohttp, botocore, http.client, azure.core and google.auth, which are not imported for this."""
_TRANSIENT_NUMBERS = frozenset({errno.EBUSY, errno.EAGAIN, getattr(errno, "EREMOTEIO", errno.EBUSY)})
_TRANSIENT_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_RENEW = "renew them and run the same command, which goes on from what is done"
_REFUSED = {
    "ExpiredToken": f"the credentials have expired: {_RENEW}",
    "ExpiredTokenException": f"the credentials have expired: {_RENEW}",
    "TokenRefreshRequired": f"the credentials have expired: {_RENEW}",
    "InvalidToken": f"the credentials are not valid: {_RENEW}",
    "InvalidAccessKeyId": f"the credentials are not valid: {_RENEW}",
    "SignatureDoesNotMatch": f"the credentials are not valid: {_RENEW}",
    "RequestTimeTooSkewed": "this machine's clock differs too much from the storage's: set it and run the same command",
    "400": f"it refuses every request (400), as it does when credentials have expired: {_RENEW}",
}
"""What the storage says of every request alike, so that no shard is to blame."""


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
        return connected(url)
    except ImportError as error:
        extra = _EXTRAS.get(protocol)
        cure = f"pip install 'llm-data-auditor[{extra}]'" if extra else str(error)
        raise SourceError(f"{redact(url)} cannot be opened: a package for {protocol}:// is missing; {cure}") from error
    except ValueError as error:
        raise SourceError(f"{redact(url)} cannot be opened: {_without(str(error), url)}") from error


def connected(url: str) -> tuple[Any, str]:
    """The file system of a URL and the path in it; one that waits out what passes, where it can be told to.

    Raises:
        ImportError: when the package for the protocol is not installed.
        ValueError: when the protocol is unknown.
    """
    fs, path = url_to_fs(url)
    if "s3" in _protocols(fs):
        import s3fs.core

        s3fs.core.set_custom_error_handler(passes)  # inside an upload of many parts only it can try one of them again
    return fs, str(path)


def is_flat(fs: Any) -> bool:
    """Whether it is object storage: keys, of which folders are only prefixes."""
    return bool({*_FLAT} & {*_protocols(fs)})


def make_folder(fs: Any, path: str) -> None:
    """Make the folder of a file, where there are folders."""
    if not is_flat(fs):
        fs.makedirs(path.rpartition("/")[0], exist_ok=True)


def patiently(act: Callable[[], T], url: str) -> T:
    """The result of ``act``, tried again and again, ever later, while what fails may pass: a busy or broken connection.

    Raises:
        StorageError: when nothing passed within about ten seconds, or when the storage refuses whatever it is asked.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return act()
        except Exception as error:
            if attempt == _ATTEMPTS - 1 or _refusal(error) or not passes(error):
                if end := ended(error, url):
                    raise end from error
                raise
        time.sleep(_FIRST_SECONDS * 2**attempt * (1 + random.random()))  # noqa: S311 - spreads out retries
    raise AssertionError("unreachable")


def ended(error: BaseException, url: str) -> StorageError | None:
    """What ends a run: storage that refuses everything, or does not answer however often it is asked; None for another error.

    >>> ended(FileNotFoundError(), "s3://bucket/a") is None
    True
    """
    if isinstance(error, AuditorError):
        return None
    refused = _refusal(error)
    if refused:
        return StorageError(f"{redact(url)} cannot be used: {refused}")
    if passes(error):
        cause = cause_of(next(one for one in _chain(error) if _passes(one)), url)
        return StorageError(f"{redact(url)} does not answer ({cause}): the same command goes on from what is done")
    return None


def passes(error: BaseException) -> bool:
    """Whether what failed may go well the next time: the storage is busy, or the connection broke.

    >>> passes(TimeoutError()), passes(OSError(errno.EBUSY, "Please reduce your request rate.")), passes(FileNotFoundError())
    (True, True, False)
    """
    return not isinstance(error, AuditorError) and any(_passes(one) for one in _chain(error))


def _passes(error: BaseException) -> bool:
    if isinstance(error, _TRANSIENT) or {kind.__name__ for kind in type(error).__mro__} & _TRANSIENT_NAMES:
        return True
    return (isinstance(error, OSError) and error.errno in _TRANSIENT_NUMBERS) or _status(error) in _TRANSIENT_STATUS


def _refusal(error: BaseException) -> str | None:
    for one in _chain(error):
        code = _response(one).get("Error", {}).get("Code")
        if code in _REFUSED:
            return _REFUSED[code]
        if _status(one) == http.HTTPStatus.UNAUTHORIZED or type(one).__name__ in ("ClientAuthenticationError", "RefreshError"):
            return _REFUSED["InvalidToken"]
    return None


def _status(error: BaseException) -> int | None:
    """The HTTP status behind an error, as the packages of the clouds keep it."""
    given = _response(error).get("ResponseMetadata", {}).get("HTTPStatusCode")
    found = (given, *(getattr(error, name, None) for name in ("status", "status_code", "code")))
    return next((int(one) for one in found if isinstance(one, int | http.HTTPStatus) or str(one).isdigit()), None)


def _response(error: BaseException) -> dict[str, Any]:
    given = getattr(error, "response", None)
    return given if isinstance(given, dict) else {}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it came from."""
    for _ in range(8):
        if error is None:
            return
        yield error
        error = error.__cause__


def published(fs: Any, path: str, size_bytes: int, commit: Callable[[], object]) -> None:
    """Commit an upload. Where the answer to the last request was lost, to ask again finds no upload: the file is there then."""
    try:
        commit()
    except FileNotFoundError:
        fs.invalidate_cache()
        if int(fs.info(path)["size"]) != size_bytes:
            raise


def cause_of(error: BaseException, url: str = "") -> str:
    """What went wrong, in a few words and without secrets."""
    refused = _refusal(error)
    if refused:
        return refused
    if isinstance(error, PermissionError):
        return "access is denied"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "the disk is full: make room and run the same command, which goes on from what is done"
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return "the file system is read-only"
    if isinstance(error, FileNotFoundError):
        return "there is nothing there"
    if type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError"):
        return "no credentials were found"
    lines = str(getattr(error, "strerror", None) or error).splitlines() or [""]
    return _without(lines[0], url)[:300] or type(error).__name__


def _without(text: str, url: str) -> str:
    if url:
        text = text.replace(url, redact(url))
    text = re.sub(r"//[^/\s@]+@", "//", text)
    return re.sub(r"(https?://[^\s?'\"]+)\?[^\s'\"]+", r"\1", text)


def whole(fs: Any, path: str) -> bytes:
    """A file's bytes by one request; s3fs would ask for the size first, and then for parts at once."""
    data: bytes = fs.cat_file(path, max_concurrency=1) if "s3" in _protocols(fs) else fs.cat_file(path)
    return data


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

    def _read(self, size: int) -> bytes:
        try:
            if self._file is None:
                self._file = self._opened()
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


def printable(fs: Any, path: str) -> str:
    """A path as an error names it.

    >>> from fsspec.implementations.memory import MemoryFileSystem
    >>> printable(MemoryFileSystem(), "/a/b")
    'memory://a/b'
    """
    if "file" in _protocols(fs) or "://" in path:
        return redact(path)
    return f"{_protocols(fs)[0]}://{path.lstrip('/')}"


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
