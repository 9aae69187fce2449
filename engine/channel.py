"""A channel's file: what one task brings to every other, an Arrow IPC file with a record batch for each that gets any rows."""

import io
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa

from engine.store import Store

_PARTS = b"parts"


def pack(pieces: Mapping[int, list[pa.Table]], schema: pa.Schema, compression: str | None = "lz4") -> bytes:
    """The file of the rows for each part; parts without rows take no room.

    >>> table = pa.table({"x": [1, 2]})
    >>> len(pack({3: [table]}, table.schema)) > 0
    True
    """
    batches = [(part, _one_batch(tables)) for part, tables in sorted(pieces.items())]
    parts = np.array([part for part, _ in batches], np.int32).tobytes()
    return ipc_bytes((batch for _, batch in batches), schema.with_metadata({_PARTS: parts.hex()}), compression)


def ipc_bytes(batches: Iterable[pa.RecordBatch], schema: pa.Schema, compression: str | None = "lz4") -> bytes:
    """An Arrow IPC file of record batches."""
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def unpack(store: Store, files: Iterable[str], part: int | None) -> Iterator[pa.Table]:
    """The rows for one part (None: for all of them), file by file."""
    for file in files:
        with store.open(file) as source:
            reader = pa.ipc.open_file(source)
            if part is None:
                yield reader.read_all().replace_schema_metadata(None)
                continue
            parts = np.frombuffer(bytes.fromhex(reader.schema.metadata[_PARTS].decode()), np.int32)
            at = int(np.searchsorted(parts, part))
            if at < len(parts) and parts[at] == part:
                yield pa.Table.from_batches([reader.get_batch(at)]).replace_schema_metadata(None)


def _one_batch(tables: list[pa.Table]) -> pa.RecordBatch:
    whole = pa.concat_tables(tables).combine_chunks()
    return pa.RecordBatch.from_arrays([column.chunk(0) for column in whole.columns], schema=whole.schema)
