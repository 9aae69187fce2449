"""Groups of rows of a table with the same key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.relation import COLUMNS, KEY, Emission, Forecast, Over, Piece, Relation, Round, Rounds, Route, Scale, Task
from engine.schema import ID, ROW, Side
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array, mix
from operators.table.cell_kinds import KINDS, kinds
from operators.table.observe import declared

LOW, NULL = "low", "null"
_KEYS = Route(pa.schema([(KEY, pa.uint64()), (LOW, pa.uint64()), (NULL, pa.bool_()), (ID, pa.int64())]))
_MISSING = KINDS.index("missing")


@dataclass(frozen=True)
class KeyGroups(Relation):
    """Beside every row of a table: the first row of the subject with the same key, and how many have it.

    Keys are compared by their 128-bit hash, as they are written. A key is missing where all its columns are. Cost: 33 bytes a
    row through the exchange; nothing where the table has no key.

    Args:
        key: the columns that make up the key together; left out, the first by name that the plan's ``types`` say is an id.

    Columns written:
        key_id: the id of the first row with the key; null where the table has no key, or the row could not be read.
        key_size: how many rows have the key; 0 where it is missing.
    """

    key: tuple[str, ...] = ()

    reads: ClassVar[tuple[str, ...]] = (ROW,)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"key_id": pa.int64(), "key_size": pa.int64()}

    @property
    def emits(self) -> Mapping[str, Route]:
        """Hashes of keys with the ids that have them."""
        return {"keys": _KEYS}

    def emit(self, batch: pa.RecordBatch, side: Side, expected: int) -> Emission:  # noqa: ARG002
        """The hash of every row's key."""
        present = valid_mask(batch[ROW])
        table = batch[ROW].filter(pa.array(present))
        names = self.key or tuple(sorted(field.name for field in table.type if declared(field).partition(":")[0] == "id"))[:1]
        fields = [name for name in names if table.type.get_field_index(name) >= 0]
        if not fields or len(fields) < len(names):
            return Emission({"keys": _KEYS.schema.empty_table()})
        columns = [table.field(name) for name in fields]
        missing = np.logical_and.reduce([kinds(column) == _MISSING for column in columns])
        ids = batch[ID].to_numpy()[present]
        hashes = hash_array(pa.StructArray.from_arrays(columns, names=fields))
        own = mix(ids.astype(np.uint64))  # a missing key is like no other
        low = np.where(missing, ids.astype(np.uint64), hashes[:, 1])
        rows = {KEY: np.where(missing, own, hashes[:, 0]), LOW: low, NULL: missing, ID: ids}
        return Emission({"keys": pa.table(rows)})

    def forecast(self, scale: Scale) -> Forecast:
        """Two rows a record, as `operators.relations.exact_groups`."""
        rows = scale.records // scale.partitions
        return Forecast(
            exchanged_bytes=36 * scale.records,
            kept_bytes=0,
            files=scale.units + scale.partitions,
            task_bytes=200 * rows,
            cpu_seconds=0.6e-6 * scale.records,
        )

    def rounds(self) -> Rounds:
        """One: equal keys meet."""
        yield Round("group", Over.KEYS, {"emit.keys": _KEYS}, {COLUMNS: self.columns()}, _group)


def _group(task: Task) -> Iterator[Piece]:
    rows = task.rows("emit.keys")
    key, low, null, ids = (rows[name].to_numpy() for name in (KEY, LOW, NULL, ID))
    yield Piece(COLUMNS, groups(key, low, null, ids, task.first(Side.REFERENCE)))


def groups(
    key: NDArray[np.uint64], low: NDArray[np.uint64], null: NDArray[np.bool_], ids: NDArray[np.int64], reference: int
) -> pa.Table:
    """Sizes and first members of the groups of a partition; ids from ``reference`` on are of other sides, and left out.

    >>> keys = np.array([1, 1, 2], np.uint64)
    >>> groups(keys, keys, np.array([False, False, True]), np.array([10, 11, 12]), 100)["key_size"].to_pylist()
    [2, 2, 0]
    """
    order = np.lexsort((ids, low, key))
    order = order[ids[order] < reference]
    key, low, null, ids = key[order], low[order], null[order], ids[order]
    starts = np.flatnonzero(np.r_[True, (key[1:] != key[:-1]) | (low[1:] != low[:-1])]) if len(key) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[starts, len(key)])
    group = np.repeat(np.arange(len(starts)), sizes)
    return pa.table({ID: ids, "key_id": ids[starts][group], "key_size": np.where(null, 0, sizes[group])})
