"""From labels and accepted pairs to the columns beside every record: its group, whether it is kept, what it is like."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.relation import COLUMNS, KEY, Given, Piece, Task
from engine.schema import ID, Side, record_id
from operators.near.rows import COPY, ELECTED_COLUMNS, HOLDOUT, KNOWN, REFERENCE, SUBJECT, Ids, kinds, spread

Floats = NDArray[np.float64]
_NEAR = ("twins.near", "estimate.near", "exact.near")
_KINDS = dict(zip(ELECTED_COLUMNS, (REFERENCE, HOLDOUT, KNOWN), strict=True))


class Nearest(NamedTuple):
    """The most similar accepted partner of some records; -1 and NaN where a record has none."""

    ids: Ids
    similarity: Floats


@dataclass(frozen=True)
class Members:
    """A range's records that are in a group, on their way to it, with what decides which of them is kept."""

    score: str

    def __call__(self, task: Task) -> Iterator[Given]:
        """Rows for the groups; what became of the planted copies is counted here too."""
        labels = task.rows("labels.labels").sort_by(ID)
        ids, label = labels[ID].to_numpy(), labels["label"].to_numpy()
        near = _near(task)
        twin = _looked_up(task.rows("twins.twin"), ids)
        columns: dict[str, Any] = {KEY: spread(label), "label": label, "twin": np.where(twin < 0, ids, twin), ID: ids}
        columns["score"] = self._scores(task, ids)
        for name, kind in _KINDS.items():
            columns |= _as_columns(name, nearest(near, ids, kinds(task, near["other"].to_numpy()) == kind))
        yield Piece("members", pa.table(columns))
        yield _found(task, near)

    def _scores(self, task: Task, ids: Ids) -> Floats:
        scores = np.zeros(len(ids))
        for unit in task.units if self.score else ():
            kept = task.kept(unit)
            start, stop = np.searchsorted(ids, [record_id(unit, 0), record_id(unit + 1, 0)])
            if kept is not None and stop > start:
                at = pa.array(ids[start:stop] - record_id(unit, 0))
                scores[start:stop] = kept[self.score].take(at).cast(pa.float64()).fill_null(-np.inf).to_numpy()
        return scores


def elect(task: Task) -> Iterator[Given]:
    """Of each group its size and its keeper: the highest score, then the first. Equal texts share what one of them is like.

    A group that an earlier corpus has a member of keeps none.
    """
    rows = task.rows("members.members")
    ids, label, score = rows[ID].to_numpy(), rows["label"].to_numpy(), rows["score"].to_numpy()
    order = np.lexsort((ids, -score, label))
    rows, ids, label = rows.take(order), ids[order], label[order]
    new = np.r_[True, label[1:] != label[:-1]] if len(label) else np.empty(0, np.bool_)
    group = np.cumsum(new) - 1
    size = np.bincount(group)[group] if len(group) else group
    shared = {name: _shared(rows, name) for name in ELECTED_COLUMNS}
    known = np.zeros(len(group), np.bool_)
    np.logical_or.at(known, group, ~np.isnan(shared["known"].similarity))
    columns: dict[str, Any] = {ID: ids, "label": label, "size": size, "keep": new & ~known[group]}
    for name, found in shared.items():
        columns |= _as_columns(name, found)
    yield Piece("elected", pa.table(columns))


@dataclass(frozen=True)
class Columns:
    """The columns of every record of a range."""

    decontaminate: bool

    def __call__(self, task: Task) -> Iterator[Given]:
        """Unit by unit."""
        elected = task.rows("elect.elected").sort_by(ID).combine_chunks()
        near = _near(task).sort_by("node").combine_chunks()
        for unit in task.units:
            kept, ends = task.kept(unit), [record_id(unit, 0), record_id(unit + 1, 0)]
            if kept is not None and ends[0] < task.first(Side.REFERENCE):
                of_unit = [
                    rows.slice(start, stop - start)
                    for rows, by in ((elected, ID), (near, "node"))
                    for start, stop in [np.searchsorted(rows[by].to_numpy(), ends).tolist()]
                ]
                yield Piece(COLUMNS, self._unit(task, unit, kept, *of_unit))

    def _unit(self, task: Task, unit: int, kept: pa.Table, elected: pa.Table, near: pa.Table) -> pa.Table:
        ids = np.arange(len(kept), dtype=np.int64) + record_id(unit, 0)
        shingles = kept["shingles"].to_numpy()
        there, at = _positions(elected[ID].to_numpy(), ids)
        group, size, keep = ids.copy(), np.ones(len(ids), np.int64), np.ones(len(ids), np.bool_)
        for column, name in ((group, "label"), (size, "size"), (keep, "keep")):
            column[there] = elected[name].to_numpy(zero_copy_only=False)[at]
        other = kinds(task, near["other"].to_numpy())
        found = {name: nearest(near, ids, other == kind) for name, kind in _KINDS.items()}
        for name, partner in found.items():
            shared = _nearest_of(elected, name)
            better = ~np.isnan(shared.similarity[at])
            partner.ids[there[better]], partner.similarity[there[better]] = (
                shared.ids[at[better]],
                shared.similarity[at[better]],
            )
        keep &= np.isnan(found["known"].similarity)
        if self.decontaminate:
            keep &= np.isnan(found["reference"].similarity)
        own = nearest(near, ids, other == SUBJECT)
        without = shingles < 1
        columns: dict[str, Any] = {
            ID: ids,
            "group_id": pa.array(group, mask=without),
            "group_size": pa.array(size, mask=without),
            "keep": pa.array(keep | (shingles == 0), mask=shingles < 0),
            "similarity": _real(own.similarity),
            "neighbor_id": pa.array(own.ids, mask=own.ids < 0),
        }
        for name, partner in found.items():
            columns |= _as_columns(name, partner)
        return pa.table({**columns, "origin": kept["source"]})


