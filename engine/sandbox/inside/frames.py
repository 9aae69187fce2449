"""Messages between the interpreter inside and the one outside: four bytes of length, then the message."""

import os
import struct


class Frames:
    """Messages over a pair of pipes."""

    def __init__(self, reading: int, writing: int) -> None:
        self.reading, self.writing = reading, writing

    def read(self) -> bytes | None:
        """The next message; None at the end."""
        head = self._exactly(4)
        return None if head is None else self._exactly(struct.unpack("<I", head)[0])

    def write(self, message: bytes) -> None:
        """Send one message."""
        data = struct.pack("<I", len(message)) + message
        while data:
            data = data[os.write(self.writing, data) :]

    def _exactly(self, size: int) -> bytes | None:
        pieces = []
        while size:
            piece = os.read(self.reading, size)
            if not piece:
                return None
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)
