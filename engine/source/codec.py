"""How an Arrow IPC file compresses its buffers, which pyarrow does not tell: read from the metadata of its first batch."""

import struct

import pyarrow as pa

_CODECS = ("lz4", "zstd")
_FILE_HEADER = 8
_HEADER, _COMPRESSION, _CODEC = 2, 3, 0
"""Fields of the tables Message, RecordBatch and BodyCompression in Arrow's Message.fbs."""


def arrow_codec(raw: pa.NativeFile, is_file: bool) -> str | None:
    """The codec of the first record batch; None where its buffers are not compressed or there is none.

    >>> table = pa.table({"x": [1, 2]})
    >>> sink = pa.BufferOutputStream()
    >>> with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
    ...     writer.write_table(table)
    >>> arrow_codec(pa.BufferReader(sink.getvalue()), is_file=False)
    'zstd'
    """
    raw.seek(_FILE_HEADER if is_file else 0)
    try:
        for message in pa.ipc.MessageReader.open_stream(raw):
            if message.type == "record batch":
                return _codec(message.metadata.to_pybytes())
    except (pa.ArrowException, OSError, struct.error):
        return None
    return None


def _codec(metadata: bytes) -> str | None:
    batch = _table(metadata, struct.unpack_from("<I", metadata)[0], _HEADER)
    compression = None if batch is None else _table(metadata, batch, _COMPRESSION)
    if compression is None:
        return None
    at = _field(metadata, compression, _CODEC)
    number = 0 if at is None else struct.unpack_from("<b", metadata, at)[0]
    return _CODECS[number] if 0 <= number < len(_CODECS) else None


def _table(metadata: bytes, table: int, field: int) -> int | None:
    """Where the table is that a field of a table points to."""
    at = _field(metadata, table, field)
    return None if at is None else at + int(struct.unpack_from("<I", metadata, at)[0])


def _field(metadata: bytes, table: int, field: int) -> int | None:
    """Where a field of a table is; None where it has its default."""
    slots = table - int(struct.unpack_from("<i", metadata, table)[0])
    size = struct.unpack_from("<H", metadata, slots)[0]
    slot = 4 + 2 * field
    offset = struct.unpack_from("<H", metadata, slots + slot)[0] if slot < size else 0
    return table + offset if offset else None
