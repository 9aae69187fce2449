"""Groups of records whose payload is equal, byte for byte."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.relation import COLUMNS, KEY, Emission, Forecast, Over, Piece, Relation, Round, Rounds, Route, Scale, Task
from engine.schema import ID, PAYLOAD, Side
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array

LOW = "low"
_CONTENTS = Route(pa.schema([(KEY, pa.uint64()), (LOW, pa.uint64()), (ID, pa.int64())]))


@dataclass(frozen=True)
class ExactGroups(Relation):
    """Beside every record: the first record with the same content, and how many have it, on each side.

    Equality is that of a 128-bit content hash (`operators.kernels.hashing.hash_array`): nothing is normalised. A record whose
    payload is entirely null belongs to no group and gets nulls. Cost: 32 bytes a record through the exchange.

    Columns written:
        content_id: the id of the first record of the group; the record's own where it is the first.
        content_size: records of the subject in the group, itself included.
        content_reference_size, content_holdout_size: records of those sides with the same content.

    Source: S6 of the metric catalogue; Lee et al. 2022, section 4 (exact matches of whole records).
    """

    reads: ClassVar[tuple[str, ...]] = (PAYLOAD,)
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "content_id": pa.int64(),
        "content_size": pa.int64(),
        "content_reference_size": pa.int64(),
        "content_holdout_size": pa.int64(),
    }

    @property
    def emits(self) -> Mapping[str, Route]:
        """Content hashes with the ids that have them."""
        return {"contents": _CONTENTS}

    def emit(self, batch: pa.RecordBatch, side: Side, expected: int) -> Emission:  # noqa: ARG002
        """The content hash of every record that has any content."""
        payload = batch[PAYLOAD]
        hashes = hash_array(payload)
        some = np.logical_or.reduce([valid_mask(payload.field(at)) for at in range(payload.type.num_fields)])
        rows = {KEY: hashes[some, 0], LOW: hashes[some, 1], ID: batch[ID].to_numpy()[some]}
        return Emission({"contents": pa.table(rows)})

    def forecast(self, scale: Scale) -> Forecast:
        """Two rows a record, of 24 bytes on the way in (hashes do not compress) and about 12 on the way out."""
        rows = scale.records // scale.partitions
        return Forecast(
            exchanged_bytes=36 * scale.records,
            kept_bytes=0,
            files=scale.units + scale.partitions,
            task_bytes=200 * rows,
            cpu_seconds=scale.bytes / 1.0e9 + 0.6e-6 * scale.records,
        )

    def rounds(self) -> Rounds:
        """One: equal contents meet."""
        yield Round("group", Over.KEYS, {"emit.contents": _CONTENTS}, {COLUMNS: self.columns()}, _group)


def _group(task: Task) -> Iterator[Piece]:
    yield Piece(COLUMNS, groups(task.rows("emit.contents"), task.first(Side.REFERENCE), task.first(Side.HOLDOUT)))


def groups(rows: pa.Table, reference: int, holdout: int) -> pa.Table:
    """Sizes and first members of the groups of a partition; ids from ``reference`` and ``holdout`` on are of those sides.

    >>> hashes = pa.array([1, 1, 2], pa.uint64())
    >>> rows = pa.table({"_key": hashes, "low": hashes, "_id": [10, 11, 12]})
    >>> groups(rows, 100, 200).to_pydict()["content_id"]
    [10, 10, 12]
    """
    key, low, ids = (rows[name].to_numpy() for name in (KEY, LOW, ID))
    order = np.lexsort((ids, low, key))
    key, low, ids = key[order], low[order], ids[order]
    starts = np.flatnonzero(np.r_[True, (key[1:] != key[:-1]) | (low[1:] != low[:-1])]) if len(key) else np.empty(0, np.int64)
    group = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(key)]))
    own = ids < reference
    columns = {ID: ids[own], "content_id": ids[starts][group[own]]}
    sides = (own, (ids >= reference) & (ids < holdout), ids >= holdout)
    for name, side in zip(("content_size", "content_reference_size", "content_holdout_size"), sides, strict=True):
        columns[name] = np.bincount(group[side], minlength=len(starts))[group[own]].astype(np.int64)
    return pa.table(columns)
