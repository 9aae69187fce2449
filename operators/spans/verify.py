"""The passages laid beside the records, word by word."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.relation import COLUMNS, Given, Piece, Task
from engine.schema import ID, PAYLOAD, record_id
from operators.kernels.buffers import Strings, strings
from operators.kernels.winnow import longest_runs
from operators.kernels.words import WordSpans, split_words
from operators.near.rows import HOLDOUT, REFERENCE, SUBJECT, Ids, kinds
from operators.near.texts import record_texts


def passages(task: Task) -> Iterator[Given]:
    """The wanted passages of a range's records, read once more from the source."""
    rows = task.rows("choose.wanted").sort_by([("other", "ascending"), (ID, "ascending"), ("begin", "ascending")])
    others = rows["other"].to_numpy()
    for unit in task.units:
        inside = slice(*np.searchsorted(others, [record_id(unit, 0), record_id(unit + 1, 0)]))
        wanted = np.unique(others[inside]) - record_id(unit, 0)
        for batch in task.records(unit, wanted.tolist()) if len(wanted) else ():
            yield from _passages(batch, rows)


def _passages(batch: pa.RecordBatch, rows: pa.Table) -> Iterator[Given]:
    texts = strings(record_texts(batch[PAYLOAD]))
    spans, ids = split_words(texts), batch[ID].to_numpy()
    at = np.flatnonzero(np.isin(rows["other"].to_numpy(), ids))
    record = np.searchsorted(ids, rows["other"].to_numpy()[at])
    size = np.diff(spans.offsets)[record]
    first, last = (np.minimum(rows[name].to_numpy()[at], size) for name in ("first", "last"))
    some = last > first
    at, record, first, last = at[some], record[some], first[some], last[some]
    begin = texts.offsets[record] + spans.starts[spans.offsets[record] + first]
    end = texts.offsets[record] + spans.ends[spans.offsets[record] + last - 1]
    found = [bytes(texts.data[a:b]).decode("utf-8", "replace") for a, b in zip(begin.tolist(), end.tolist(), strict=True)]
    chosen = rows.take(pa.array(at)).select([ID, "other", "begin", "holders"])
    yield Piece("passages", chosen.append_column("text", pa.array(found, pa.large_string())))


class Shared(NamedTuple):
    """The longest span that each of some records shares with a side: words (0: none), the other record, where, holders."""

    words: Ids
    other: Ids
    at: Ids
    holders: Ids


@dataclass(frozen=True)
class Verify:
    """The columns of a range's records: what the passages really have in common with them.

    Args:
        least: words of the shortest span that counts.
    """

    least: int

    def __call__(self, task: Task) -> Iterator[Given]:
        """Unit by unit."""
        rows = task.rows("passages.passages").sort_by([(ID, "ascending"), ("other", "ascending"), ("begin", "ascending")])
        rows = rows.combine_chunks()
        ids = rows[ID].to_numpy()
        for unit in task.units:
            first, kept = record_id(unit, 0), task.kept(unit)
            if kept is None or kinds(task, np.array([first]))[0] != SUBJECT:
                continue
            filled = {name: np.zeros(kept.num_rows, np.int64) for name in (*Shared._fields, "held")}
            start, stop = np.searchsorted(ids, [first, record_id(unit + 1, 0)])
            for batch in task.records(unit, np.unique(ids[start:stop] - first).tolist()) if stop > start else ():
                at = batch[ID].to_numpy()
                inside = slice(*np.searchsorted(ids, [at[0], at[-1] + 1]))
                for name, values in self._shared(task, batch, rows[inside]).items():
                    filled[name][at - first] = values
            yield Piece(COLUMNS, _columns(first, filled, kept["words"].to_numpy() < self.least))

    def _shared(self, task: Task, batch: pa.RecordBatch, rows: pa.Table) -> dict[str, Ids]:
        """What each of a batch's records shares with the passages laid beside it."""
        texts, ids = strings(record_texts(batch[PAYLOAD])), batch[ID].to_numpy()
        beside = strings(rows["text"].combine_chunks() if rows.num_rows else pa.array([], pa.large_string()))
        mine, theirs = split_words(texts), split_words(beside)
        other, holders = rows["other"].to_numpy(), rows["holders"].to_numpy()
        record, begin = np.searchsorted(ids, rows[ID].to_numpy()), rows["begin"].to_numpy().astype(np.int64)
        lengths = np.minimum(np.diff(theirs.offsets), np.diff(mine.offsets)[record] - begin).clip(min=0)
        ats, runs = longest_runs(mine.hashes, mine.offsets[record] + begin, theirs.hashes, theirs.offsets[:-1], lengths)
        runs = np.where(runs >= self.least, runs, 0)
        for pair in np.flatnonzero(runs).tolist():  # hashes of hostile words may be equal
            a = _span(texts, mine, int(record[pair]), int(begin[pair] + ats[pair]), int(runs[pair]))
            if a != _span(beside, theirs, pair, int(ats[pair]), int(runs[pair])):
                runs[pair] = 0
        kind = kinds(task, other)
        found = Shared(runs, other, begin + ats, holders)
        real, held = (_longest(len(ids), kind == side, record, found) for side in (REFERENCE, HOLDOUT))
        return {**real._asdict(), "held": held.words}


def _columns(first: int, filled: dict[str, Ids], short: NDArray[np.bool_]) -> pa.Table:
    none = filled["words"] == 0
    return pa.table(
        {
            ID: np.arange(first, first + len(none)),
            "shared_words": pa.array(filled["words"], mask=short),
            "shared_id": pa.array(filled["other"], mask=none),
            "shared_at": pa.array(filled["at"], mask=none),
            "shared_holders": pa.array(filled["holders"], mask=none),
            "holdout_shared_words": pa.array(filled["held"], mask=short),
        }
    )


def _longest(n: int, chosen: NDArray[np.bool_], record: Ids, found: Shared) -> Shared:
    """The longest span of each of n records, the first of equally long ones."""
    pairs = np.flatnonzero(chosen & (found.words > 0))
    pairs = pairs[np.lexsort((found.at[pairs], found.other[pairs], -found.words[pairs], record[pairs]))]
    pairs = pairs[np.r_[True, record[pairs][1:] != record[pairs][:-1]][: len(pairs)]]
    filled = (np.zeros(n, np.int64) for _ in range(4))
    best = Shared(*filled)
    for column, values in zip(best, found, strict=True):
        column[record[pairs]] = values[pairs]
    return best


def _span(texts: Strings, spans: WordSpans, row: int, first: int, words: int) -> list[bytes]:
    """The words themselves."""
    at, offset = int(spans.offsets[row]) + first, int(texts.offsets[row])
    starts, ends = spans.starts[at : at + words].tolist(), spans.ends[at : at + words].tolist()
    return [bytes(texts.data[offset + start : offset + end]) for start, end in zip(starts, ends, strict=True)]
