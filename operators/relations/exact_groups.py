"""Groups of records whose payload is equal, byte for byte."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.relation import KEY, SIDE, Relation
from engine.schema import ID, PAYLOAD, Side
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array

LOW = "low"


@dataclass(frozen=True)
class ExactGroups(Relation):
    """Beside every record: the first record with the same content, and how many have it, on each side.

    Equality is that of a 128-bit content hash (`operators.kernels.hashing.hash_array`): nothing is normalised. A record whose
    payload is entirely null belongs to no group and gets nulls. Cost: 32 bytes a record through the exchange.

    Columns written:
        group_id: the id of the first record of the group; the record's own where it is the first.
        group_size: records of the subject in the group, itself included.
        reference_size, holdout_size: records of those sides with the same content.

    Source: S6 of the metric catalogue; Lee et al. 2022, section 4 (exact matches of whole records).
    """

    reads: ClassVar[tuple[str, ...]] = (PAYLOAD,)
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "group_id": pa.int64(),
        "group_size": pa.int64(),
        "reference_size": pa.int64(),
        "holdout_size": pa.int64(),
    }

    def emit(self, batch: pa.RecordBatch) -> pa.Table:
        """The content hash of every record that has any content."""
        payload = batch[PAYLOAD]
        hashes = hash_array(payload)
        some = np.logical_or.reduce([valid_mask(payload.field(at)) for at in range(payload.type.num_fields)])
        kept = {KEY: hashes[some, 0], LOW: hashes[some, 1], ID: batch[ID].to_numpy()[some]}
        return pa.table({name: pa.array(values) for name, values in kept.items()})

    def group(self, rows: pa.Table) -> pa.Table:
        """Sizes and first members of the groups of a partition.

        >>> rows = pa.table({"_key": pa.array([1, 1, 2], pa.uint64()), "low": pa.array([7, 7, 7], pa.uint64()),
        ...                  "_id": [10, 11, 12], "_side": [0, 0, 0]})
        >>> ExactGroups().group(rows).to_pydict()["group_id"]
        [10, 10, 12]
        """
        key, low, ids, side = (rows[name].to_numpy() for name in (KEY, LOW, ID, SIDE))
        order = np.lexsort((ids, low, key))
        key, low, ids, side = key[order], low[order], ids[order], side[order]
        starts = np.flatnonzero(np.r_[True, (key[1:] != key[:-1]) | (low[1:] != low[:-1])])
        group = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(key)]))
        own = side == 0
        first = np.full(len(starts), np.iinfo(np.int64).max)
        np.minimum.at(first, group[own], ids[own])
        columns = {ID: ids[own], "group_id": first[group[own]]}
        for at, name in enumerate(Side):
            sizes = np.bincount(group[side == at], minlength=len(starts))
            columns["group_size" if at == 0 else f"{name}_size"] = sizes[group[own]].astype(np.int64)
        return pa.table({name: pa.array(values) for name, values in columns.items()})
