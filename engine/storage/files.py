"""Opening files wherever they are, over fsspec."""

from collections.abc import Callable
from typing import Any, TypeVar

from fsspec.core import url_to_fs

from engine.errors import AuditorError, SourceError
from engine.storage.failures import cause_of, passes, patiently
from engine.storage.names import protocols, redact, url_of, without

T = TypeVar("T")

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "az": "az", "abfs": "az", "abfss": "az", "adl": "az"}
_FLAT = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss")
"""Object storage has no folders: to make one would ask for the bucket, every time."""


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
        raise SourceError(f"{redact(url)} cannot be opened: {without(str(error), url)}") from error


def connected(url: str) -> tuple[Any, str]:
    """The file system of a URL and the path in it; one that waits out what passes, where it can be told to.

    Raises:
        ImportError: when the package for the protocol is not installed.
        ValueError: when the protocol is unknown.
    """
    fs, path = url_to_fs(url)
    if "s3" in protocols(fs):
        import s3fs.core

        s3fs.core.set_custom_error_handler(passes)  # inside an upload of many parts only it can try one of them again
    return fs, str(path)


def is_flat(fs: Any) -> bool:
    """Whether it is object storage: keys, of which folders are only prefixes."""
    return bool({*_FLAT} & {*protocols(fs)})


def make_folder(fs: Any, path: str) -> None:
    """Make the folder of a file, where there are folders."""
    if not is_flat(fs):
        fs.makedirs(path.rpartition("/")[0], exist_ok=True)


def published(fs: Any, path: str, size_bytes: int, commit: Callable[[], object]) -> None:
    """Commit an upload. Where the answer to the last request was lost, to ask again finds no upload: the file is there then."""
    try:
        commit()
    except FileNotFoundError:
        fs.invalidate_cache()
        if int(fs.info(path)["size"]) != size_bytes:
            raise


def whole(fs: Any, path: str) -> bytes:
    """A file's bytes by one request; s3fs would ask for the size first, and then for parts at once."""
    data: bytes = fs.cat_file(path, max_concurrency=1) if "s3" in protocols(fs) else fs.cat_file(path)
    return data


def is_file(url: str) -> bool:
    """Whether a file that a plan names is there.

    Raises:
        SourceError: when its storage cannot be asked.
    """
    fs, path = filesystem(url)
    try:
        return bool(_asked(lambda: fs.info(path)["type"] == "file", url))
    except FileNotFoundError:
        return False


def content(url: str, most_bytes: int) -> bytes:
    """The bytes of a file that a plan names: a schema, recordings, a list of hashes.

    Raises:
        SourceError: when it cannot be read, or is larger than ``most_bytes``.
    """
    fs, path = filesystem(url)
    try:
        data = _asked(lambda: _head(fs, path, most_bytes + 1), url)
    except FileNotFoundError as error:
        raise SourceError(f"{redact(url)} cannot be read: {cause_of(error, url)}") from error
    if len(data) > most_bytes:
        raise SourceError(f"{redact(url)} is larger than {most_bytes >> 20:,} MiB: give a smaller file")
    return data


def _asked(act: Callable[[], T], url: str) -> T:
    """What storage answers, in the end; what is wrong with it as a sentence, but for a file that is not there."""
    try:
        return patiently(act, url)
    except (AuditorError, FileNotFoundError):
        raise
    except Exception as error:
        raise SourceError(f"{redact(url)} cannot be read: {cause_of(error, url)}") from error


def _head(fs: Any, path: str, size: int) -> bytes:
    with fs.open(path, "rb") as file:
        data: bytes = file.read(size)
    return data


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
