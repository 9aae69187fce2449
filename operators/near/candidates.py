"""Which pairs are worth comparing: equal texts meet first, then one of each goes into the buckets of its bands."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.relation import KEY, Given, Piece, Task
from engine.schema import ID, Side, record_id
from operators.kernels.buckets import bucket_pairs
from operators.kernels.lsh import Bands, band_keys
from operators.near.rows import SUBJECT, Ids, home, kinds, lanes, spread


def twins(task: Task) -> Iterator[Given]:
    """Records with the same shingles, all of them: of each kind all but the first stay out of the bands from here on."""
    rows = task.rows("emit.twins")
    key, low, ids = (rows[name].to_numpy() for name in (KEY, "low", ID))
    kind = kinds(task, ids)
    order = np.lexsort((ids, low, key, kind))
    key, low, ids, kind = key[order], low[order], ids[order], kind[order]
    new = (
        np.r_[True, (key[1:] != key[:-1]) | (low[1:] != low[:-1]) | (kind[1:] != kind[:-1])] if len(key) else np.empty(0, bool)
    )
    first = ids[np.flatnonzero(new)][np.cumsum(new) - 1] if len(ids) else ids
    later = ~new
    yield Piece("twin", pa.table({ID: ids[later], "twin": first[later]}))
    own = later & (kind == SUBJECT)
    yield Piece("edges", pa.table({KEY: spread(first[own]), "u": first[own], "v": ids[own]}))
    ones = np.ones(int(own.sum()))
    yield Piece("near", pa.table({"at": ids[own], "node": ids[own], "other": first[own], "similarity": ones}))
    second = own & np.r_[False, new[:-1]][: len(own)]
    ones = np.ones(int(second.sum()))
    yield Piece("near", pa.table({"at": first[second], "node": first[second], "other": ids[second], "similarity": ones}))
    yield {"twins": int(own.sum()), "edges": int(own.sum())}


def copies(task: Task) -> Iterator[Given]:
    """The planted copies on their way to the ranges of their originals, which nobody knew while these were read."""
    yield Piece("planted", task.rows("emit.planted"))


@dataclass(frozen=True)
class IntoBands:
    """The band keys of a range's records."""

    cut: Bands

    def __call__(self, task: Task) -> Iterator[Given]:
        """One piece a band, so that no more than one band's keys are held beside the signatures."""
        later = np.sort(task.rows("twins.twin")[ID].to_numpy())
        chunks = [chunk for unit in task.units for chunk in self._chunks(task, unit, later)]
        planted = task.rows("copies.planted").combine_chunks()
        for column in planted["signature"].chunks:
            chunks.append((planted[ID].to_numpy(), lanes(column, self.cut.permutations)))
        for band in range(self.cut.bands):
            keys = [band_keys(signatures, band, self.cut.rows) for _, signatures in chunks]
            if keys:
                ids = np.concatenate([ids for ids, _ in chunks])
                yield Piece("bands", pa.table({KEY: np.concatenate(keys), ID: ids}), band)

    def _chunks(self, task: Task, unit: int, later: Ids) -> Iterator[tuple[Ids, NDArray[np.uint16]]]:
        kept = task.kept(unit)
        row = record_id(unit, 0)
        for batch in kept.to_batches() if kept is not None else ():
            ids = np.arange(row, row + len(batch), dtype=np.int64)
            row += len(batch)
            chosen = (batch["shingles"].to_numpy() > 0) & ~_among(ids, later)
            yield ids[chosen], lanes(batch["signature"], self.cut.permutations)[chosen]


def pairs(task: Task) -> Iterator[Given]:
    """The pairs of the buckets of one partition of one band."""
    rows = task.rows("bands.bands")
    u, v, found = bucket_pairs(rows[KEY].to_numpy(), rows[ID].to_numpy(), task.first(Side.REFERENCE))
    yield Piece("pairs", pa.table({"at": home(v), "u": u, "v": v}))
    yield {"buckets": found.buckets, "hot_buckets": found.hot, "hot_records": found.hot_records}


def _among(ids: Ids, ordered: Ids) -> NDArray[np.bool_]:
    """Which ids are in an ordered array."""
    at = np.minimum(np.searchsorted(ordered, ids), max(len(ordered) - 1, 0))
    return ordered[at] == ids if len(ordered) else np.zeros(len(ids), np.bool_)
