"""From a record to the one that it was made from, and on to the first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.relation import COLUMNS, KEY, Emission, Forecast, Over, Piece, Relation, Round, Rounds, Route, Scale, Task
from engine.schema import ID, Side
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array
from operators.near.rows import Ids

LOW, ASKS = "low", "asks"
_NAMES = Route(pa.schema([(KEY, pa.uint64()), (LOW, pa.uint64()), (ASKS, pa.bool_()), (ID, pa.int64())]))
_LINKS = Route(pa.schema([("child", pa.int64()), ("parent", pa.int64())]), Over.WHOLE)
NONE, UNKNOWN = -1, -2
"""In place of a parent: the record names none, or one that is not there."""


@dataclass(frozen=True)
class Parents(Relation):
    """Beside every record that has an ``id`` or names a parent: where its chain of parents goes.

    A parent is the first record of the subject with that ``id``, compared by 128 bits of its hash. Cost: 25 bytes for each id
    and each parent through the exchange; the links go to one task, 16 bytes each.

    Columns written:
        parent_state: "root" (names no parent), "whole" (its chain ends at a root), "unknown" (its parent, or one further up, is
            not there) or "cyclic" (its chain comes back to itself, or leads into one that does).
        parent_depth: how many records up its root is; null where it has none.
        ancestor_id: the record at the end of its chain; null where that is not there.

    Source: METRICS 7.6; C2PA Technical Specification 2.x (parentOf) for the shape.
    """

    reads: ClassVar[tuple[str, ...]] = ("id", "parent_id")
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "parent_state": pa.string(),
        "parent_depth": pa.int64(),
        "ancestor_id": pa.int64(),
    }

    @property
    def emits(self) -> Mapping[str, Route]:
        """Names that records have, and names that they ask for."""
        return {"names": _NAMES}

    def emit(self, batch: pa.RecordBatch, side: Side, expected: int) -> Emission:  # noqa: ARG002
        """Both names of every record, where it has them."""
        ids = batch[ID].to_numpy()
        rows = [_named(batch["id"], ids, False), _named(batch["parent_id"], ids, True)]
        return Emission({"names": pa.concat_tables(rows)})

    def forecast(self, scale: Scale) -> Forecast:
        """Names, links and columns."""
        rows = scale.records // scale.partitions
        return Forecast(
            exchanged_bytes=90 * scale.records,
            kept_bytes=0,
            files=scale.units + scale.partitions + 1,
            task_bytes=max(300 * rows, 100 * scale.records),
            cpu_seconds=2e-6 * scale.records,
        )

    def rounds(self) -> Rounds:
        """Names meet; then one task follows the links."""
        yield Round("join", Over.KEYS, {"emit.names": _NAMES}, {"links": _LINKS}, _join, ("emit.names",))
        yield Round("follow", Over.WHOLE, {"join.links": _LINKS}, {COLUMNS: self.columns()}, _follow)


def _named(names: pa.Array, ids: Ids, asks: bool) -> pa.Table:
    there = valid_mask(names)
    hashes = hash_array(names.filter(pa.array(there)))
    n = len(hashes)
    return pa.table({KEY: hashes[:, 0], LOW: hashes[:, 1], ASKS: np.full(n, asks), ID: ids[there]})


def _join(task: Task) -> Iterator[Piece]:
    rows = task.rows("emit.names")
    key, low, ids = (rows[name].to_numpy() for name in (KEY, LOW, ID))
    asks = rows[ASKS].to_numpy(zero_copy_only=False)
    order = np.lexsort((ids, asks, low, key))
    key, low, ids, asks = key[order], low[order], ids[order], asks[order]
    new = np.r_[True, (key[1:] != key[:-1]) | (low[1:] != low[:-1])] if len(key) else np.empty(0, np.bool_)
    first = np.flatnonzero(new)[np.cumsum(new) - 1] if len(key) else np.empty(0, np.int64)
    parent = np.where(asks[first], UNKNOWN, ids[first]) if len(key) else ids
    yield Piece("links", pa.table({"child": ids[asks], "parent": parent[asks]}))
    yield Piece("links", pa.table({"child": ids[~asks], "parent": np.full(int((~asks).sum()), NONE)}))


def _follow(task: Task) -> Iterator[Piece]:
    rows = task.rows("join.links")
    child, parent = rows["child"].to_numpy(), rows["parent"].to_numpy()
    rank = np.select([parent >= 0, parent == UNKNOWN], [0, 1], 2)  # a record has a row for its id and one for its parent
    order = np.lexsort((rank, child))
    child, parent = child[order], parent[order]
    new = np.r_[True, child[1:] != child[:-1]] if len(child) else np.empty(0, np.bool_)
    yield Piece(COLUMNS, chains(child[new], parent[new]))


def chains(nodes: Ids, parents: Ids) -> pa.Table:
    """Where the chain of each node goes; by doubling, in as many steps as the longest has binary digits.

    Args:
        nodes: (n,) distinct, in order.
        parents: (n,) one of the nodes, `NONE` or `UNKNOWN`.

    >>> chains(np.array([1, 2, 3, 4]), np.array([-1, 1, 4, 3]))["parent_state"].to_pylist()
    ['root', 'whole', 'cyclic', 'cyclic']
    """
    n = len(nodes)
    at = np.minimum(np.searchsorted(nodes, parents), max(n - 1, 0))
    linked = (parents >= 0) & (nodes[at] == parents) if n else np.empty(0, np.bool_)
    up = np.where(linked, at, np.arange(n))  # who has no parent is its own
    depth = linked.astype(np.int64)
    for _ in range(max(1, n.bit_length())):
        depth = depth + depth[up]
        up = up[up]
    ended: NDArray[np.bool_] = ~linked[up] if n else linked
    last = parents[up] if n else parents
    states = np.select([~linked & (parents != UNKNOWN), ~ended, last == UNKNOWN], ["root", "cyclic", "unknown"], "whole")
    whole = ended & (last != UNKNOWN)
    return pa.table(
        {
            ID: nodes,
            "parent_state": pa.array(states.tolist(), pa.string()),
            "parent_depth": pa.array(np.where(whole, depth, 0), pa.int64(), mask=~whole),
            "ancestor_id": pa.array(nodes[up] if n else nodes, pa.int64(), mask=~whole),
        }
    )
