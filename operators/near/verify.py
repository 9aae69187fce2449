"""Verification of every pair before it may join anything: from signatures where they are clear, from the texts where not."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.errors import AuditorError
from engine.relation import KEY, Given, Piece, Task
from engine.schema import ID, PAYLOAD, record_id, split_id
from operators.kernels.buffers import strings
from operators.kernels.jaccard import jaccard
from operators.kernels.lsh import Bands, error, estimate
from operators.kernels.normalise import Ignored, normalised
from operators.kernels.planting import edited
from operators.kernels.shingles import Shingling, shingle_sets
from operators.near.rows import COPY, KNOWN, PLANTED, SUBJECT, Ids, drawn, home, kinds, lanes, packed, spread
from operators.near.texts import record_texts

CLEAR = 3.0
"""An estimate further than this many standard errors from the threshold is clear."""
SAMPLE = 4096
"""About how many pairs with a clear estimate are compared exactly all the same, to say how good the estimates are."""
FEW = 64
"""Of a text with fewer shingles no likeness is clear from its signature, which knows 32 bits of each: among a million texts of
one shingle a hundred pairs share these and nothing else."""
MOST_SHINGLES = 1 << 16
"""A longer text is compared by its smallest shingle hashes: a standard error of at most 0.002."""


@dataclass(frozen=True)
class Attach:
    """Each pair once, with the signature of its second record, on its way to its first."""

    cut: Bands

    def __call__(self, task: Task) -> Iterator[Given]:
        """A range's second records."""
        rows = task.rows("pairs.pairs")
        u, v = _distinct(rows["u"].to_numpy(), rows["v"].to_numpy())
        signatures, contents, _ = looked_up(task, self.cut, v)
        yield Piece("half", pa.table({"u": u, "v": v, "signature": packed(signatures), "content": contents}))
        yield {"pairs": len(u)}


@dataclass(frozen=True)
class Estimate:
    """The estimate of every pair: accepted, rejected, or to be compared exactly."""

    cut: Bands
    threshold: float

    def __call__(self, task: Task) -> Iterator[Given]:
        """A range's first records."""
        rows = task.rows("attach.half").combine_chunks()
        u, v = rows["u"].to_numpy(), rows["v"].to_numpy()
        if not len(u):
            return
        signatures, contents, shingles = looked_up(task, self.cut, u)
        similarity = estimate(signatures, lanes(rows["signature"].chunk(0), self.cut.permutations)).astype(np.float64)
        margin = CLEAR * max(error(self.threshold, self.cut.permutations), 1.0 / self.cut.permutations)
        kind = kinds(task, v)
        equal = (contents == rows["content"].to_numpy()) & (kind != COPY)
        accepted = equal | ((similarity >= self.threshold) & ((kind != KNOWN) | (shingles > 1)))
        readable = kind != KNOWN
        share = min(1.0, SAMPLE / max(1, task.counts["pairs"]))
        sampled = readable & drawn(spread(contents ^ rows["content"].to_numpy()), share)
        clear = equal | ((np.abs(similarity - self.threshold) > margin) & ~(accepted & (shingles < FEW)))
        again = readable & (~clear | sampled)
        yield from accepted_pairs(task, u, v, similarity, accepted & ~again)
        sampled &= clear
        yield Piece(
            "unsure",
            pa.table({"u": u[again], "v": v[again], "accepted": accepted[again], "sampled": sampled[again]}),
        )
        wanted = np.unique(np.r_[u[again], v[again]])
        yield Piece("wanted", pa.table({"at": home(wanted), "record": wanted, "toward": np.full(len(wanted), u.min())}))
        settled = ~again & (kind != COPY)
        yield {
            "accepted by estimate": int((accepted & settled).sum()),
            "rejected by estimate": int((~accepted & settled).sum()),
            "earlier pairs by estimate": int((accepted & (kind == KNOWN)).sum()),
        }


@dataclass(frozen=True)
class Reread:
    """The shingles of the records that have to be compared exactly, read once more from the source."""

    shingling: Shingling
    ignore: tuple[Ignored, ...]

    def __call__(self, task: Task) -> Iterator[Given]:
        """A range's records, unit by unit."""
        wanted = task.rows("estimate.wanted")
        records, toward = wanted["record"].to_numpy(), wanted["toward"].to_numpy()
        order = np.lexsort((toward, records))
        records, toward = records[order], toward[order]
        planted = task.rows("copies.planted")
        for unit in task.units:
            inside = (home(records) >= record_id(unit, 0)) & (home(records) < record_id(unit + 1, 0))
            if inside.any():
                yield from self._unit(task, unit, records[inside], toward[inside], planted)

    def _unit(self, task: Task, unit: int, records: Ids, toward: Ids, planted: pa.Table) -> Iterator[Given]:
        rows = np.unique(home(records)) - record_id(unit, 0)
        for batch in task.records(unit, rows.tolist()):
            ids, texts = batch[ID].to_numpy(), normalised(record_texts(batch[PAYLOAD]), self.ignore)
            yield from self._sets(texts, ids, records, toward)
            copies = np.flatnonzero(np.isin(ids | PLANTED, records))
            if len(copies):
                edits = planted.take(pa.array(_positions(planted[ID].to_numpy(), ids[copies] | PLANTED)))
                made = edited(texts.take(pa.array(copies)), edits["rate"].to_numpy(), edits["seed"].to_numpy())
                yield from self._sets(made, ids[copies] | PLANTED, records, toward)

    def _sets(self, texts: pa.Array, ids: Ids, records: Ids, toward: Ids) -> Iterator[Given]:
        """The shingles of the texts, sent wherever they are wanted. Both ``ids`` and ``records`` are in order."""
        start, stop = np.searchsorted(records, [ids[0], ids[-1] + 1])
        if start == stop:
            return
        offsets, hashes = shingle_sets(strings(texts), self.shingling, MOST_SHINGLES)
        sets = pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), pa.array(hashes))
        wanted = records[start:stop]
        table = {"toward": toward[start:stop], "record": wanted, "hashes": sets.take(pa.array(np.searchsorted(ids, wanted)))}
        yield Piece("sets", pa.table(table))


