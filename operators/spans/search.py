"""Which passages of other records are worth laying beside a record: those whose anchors it shares, in the same order."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.relation import KEY, Given, Piece, Task
from engine.schema import ID
from operators.near.rows import COPY, HOLDOUT, REFERENCE, SUBJECT, Ids, home, kinds

MOST = 16
"""Occurrences of an anchor on a side that are gone after; boilerplate has more."""
ASKING = 4
"""Occurrences of an anchor in one record that are gone after; only periodic text has more."""
TRIED = 32
"""Passages of a side laid beside a record, those with the longest run in common."""


def planted(task: Task) -> Iterator[Given]:
    """How many passages were planted, by percent of words changed."""
    percents, counts = np.unique(task.rows("emit.planted")["percent"].to_numpy(), return_counts=True)
    yield {f"spans.planted.{percent}": int(count) for percent, count in zip(percents.tolist(), counts.tolist(), strict=True)}


@dataclass(frozen=True)
class Meet:
    """The runs of words that the subject shares with another side: its anchors with the words before them, or those after.

    Args:
        reach: words before or after an anchor that are compared.
    """

    reach: int

    def __call__(self, task: Task) -> Iterator[Given]:
        """The anchors of one partition."""
        rows = task.rows("emit.anchors")
        key, ids, at, words = (rows[name].to_numpy() for name in (KEY, ID, "at", "words"))
        kind = kinds(task, ids)
        own = (kind == SUBJECT) | (kind == COPY)
        cut = np.zeros(len(ids), np.bool_)
        met = np.zeros(len(ids), np.bool_)
        for back, context in ((True, rows["before"].to_numpy()), (False, rows["after"].to_numpy())):
            asking = _ordered(np.flatnonzero(own & (context > 0)), at, ids, context, key)
            asking = asking[_rank(key[asking], context[asking], ids[asking]) < ASKING]
            for side in (REFERENCE, HOLDOUT):
                held = _ordered(np.flatnonzero((kind == side) & (context > 0)), at, ids, context, key)
                first, stop = _places(held, asking, key, context)
                taken = np.minimum(stop - first, MOST)
                who = np.repeat(asking, taken)
                other = held[np.repeat(first - np.r_[0, np.cumsum(taken)[:-1]], taken) + np.arange(len(who))]
                new = _rank(key[held], context[held], ids[held]) == 0
                upto = np.r_[0, np.cumsum(new)]
                holders = np.repeat(upto[stop] - upto[first], taken)
                begin = back * self.reach
                columns = {"toward": home(ids[who]), ID: ids[who], "at": at[who] - begin, "words": words[who]}
                others = {"other": ids[other], "other_at": at[other] - begin, "holders": holders}
                yield Piece("met", pa.table({**columns, **others}))
                cut[asking[stop - first > MOST]] = met[asking[taken > 0]] = True
        counted = {"spans.anchors cut": cut, "spans.anchors met": met}
        yield {name: int(np.count_nonzero(one & (kind == SUBJECT))) for name, one in counted.items()}


def _ordered(rows: Ids, *by: NDArray[np.generic]) -> Ids:
    """The rows in the order of columns, the last of them first."""
    return rows[np.lexsort([column[rows] for column in by])]


def _places(held: Ids, asking: Ids, key: NDArray[np.uint64], context: NDArray[np.uint64]) -> tuple[Ids, Ids]:
    """Where, among ordered rows, those begin and end that have the key and the context of each asking one."""
    new = _rank(key[held], context[held]) == 0
    starts = np.flatnonzero(new)
    stops = np.r_[starts[1:], len(held)][: len(starts)]
    pairs = [np.stack([key[rows], context[rows]], 1).view("u8,u8")[:, 0] for rows in (held[starts], asking)]
    found = np.searchsorted(pairs[0], pairs[1])
    at = np.minimum(found, max(0, len(starts) - 1))
    if not len(starts):
        return np.zeros(len(asking), np.int64), np.zeros(len(asking), np.int64)
    there = pairs[0][at] == pairs[1]
    return np.where(there, starts[at], 0), np.where(there, stops[at], 0)


def choose(task: Task) -> Iterator[Given]:
    """The passages to be laid beside each record of a range; which planted ones of the range were met."""
    rows = task.rows("meet.met")
    ids, at, words, other, other_at, holders = (
        rows[name].to_numpy() for name in (ID, "at", "words", "other", "other_at", "holders")
    )
    copied = kinds(task, ids) == COPY
    found = np.unique(np.stack([ids[copied], words[copied].astype(np.int64)]), axis=1)
    percents, counts = np.unique(found[1], return_counts=True)
    yield {f"spans.planted.{one}.found": int(n) for one, n in zip(percents.tolist(), counts.tolist(), strict=True)}
    own = np.flatnonzero(~copied)
    side = kinds(task, other)
    shift = at.astype(np.int64) - other_at
    own = own[np.lexsort((at[own], shift[own], other[own], side[own], ids[own]))]
    if not len(own):
        return
    parts = [ids[own], side[own], other[own], shift[own]]
    new = np.logical_or.reduce([np.r_[True, part[1:] != part[:-1]] for part in parts])
    starts = np.flatnonzero(new)
    last = np.r_[starts[1:], len(own)] - 1
    lead = own[starts]
    reach = at[own[last]] - at[lead]
    fewest = np.minimum.reduceat(holders[own], starts)
    order = np.lexsort((shift[lead], other[lead], -reach, side[lead], ids[lead]))
    lead, fewest = lead[order], fewest[order]
    tried = _rank(ids[lead], side[lead]) < TRIED
    lead, fewest = lead[tried], fewest[tried]
    yield {"spans.passages left": int(np.count_nonzero(~tried))}
    begin = np.maximum(0, shift[lead])
    table = {
        "other": other[lead],
        ID: ids[lead],
        "first": (begin - shift[lead]).astype(np.int32),
        "last": (words[lead] - shift[lead]).astype(np.int32),
        "begin": begin.astype(np.int32),
        "holders": fewest,
    }
    yield Piece("wanted", pa.table(table))


def _rank(*columns: NDArray[np.generic]) -> Ids:
    """Of ordered rows, which of its equals each is.

    >>> _rank(np.array([1, 1, 1, 2]), np.array([5, 5, 6, 6])).tolist()
    [0, 1, 0, 0]
    """
    n = len(columns[0])
    if not n:
        return np.empty(0, np.int64)
    starts = np.flatnonzero(np.logical_or.reduce([np.r_[True, column[1:] != column[:-1]] for column in columns]))
    return np.arange(n) - np.repeat(starts, np.diff(np.r_[starts, n]))
