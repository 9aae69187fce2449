"""The files under a path, as their storage lists them."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fsspec.core import has_magic

from engine.errors import SourceError, StorageError
from engine.source.storage import cause_of, filesystem, is_flat, patiently, redact

_ETAGS = ("ETag", "etag", "md5Hash", "content_md5")
_THREADS = 16
_TIMES = ("mtime", "LastModified", "last_modified", "created")


@dataclass(frozen=True)
class File:
    """A file: its path in its file system, and an etag or the time of the last change."""

    path: str
    size_bytes: int
    version: str


def listed(given: str) -> tuple[Any, list[File], bool]:
    """The file system, the files under a path (file, folder or glob), and whether the path names one file.

    Files and folders whose name starts with a dot or an underscore are left out.

    Raises:
        SourceError: when there is nothing or it may not be read.
    """
    fs, path = filesystem(given)
    try:
        entries, single = patiently(lambda: _entries(fs, path), given)
    except StorageError:
        raise
    except Exception as error:
        raise SourceError(f"{redact(given)} cannot be read: {cause_of(error, given)}") from error
    there = ((name, info) for name, info in entries.items() if info.get("type") == "file")
    files = [_file(name, info) for name, info in there if not name.endswith("/")]  # which marks a folder
    shown = files if single else [file for file in files if not _hidden(file.path, path)]
    if not shown:
        raise SourceError(f"{redact(given)} holds no data: it is empty or nothing matches")
    return fs, shown, single


def _entries(fs: Any, path: str) -> tuple[Mapping[str, Any], bool]:
    web = path.startswith(("http://", "https://"))
    glob = "*" in path if web else has_magic(path) and not fs.exists(path)
    if glob:
        return fs.glob(path, detail=True), False
    if not (web and path.endswith("/")):
        info = fs.info(path)
        if info["type"] == "file":
            return {path: info}, True
    return (_below(fs, path) if is_flat(fs) else fs.find(path, detail=True)), False


def _below(fs: Any, path: str) -> dict[str, Any]:
    """All files below a prefix of object storage, many prefixes at a time: a listing gives a thousand keys an answer."""
    files: dict[str, Any] = {}
    folders = [path]
    with ThreadPoolExecutor(_THREADS) as pool:
        while 0 < len(folders) < _THREADS:
            entries = [entry for part in pool.map(lambda one: fs.ls(one, detail=True, refresh=True), folders) for entry in part]
            files |= {entry["name"]: entry for entry in entries if entry["type"] == "file"}
            folders = [entry["name"] for entry in entries if entry["type"] == "directory" and entry["name"] not in folders]
        for part in pool.map(lambda one: fs.find(one, detail=True), folders):
            files |= part
    return files


def _file(name: str, info: Mapping[str, Any]) -> File:
    version = next((info[key] for key in (*_ETAGS, *_TIMES) if info.get(key)), "")
    return File(name, int(info.get("size") or 0), str(version).strip('"'))


def _hidden(path: str, root: str) -> bool:
    below = path.removeprefix(root) if path.startswith(root) else path.rsplit("/", 1)[-1]
    return any(part.startswith((".", "_")) for part in below.split("/") if part)