@dataclass(frozen=True)
class Exact:
    """The exact Jaccard similarity of the pairs that were not clear, and of the sample."""

    threshold: float

    def __call__(self, task: Task) -> Iterator[Given]:
        """A range's first records."""
        rows = task.rows("estimate.unsure").combine_chunks()
        u, v = rows["u"].to_numpy(), rows["v"].to_numpy()
        if not len(u):
            return
        sets = task.rows("reread.sets").sort_by("record").combine_chunks()
        records, lists = sets["record"].to_numpy(), sets["hashes"].chunk(0)
        at_u, at_v = _positions(records, u), _positions(records, v)
        hashes, offsets = lists.values.to_numpy(), lists.offsets.to_numpy()
        similarity = jaccard(offsets, hashes, offsets, hashes, at_u, at_v, MOST_SHINGLES)
        near = similarity >= self.threshold
        yield from accepted_pairs(task, u, v, similarity, near)
        accepted, sampled = (rows[name].to_numpy(zero_copy_only=False) for name in ("accepted", "sampled"))
        own = kinds(task, v) != COPY
        yield {
            "accepted exactly": int((near & own).sum()),
            "rejected exactly": int((~near & own).sum()),
            "sampled of accepted": int((sampled & accepted & own).sum()),
            "sampled of accepted, near": int((sampled & accepted & near & own).sum()),
            "sampled of rejected": int((sampled & ~accepted & own).sum()),
            "sampled of rejected, near": int((sampled & ~accepted & near & own).sum()),
        }


def accepted_pairs(task: Task, u: Ids, v: Ids, similarity: NDArray[np.float64], chosen: NDArray[np.bool_]) -> Iterator[Given]:
    """The chosen pairs, for both records of each, and as edges where both are the subject's."""
    u, v, similarity = u[chosen], v[chosen], similarity[chosen]
    kind = kinds(task, v)
    yield Piece("near", pa.table({"at": u, "node": u, "other": v, "similarity": similarity}))
    back = (kind == SUBJECT) | (kind == COPY)
    node, other = v[back], u[back]
    yield Piece("near", pa.table({"at": home(node), "node": node, "other": other, "similarity": similarity[back]}))
    own = kind == SUBJECT
    yield Piece("edges", pa.table({KEY: spread(u[own]), "u": u[own], "v": v[own]}))
    yield {"edges": int(own.sum())}


def looked_up(task: Task, cut: Bands, ids: Ids) -> tuple[NDArray[np.uint16], NDArray[np.uint64], NDArray[np.int64]]:
    """Signatures, content keys and counts of shingles of records of the range, in the order of ``ids``."""
    signatures = np.empty((len(ids), cut.permutations), np.uint16)
    contents, shingles = np.empty(len(ids), np.uint64), np.zeros(len(ids), np.int64)
    copies = kinds(task, ids) == COPY
    for unit in task.units:
        row, kept = record_id(unit, 0), task.kept(unit) if len(ids) else None
        for batch in kept.to_batches() if kept is not None else ():
            here = np.flatnonzero((ids >= row) & (ids < row + len(batch)))
            if len(here):
                signatures[here] = lanes(batch["signature"], cut.permutations)[ids[here] - row]
                contents[here] = batch["content"].to_numpy()[ids[here] - row]
                shingles[here] = batch["shingles"].to_numpy()[ids[here] - row]
            row += len(batch)
    if copies.any():
        planted = task.rows("copies.planted").sort_by(ID).combine_chunks()
        at = np.searchsorted(planted[ID].to_numpy(), ids[copies])
        signatures[copies] = lanes(planted["signature"].chunk(0), cut.permutations)[at]
        contents[copies] = planted["seed"].to_numpy()[at]
    return signatures, contents, shingles


def _distinct(u: Ids, v: Ids) -> tuple[Ids, Ids]:
    """Each pair once, in order."""
    order = np.lexsort((v, u))
    u, v = u[order], v[order]
    new = np.r_[True, (u[1:] != u[:-1]) | (v[1:] != v[:-1])] if len(u) else np.empty(0, np.bool_)
    return u[new], v[new]


def _positions(ordered: Ids, ids: Ids) -> Ids:
    """Where the ids are in an array that has each of them, in any order."""
    order = np.argsort(ordered, kind="stable")
    at = np.minimum(np.searchsorted(ordered[order], ids), max(len(ordered) - 1, 0))
    found = order[at] if len(ordered) else at
    missing = ids[ordered[found] != ids] if len(ordered) else ids
    if len(missing):
        unit, row = split_id(int(missing[0]) & ~PLANTED)
        raise AuditorError(f"record {row} of unit {unit} could not be read again; the data changed since the audit began")
    return found
