"""A shard as a stream of decompressed bytes, within the limits on what decompression may give."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from engine.errors import ShardFault
from engine.source.dataset import Limits
from engine.source.formats import compression_of
from engine.storage.reading import open_native

_GRACE = 64 * 1024 * 1024
_HEAD = 512


class Stream:
    """Reads forward, counts, and refuses to be a bomb. A file that is not compressed can be started anywhere.

    Raises:
        ShardFault: from ``read``, once more is given than the limits allow.
    """

    def __init__(self, raw: pa.NativeFile, url: str, compression: str | None, limits: Limits) -> None:
        self._raw, self._url, self._limits, self._given = raw, url, limits, 0
        self._file = pa.CompressedInputStream(raw, compression) if compression else raw
        self._compressed = compression is not None

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes; fewer only at the end."""
        parts = []
        while size > 0 and (part := self._file.read(min(size, _GRACE))):
            parts.append(part)
            size -= len(part)
            self._given += len(part)
            if self._compressed:
                self._check()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, size: int) -> bool:
        """Read and drop; False where the stream ends first."""
        while size > 0:
            got = len(self.read(min(size, 1 << 20)))
            if got == 0:
                return False
            size -= got
        return True

    def _check(self) -> None:
        if self._given > self._limits.archive_bytes:
            raise ShardFault(self._url, f"decompresses to more than limits.archive_bytes = {self._limits.archive_bytes:,}")
        if self._given > _GRACE and self._given > self._limits.expansion * max(1, self._raw.tell()):
            raise ShardFault(self._url, f"decompresses to over limits.expansion = {self._limits.expansion:g} times its size")


@contextmanager
def open_stream(fs: Any, path: str, url: str, limits: Limits, start: int = 0) -> Iterator[Stream]:
    """The shard from a byte on, decompressed where its magic bytes say that it is compressed."""
    with open_native(fs, path) as raw:
        compression = compression_of(raw.read(_HEAD)) if start == 0 else None
        raw.seek(start)
        yield Stream(raw, url, compression, limits)
