"""How a file is named: in messages, reports and OUT without user, password and query."""

import re
from collections.abc import Mapping
from typing import Any

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<user>[^/\s]*)@)?(?P<host>[^/\s]*)(?P<path>/.*)?", re.DOTALL)
_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"]+")
_WEB_QUERY = re.compile(r"[?#].*", re.DOTALL)
_QUERY = re.compile(r"\?[\w.-]+=.*", re.DOTALL)
_CONTAINERS = ("abfs", "abfss")
"""Of these the part before the @ is no user: Azure's container."""


def redact(url: str) -> str:
    """The URL without what may be secret: what may be printed and stored.

    That is the user and the password, and the query of a URL of the web (with the fragment) or one that begins as ``?name=``:
    a key of object storage may hold question marks, and a glob as well.

    >>> redact("https://me:secret@host/a.jsonl?sig=abc"), redact("s3://key:secret@bucket/a.jsonl?versionId=1")
    ('https://host/a.jsonl', 's3://bucket/a.jsonl')
    >>> redact("s3://bucket/part-?.jsonl"), redact("abfss://container@account.dfs.core.windows.net/a#1.jsonl")
    ('s3://bucket/part-?.jsonl', 'abfss://container@account.dfs.core.windows.net/a#1.jsonl')
    """
    return "::".join(_redact_one(part) for part in url.split("::")) if "://" in url else url


def _redact_one(url: str) -> str:
    found = _URL.fullmatch(url)
    if not found:
        return url
    scheme, user, host, path = found.group("scheme", "user", "host", "path")
    kept = f"{user}@" if user and ":" not in user and scheme in _CONTAINERS else ""
    return f"{scheme}://{kept}{(_WEB_QUERY if scheme in ('http', 'https') else _QUERY).sub('', host + (path or ''))}"


def redacted(document: Any) -> Any:
    """A document of plain JSON values, each URL in it redacted.

    >>> redacted({"path": ["https://host/a?sig=abc", "b.jsonl"], "limit": 3})
    {'path': ['https://host/a', 'b.jsonl'], 'limit': 3}
    """
    if isinstance(document, str):
        return redact(document)
    if isinstance(document, Mapping):
        return {key: redacted(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [redacted(value) for value in document]
    return document


def without(text: str, url: str = "") -> str:
    """A message without what may be secret of ``url``, and of any other that it quotes.

    >>> without("no answer from https://me:secret@host/a?sig=abc for 3 s")
    'no answer from https://host/a for 3 s'
    """
    return _IN_TEXT.sub(lambda found: redact(found[0]), text.replace(url, redact(url)) if url else text)


def printable(fs: Any, path: str) -> str:
    """A path as an error names it.

    >>> from fsspec.implementations.memory import MemoryFileSystem
    >>> printable(MemoryFileSystem(), "/a/b")
    'memory://a/b'
    """
    if "file" in protocols(fs) or "://" in path:
        return redact(path)
    return f"{protocols(fs)[0]}://{path.lstrip('/')}"


def url_of(fs: Any, path: str, given: str) -> str:
    """The printable URL of a path that was listed under the URL ``given``."""
    if "file" in protocols(fs) and "::" not in given:
        return path
    head, _, rest = given.partition("::")
    bare = path if "://" in path else f"{protocols(fs)[0]}://{path.lstrip('/') if 'file' not in protocols(fs) else path}"
    if not rest:
        return redact(bare)
    return redact(f"{bare}::{rest}" if "://" in head else f"{head}::{bare}")


def protocols(fs: Any) -> tuple[str, ...]:
    """The names that a file system goes by, its own first."""
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)