def nearest(near: pa.Table, ids: Ids, chosen: NDArray[np.bool_]) -> Nearest:
    """Among the chosen pairs the most similar partner of each record; of equally similar ones the first."""
    node, other, similarity = (near[name].to_numpy()[chosen] for name in ("node", "other", "similarity"))
    order = np.lexsort((other, -similarity, node))
    node, other, similarity = node[order], other[order], similarity[order]
    first = np.flatnonzero(np.r_[True, node[1:] != node[:-1]]) if len(node) else np.empty(0, np.int64)
    there, at = _positions(node[first], ids)
    found = Nearest(np.full(len(ids), -1), np.full(len(ids), np.nan))
    found.ids[there], found.similarity[there] = other[first][at], similarity[first][at]
    return found


def _near(task: Task) -> pa.Table:
    return pa.concat_tables([task.rows(channel) for channel in _NEAR])


def _found(task: Task, near: pa.Table) -> dict[str, int]:
    """Of the planted copies that are near-duplicates indeed, how many were found, by rate of edits in per mille."""
    planted = task.rows("copies.planted")
    node = near["node"].to_numpy()
    found = np.isin(planted[ID].to_numpy(), node[kinds(task, node) == COPY])
    rate = np.rint(planted["rate"].to_numpy() * 1000).astype(np.int64)
    counts = {}
    for one in np.unique(rate).tolist():
        counts[f"planted {one}"] = int((rate == one).sum())
        counts[f"found {one}"] = int(found[rate == one].sum())
    return counts


def _shared(rows: pa.Table, name: str) -> Nearest:
    """What the records of one text are like, all of them, from the one of them that was compared."""
    twin = rows["twin"].to_numpy()
    found = _nearest_of(rows, name)
    has = ~np.isnan(found.similarity)
    order = np.lexsort((found.ids[has], -found.similarity[has], twin[has]))
    of, ids, similarity = twin[has][order], found.ids[has][order], found.similarity[has][order]
    first = np.flatnonzero(np.r_[True, of[1:] != of[:-1]]) if len(of) else np.empty(0, np.int64)
    there, at = _positions(of[first], twin)
    shared = Nearest(np.full(len(twin), -1), np.full(len(twin), np.nan))
    shared.ids[there], shared.similarity[there] = ids[first][at], similarity[first][at]
    return shared


def _nearest_of(rows: pa.Table, name: str) -> Nearest:
    ids = rows[f"{name}_id"].fill_null(-1).to_numpy()
    return Nearest(ids, rows[f"{name}_similarity"].fill_null(np.nan).to_numpy())


def _as_columns(name: str, found: Nearest) -> dict[str, pa.Array]:
    return {f"{name}_similarity": _real(found.similarity), f"{name}_id": pa.array(found.ids, mask=found.ids < 0)}


def _real(values: Floats) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _looked_up(rows: pa.Table, ids: Ids) -> Ids:
    """The twin of each record, -1 where it has none."""
    rows = rows.sort_by(ID)
    there, at = _positions(rows[ID].to_numpy(), ids)
    twins = np.full(len(ids), -1)
    twins[there] = rows["twin"].to_numpy()[at]
    return twins


def _positions(ordered: Ids, ids: Ids) -> tuple[Ids, Ids]:
    """Which ids are in an ordered array, and where."""
    if not len(ordered):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    at = np.minimum(np.searchsorted(ordered, ids), len(ordered) - 1)
    there = np.flatnonzero(ordered[at] == ids)
    return there, at[there]
