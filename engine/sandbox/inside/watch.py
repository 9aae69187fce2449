"""Reads what a child writes and says until it is done, or over a limit."""

import os
import select
import time
from typing import Any

from .blocks import MESSAGE_CHARACTERS

_RESULT_BYTES = 1 << 16
_TICK_SECONDS = 0.05


def mark(key: str) -> bytes:
    """What a child writes between the outputs of two blocks."""
    return f"\0{key}\0".encode()


def verdict(key: str, status: str, error: str) -> bytes:
    """What a child says of a block, as one line: in the few steps that touch the fewest pages of what it shares."""
    return f"{key} {status} {error.encode('utf-8', 'surrogatepass').hex()}\n".encode()


class Watch:
    """What one child wrote and said so far.

    Attributes:
        blocks: how each block ended that has come to an end.
        cause: the limit that it broke, where it broke one.
    """

    def __init__(self, wanted: int, limits: dict[str, Any], key: str, out: int, said: int) -> None:
        self.wanted, self.key, self.out, self.said = wanted, key, out, said
        self.room = limits["output_bytes"]
        self.deadline = time.monotonic() + limits["wall_seconds"]
        self.blocks: list[dict[str, str]] = []
        self.cause = ""
        self._written, self._told = bytearray(), b""
        self._open = {out, said}

    def until_done(self, folder: str, disk_bytes: int) -> None:
        """Read until every block has ended, the child is silent for good, or a limit is broken.

        Args:
            folder: whose size is watched where ``disk_bytes`` is not zero.
        """
        poll = select.poll()
        for pipe in self._open:
            os.set_blocking(pipe, False)
            poll.register(pipe, select.POLLIN)
        while self.said in self._open and len(self.blocks) < self.wanted and not self.cause:
            left = self.deadline - time.monotonic()
            ready = [pipe for pipe, _ in poll.poll(max(0, min(left, _TICK_SECONDS if disk_bytes else left)) * 1000)]
            if left <= 0:
                self.cause = "timeout"
            elif disk_bytes and used(folder) > disk_bytes:
                self.cause = "disk"
            else:
                for pipe in self._read(ready):
                    poll.unregister(pipe)
        if self.out in self._open:
            self._written += _available(self.out) or b""

    @property
    def rest(self) -> str:
        """What was written after the last block that ended, within the limit."""
        return bytes(self._written[: max(0, self.room)]).decode("utf-8", "replace")

    def _read(self, ready: list[int]) -> set[int]:
        """Take in what there is, and return the pipes that ended."""
        ended = set()
        for pipe in sorted(ready, key=lambda pipe: pipe == self.out):  # what is said is written before: read it after
            data = _available(pipe)
            if data == b"":
                ended.add(pipe)
            elif pipe == self.out:
                self._written += data or b""
            else:
                self._told += data or b""
        self._open -= ended
        if b"\n" in self._told and self.out in self._open and self.out not in ready:
            self._written += _available(self.out) or b""
        *lines, self._told = self._told.split(b"\n")
        for line in lines:
            self._take(line)
        if len(self._written) > self.room + len(mark(self.key)) or len(self._told) > _RESULT_BYTES:
            self.cause = self.cause or "output"
        return ended

    def _take(self, line: bytes) -> None:
        block = _block(line, self.key)
        if block is None:
            self.cause = self.cause or "tampered"
        if self.cause or block is None:
            return
        output, _, rest = self._written.partition(mark(self.key))
        if len(output) > self.room:
            self.cause = "output"
            return
        self._written = rest
        self.room -= len(output)
        self.blocks.append({**block, "output": output.decode("utf-8", "replace")})


def _available(pipe: int) -> bytes | None:
    """What can be read now: b"" at the end, None where there is nothing yet."""
    pieces: list[bytes] = []
    while True:
        try:
            data = os.read(pipe, 1 << 16)
        except BlockingIOError:
            return b"".join(pieces) or None
        if not data:
            return b"".join(pieces)
        pieces.append(data)
        if len(pieces) > 16:
            return b"".join(pieces)


def _block(line: bytes, key: str) -> dict[str, str] | None:
    try:
        secret, status, error = line.decode("ascii").split(" ")
        said = bytes.fromhex(error).decode("utf-8", "surrogatepass")
    except ValueError:
        return None
    if secret != key or status not in ("passed", "exit", "memory", "exception"):
        return None
    return {"status": status, "error": said[:MESSAGE_CHARACTERS]}


def used(folder: str) -> int:
    """The bytes of the regular files below a folder, as far as 10,000 of them go."""
    total, seen, waiting = 0, 0, [folder]
    while waiting and seen < 10_000:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    seen += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:
            continue
    return total if seen < 10_000 else 1 << 62
