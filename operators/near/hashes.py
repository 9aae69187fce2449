"""Records with hashes of few differing bits: candidates by multi-index hashing, every pair verified, components.

A record has one word of bits, or several in order (the frames of a clip); two are near when their words differ by at most
``most`` bits on average. Then at least one word differs by at most ``most`` (pigeonhole), and of that word, cut into
``most // 3 + 1`` chunks, at least one chunk by at most two (again). Every record is filed under each chunk as it is and with
each one bit turned: chunks that differ by up to two bits meet at what lies between them. So no pair within ``most`` is missed.

Norouzi, Punjani and Fleet 2012, "Fast Search in Hamming Space with Multi-Index Hashing"; the chunks that meet half-way are
ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.relation import COLUMNS, KEY, Forecast, Given, Over, Piece, Round, Rounds, Route, Scale, Task
from engine.schema import ID, Side
from operators.kernels.buckets import bucket_pairs
from operators.kernels.perceptual import hamming
from operators.near import groups
from operators.near.columns import nearest
from operators.near.rows import EDGES, LABELS, NEAR, Ids, spread

Bytes = NDArray[np.uint8]
_BLOCK = 4096
_WHOLE = 256
"""A bucket of more records than this is hot: of its pairs only some are compared (`operators.kernels.buckets`)."""
_WIDEST = 32
PRESENT = Route(pa.schema([(ID, pa.int64())]), Over.RANGES, ID)
MEMBERS = Route(
    pa.schema([(KEY, pa.uint64()), ("label", pa.int64()), (ID, pa.int64()), ("other", pa.int64()), ("distance", pa.float64())])
)


@dataclass(frozen=True)
class Nearness:
    """How hashes are compared.

    Args:
        width: bytes of a word.
        words: of a record.
        most: bits by which words may differ, on average.
    """

    width: int
    words: int
    most: int

    @property
    def size(self) -> int:
        """Bytes of a record's hash."""
        return self.width * self.words

    @property
    def hashes(self) -> Route:
        """Hashes of records on their way to their equals."""
        return Route(pa.schema([(KEY, pa.uint64()), (ID, pa.int64()), ("hash", pa.binary(self.size))]), compressed=False)

    @property
    def chunks(self) -> tuple[tuple[int, int], ...]:
        """The first bit of each chunk of a word, and how many it has."""
        bits = 8 * self.width
        count = max(self.most // 3 + 1, -(-bits // _WIDEST))
        ends = [bits * at // count for at in range(count + 1)]
        return tuple((start, end - start) for start, end in pairwise(ends))


def emitted(column: pa.Array, ids: Ids, near: Nearness) -> pa.Table:
    """The rows of a column of hashes; a record without one, or of another length, has none."""
    values = [one.as_py() if one.is_valid else b"" for one in column]
    there = np.array([len(one) == near.size for one in values], np.bool_)
    hashes = pa.array([one for one in values if len(one) == near.size], pa.binary(near.size))
    return pa.table({KEY: _digests(matrix(hashes)), ID: ids[there], "hash": hashes})


def rounds(near: Nearness, columns: Route, prefix: str) -> Rounds:
    """From the channel ``emit.hashes`` to `COLUMNS` of a group, its size, and the nearest other record and its distance."""
    gives = {"present": PRESENT, "near": NEAR, "edges": EDGES, "chunks": near.hashes}
    yield Round("twins", Over.KEYS, {"emit.hashes": near.hashes}, gives, _Twins(near), ("emit.hashes",))
    gives = {"near": NEAR, "edges": EDGES}
    counts = yield Round("pairs", Over.KEYS, {"twins.chunks": near.hashes}, gives, _Pairs(near), ("twins.chunks",))
    yield from groups.rounds(counts, ("twins.edges", "pairs.edges"))
    takes = {"labels.labels": LABELS, "twins.present": PRESENT, "twins.near": NEAR, "pairs.near": NEAR}
    yield Round("members", Over.RANGES, takes, {"members": MEMBERS}, _members)
    yield Round("columns", Over.KEYS, {"members.members": MEMBERS}, {COLUMNS: columns}, _Columns(prefix))


def keys(hashes: Bytes, near: Nearness) -> NDArray[np.uint64]:
    """(n, m) under which each record is filed: each chunk of each word, as it is and with each one bit turned.

    >>> near = Nearness(1, 1, 2)
    >>> one, two = keys(np.array([[0b1000], [0b0010]], np.uint8), near)
    >>> len(one), len(set(one.tolist()) & set(two.tolist())) > 0
    (9, True)
    """
    bits = np.unpackbits(hashes.reshape(len(hashes), near.words, near.width), axis=2)
    found = []
    for at, (start, length) in enumerate(near.chunks):
        places = np.uint64(1) << np.arange(length, dtype=np.uint64)
        values = (bits[:, :, start : start + length].astype(np.uint64) * places).sum(2, dtype=np.uint64)
        turned = np.concatenate([values[:, :, None], values[:, :, None] ^ places], 2)
        slot = (np.arange(near.words, dtype=np.uint64) * np.uint64(len(near.chunks)) + np.uint64(at))[None, :, None]
        found.append(spread(spread(turned) + (slot << np.uint64(40))).reshape(len(hashes), -1))
    return np.concatenate(found, 1)


def matrix(column: pa.Array) -> Bytes:
    """A column of hashes of one length as (n, bytes)."""
    size = column.type.byte_width
    data = np.frombuffer(column.buffers()[1] or b"", np.uint8)
    return data[column.offset * size : (column.offset + len(column)) * size].reshape(len(column), size)


@dataclass(frozen=True)
class _Twins:
    """Records of the same hash meet; only the first of them is filed."""

    near: Nearness

    def __call__(self, task: Task) -> Iterator[Given]:
        rows = task.rows("emit.hashes").combine_chunks()
        ids = rows[ID].to_numpy()
        yield Piece("present", pa.table({ID: ids}))
        column = rows["hash"].combine_chunks()
        hashes = matrix(column) if len(rows) else np.empty((0, self.near.size), np.uint8)
        order = np.lexsort((ids, _digests(hashes)))
        ids, hashes = ids[order], hashes[order]
        new = np.r_[True, (hashes[1:] != hashes[:-1]).any(1)] if len(ids) else np.empty(0, np.bool_)
        first = ids[np.flatnonzero(new)][np.cumsum(new) - 1] if len(ids) else ids
        again = ~new
        second = np.r_[False, new[:-1]][: len(ids)] & again
        yield from _near(first[again], ids[again], np.zeros(int(again.sum())), second[again])
        ids, hashes = ids[new], hashes[new]
        for start in range(0, len(ids), _BLOCK):
            part = slice(start, start + _BLOCK)
            filed = keys(hashes[part], self.near)
            each = np.repeat(np.arange(len(filed)), filed.shape[1])
            packed = pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(self.near.size), len(filed), [None, pa.py_buffer(np.ascontiguousarray(hashes[part]))]
            )
            yield Piece("chunks", pa.table({KEY: filed.reshape(-1), ID: ids[part][each], "hash": packed.take(pa.array(each))}))


@dataclass(frozen=True)
class _Pairs:
    """Records filed under one chunk are compared."""

    near: Nearness

    def __call__(self, task: Task) -> Iterator[Given]:
        rows = task.rows("twins.chunks").combine_chunks()
        if not len(rows):
            yield {"pairs": 0}
            return
        ids = rows[ID].to_numpy()
        u, v, found = bucket_pairs(rows[KEY].to_numpy(), ids, task.first(Side.REFERENCE), whole=_WHOLE)
        pairs = np.unique(np.stack([u, v], 1), axis=0)
        hashes = matrix(rows["hash"].combine_chunks())
        known, first = np.unique(ids, return_index=True)
        u, v = pairs.T
        at, other = (first[np.searchsorted(known, part)] for part in (u, v))
        distance = hamming(hashes[at], hashes[other]) / self.near.words
        close = distance <= self.near.most
        yield from _near(u[close], v[close], distance[close], np.ones(int(close.sum()), np.bool_))
        yield {"pairs": len(pairs), "hot_buckets": found.hot, "hot_records": found.hot_records}


def _near(u: Ids, v: Ids, distance: NDArray[np.float64], both: NDArray[np.bool_]) -> Iterator[Given]:
    """Pairs as edges, and what their later records are near; where ``both``, their earlier ones too."""
    yield Piece("edges", pa.table({KEY: spread(u), "u": u, "v": v}))
    yield Piece("near", pa.table({"at": v, "node": v, "other": u, "similarity": -distance}))
    u, v, distance = u[both], v[both], distance[both]
    yield Piece("near", pa.table({"at": u, "node": u, "other": v, "similarity": -distance}))
    yield {"edges": len(both)}


def _members(task: Task) -> Iterator[Given]:
    """A range's records on their way to their groups, each with the nearest other."""
    ids = np.sort(task.rows("twins.present")[ID].to_numpy())
    labels = task.rows("labels.labels").sort_by(ID)
    named = labels[ID].to_numpy()
    label = ids.copy()
    label[np.searchsorted(ids, named)] = labels["label"].to_numpy()
    near = pa.concat_tables([task.rows(channel) for channel in ("twins.near", "pairs.near")])
    found = nearest(near, ids, np.ones(len(near), np.bool_))
    fields = {KEY: spread(label), "label": label, ID: ids, "other": found.ids}
    yield Piece("members", pa.table({**fields, "distance": -found.similarity}))


@dataclass(frozen=True)
class _Columns:
    """A partition's groups."""

    prefix: str

    def __call__(self, task: Task) -> Iterator[Given]:
        rows = task.rows("members.members")
        label, other, distance = (rows[name].to_numpy() for name in ("label", "other", "distance"))
        _, group, size = np.unique(label, return_inverse=True, return_counts=True)
        columns = {
            ID: rows[ID],
            f"{self.prefix}_group_id": label,
            f"{self.prefix}_group_size": size[group],
            f"{self.prefix}_distance": pa.array(distance, mask=np.isnan(distance)),
            f"{self.prefix}_near_id": pa.array(other, mask=other < 0),
        }
        yield Piece(COLUMNS, pa.table(columns))


def _digests(hashes: Bytes) -> NDArray[np.uint64]:
    """A well mixed key of each hash."""
    wide = np.zeros((len(hashes), -(-hashes.shape[1] // 8) * 8), np.uint8)
    wide[:, : hashes.shape[1]] = hashes
    mixed = np.zeros(len(hashes), np.uint64)
    for word in wide.view(np.uint64).T:
        mixed = spread(mixed + np.uint64(0x9E3779B97F4A7C15) + spread(word))
    return mixed


def forecast(scale: Scale, near: Nearness) -> Forecast:
    """The cost at a scale: what is filed under chunks is nearly all of it.

    >>> forecast(Scale(10**6, 10**12, 100, 1, 16, 16), Nearness(32, 1, 31)).exchanged_bytes // 10**9
    12
    """
    filed = near.words * sum(length + 1 for _, length in near.chunks) * (16 + near.size)
    return Forecast(
        exchanged_bytes=scale.records * (filed + near.size + 100),
        kept_bytes=0,
        files=2 * scale.units + 4 * scale.partitions + 4 * scale.ranges,
        task_bytes=4 * scale.records * filed // max(1, scale.partitions),
        cpu_seconds=2e-8 * scale.records * filed,
    )
