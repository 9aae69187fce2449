"""The files under a path, as their storage lists them."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from glob import escape
from itertools import pairwise
from typing import Any

from fsspec.core import has_magic
from fsspec.utils import glob_translate

from engine.errors import SourceError, StorageError
from engine.storage.failures import cause_of, patiently
from engine.storage.files import filesystem, is_flat
from engine.storage.names import redact

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
        return (_matching(fs, path) if is_flat(fs) else fs.glob(path, detail=True)), False
    if not (web and path.endswith("/")):
        info = fs.info(path)
        if info["type"] == "file":
            return {path: info}, True
    return (_below(fs, [path]) if is_flat(fs) else fs.find(path, detail=True)), False


def _matching(fs: Any, pattern: str) -> Mapping[str, Any]:
    """All files that a glob matches, the folders that its wildcards stand for side by side."""
    parts = pattern.split("/")
    roots, at = [""], 0
    with ThreadPoolExecutor(_THREADS) as pool:
        for start, stop in pairwise(_stops(parts)):
            part, at = "/".join(parts[start:stop]), stop
            asked = [f"{escape(root)}{part}/" for root in roots]
            found = (entry for answer in pool.map(lambda one: fs.glob(one, detail=True), asked) for entry in answer.values())
            roots = [f"{entry['name'].rstrip('/')}/" for entry in found if entry["type"] == "directory"]
        rest = parts[at:]
        if "**" not in "/".join(rest):
            answers = pool.map(lambda root: fs.glob(escape(root) + "/".join(rest), detail=True), roots)
            return {name: entry for answer in answers for name, entry in answer.items()}
    fixed = next(at for at, part in enumerate(rest) if has_magic(part))
    matches = re.compile(glob_translate(pattern)).match
    folders = [f"{root}{'/'.join(rest[:fixed])}".rstrip("/") for root in roots]
    return {name: entry for name, entry in _below(fs, folders).items() if matches(name)}


def _stops(parts: Sequence[str]) -> list[int]:
    """Where to look which folders there are: after each part of a glob with a wildcard, but the last and any from ``**`` on.

    >>> _stops("bucket/data/*/train/part-*.jsonl".split("/")), _stops("bucket/*/**/a.jsonl".split("/"))
    ([0, 3], [0, 2])
    """
    deep = next((at for at, part in enumerate(parts) if "**" in part), len(parts) - 1)
    return [0, *(at + 1 for at, part in enumerate(parts[:deep]) if has_magic(part))]


def _below(fs: Any, folders: list[str]) -> dict[str, Any]:
    """All files below prefixes of object storage, many at a time: a listing gives a thousand keys an answer."""
    files: dict[str, Any] = {}
    with ThreadPoolExecutor(_THREADS) as pool:
        while 0 < len(folders) < _THREADS:
            entries = [entry for part in pool.map(lambda one: _listing(fs, one), folders) for entry in part]
            files |= {entry["name"]: entry for entry in entries if entry["type"] == "file"}
            folders = [entry["name"] for entry in entries if entry["type"] == "directory" and entry["name"] not in folders]
        for part in pool.map(lambda one: fs.find(one, detail=True), folders):
            files |= part
    return files


def _listing(fs: Any, folder: str) -> list[Any]:
    try:
        entries: list[Any] = fs.ls(folder, detail=True, refresh=True)
    except FileNotFoundError:  # what a glob names below a wildcard is not in each of the folders
        return []
    return entries


def _file(name: str, info: Mapping[str, Any]) -> File:
    version = next((info[key] for key in (*_ETAGS, *_TIMES) if info.get(key)), "")
    return File(name, int(info.get("size") or 0), str(version).strip('"'))


def _hidden(path: str, root: str) -> bool:
    below = path.removeprefix(root) if path.startswith(root) else path.rsplit("/", 1)[-1]
    return any(part.startswith((".", "_")) for part in below.split("/") if part)
