"""The exchanges behind a relation: rows to the tasks that need them, columns back to units by record.

A round's task reads its part of every file of the channels it takes and writes one file for each channel it gives, cut by where
the rows go. The last word of a task is its commit record, with the numbers it counted. Files are named after their input and
written whole, so a task may run twice or be killed. A task holds one partition of keys or one range of units: about a
million rows, whatever the size of the corpus.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine import catalog
from engine.channel import ipc_bytes, unpack
from engine.corpus import Layout
from engine.feature import WORKER_BYTES, Resources
from engine.job import Job, channel_folder, column_file, kept_file, laid_file, round_file
from engine.relation import COLUMNS, EMIT, Counts, Over, Piece, Round, Route
from engine.reread import reread
from engine.routing import ChannelWriter, Cuts, rows_expected, shifted
from engine.schema import ID, Side, record_id
from engine.shelf import Shelf
from engine.store import Store

ROWS_A_RANGE = 1 << 20
LEAST_ROWS_A_RANGE = 1 << 16
BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class Corpus:
    """All records of a job as one sequence of units: the subject's, those of the other sides, then earlier corpora.

    Args:
        firsts: the first unit of each side.
        known: the first unit of each earlier corpus.
        rows: of every unit; None where it was not read.
        ranges: the first unit of each range.
    """

    firsts: Mapping[Side, int]
    known: tuple[int, ...]
    rows: tuple[int | None, ...]
    ranges: tuple[int, ...]

    @property
    def layout(self) -> Layout:
        """Where each unit is."""
        return Layout(self.firsts, self.known)

    @property
    def subject_ranges(self) -> int:
        """How many ranges hold the subject's units; they come first."""
        return sum(start < self.first(Side.REFERENCE) for start in self.ranges) if self.rows else 1

    def first(self, side: Side) -> int:
        """The first unit of a side; that of what comes after it where there is no such side."""
        later = [self.firsts[s] for s in list(Side)[list(Side).index(side) :] if s in self.firsts]
        return min([*later, *self.known[:1], len(self.rows)])

    def units(self, item: int) -> range:
        """The units of a range."""
        return range(self.ranges[item], (*self.ranges, len(self.rows))[item + 1])


def corpus_of(job: Job, relation: str, rows: Mapping[Side, Sequence[int | None]]) -> Corpus:
    """The corpus of a job whose sides have been read."""
    firsts: dict[Side, int] = {}
    known: list[int] = []
    flat: list[int | None] = []
    starts: list[int] = []
    sizes = [*((side, rows[side]) for side in Side if side in rows), *((None, counts) for counts in job.known_rows(relation))]
    least = max(LEAST_ROWS_A_RANGE, sum(count or 0 for _, counts in sizes for count in counts) // 16)
    for side, counts in sizes:
        if side is None:
            known.append(len(flat))
        else:
            firsts[side] = len(flat)
        starts += [len(flat) + unit for unit in unit_ranges([count or 0 for count in counts], min(least, ROWS_A_RANGE))]
        flat += counts
    return Corpus(firsts, tuple(known), tuple(flat), tuple(starts) or (0,))


@dataclass(frozen=True)
class Exchange:
    """The work of one round of a relation, task by task."""

    job: Job
    relation: str
    round: Round
    corpus: Corpus
    counts: Counts = field(default_factory=dict)
    task_bytes: int = 0

    @property
    def resources(self) -> Resources:
        """A core, or a GPU; memory for the largest task beside that of any worker."""
        return Resources(accelerated=self.round.accelerated, memory_bytes=WORKER_BYTES + self.task_bytes)

    @property
    def name(self) -> str:
        """The stage, as progress shows it."""
        return f"{self.relation.removeprefix('relations.').replace('_', ' ')}: {self.round.name}"

    @property
    def items(self) -> int:
        """How many tasks the round has."""
        return self._cuts.parts(Route(pa.schema([]), self.round.over, groups=self.round.groups))

    def open(self) -> Callable[[int], None]:
        """Return what does a task."""
        files = {channel: self._files(channel) for channel in self.round.takes}
        return lambda item: self._do(item, files)

    def give_up(self, item: int, cause: str) -> None:
        """A task cannot be left out: the groups would be silently wrong."""
        raise RuntimeError(f"task {item} of {self.name} cannot be done: {cause}")

    @cached_property
    def _cuts(self) -> Cuts:
        return Cuts(rows_expected(self.job, self.relation), self.corpus.ranges)

    def _files(self, channel: str) -> list[str]:
        folder = channel_folder(self.relation, *channel.split(".", 1))
        names = sorted(self.job.store.names(folder))
        if channel.startswith(EMIT):  # a unit that was given up half way may have left rows behind
            names = [name for name in names if self.corpus.rows[int(name.split(".")[0])] is not None]
        return [f"{folder}/{name}" for name in names]

    def _do(self, item: int, files: Mapping[str, Sequence[str]]) -> None:
        task = RangeTask(self, item, files)
        writers = {
            channel: ChannelWriter(
                self.job.store,
                f"{channel_folder(self.relation, self.round.name, channel)}/{item:08d}.arrow",
                route,
                self._cuts,
            )
            for channel, route in self.round.gives.items()
        }
        counts: dict[str, int] = {}
        for given in self.round.step(task):
            if isinstance(given, Piece):
                writers[given.channel].add(given.rows, given.group)
            else:
                for name, number in given.items():
                    counts[name] = counts.get(name, 0) + int(number)
        sizes = [writer.commit() for writer in writers.values()]
        written = {"bytes": sum(sizes), "files": sum(size > 0 for size in sizes)}
        self.job.store.write_json(round_file(self.relation, self.round.name, item), {"counts": counts, **written})


@dataclass(frozen=True)
class RangeTask:
    """What a step sees: `engine.relation.Task`."""

    exchange: Exchange
    item: int
    files: Mapping[str, Sequence[str]]

    @property
    def counts(self) -> Counts:
        """The sums of the numbers that earlier rounds gave."""
        return self.exchange.counts

    @property
    def units(self) -> Sequence[int]:
        """The units of the range."""
        return self.exchange.corpus.units(self.item) if self.exchange.round.over is Over.RANGES else ()

    def rows(self, channel: str) -> pa.Table:
        """The rows that a channel brought here."""
        whole = Over.WHOLE is self.exchange.round.over or Over.EVERY is self.exchange.round.takes[channel].to
        part = None if whole else self.item
        tables = list(unpack(self.exchange.job.store, self.files[channel], part))
        return pa.concat_tables(tables) if tables else self.exchange.round.takes[channel].schema.empty_table()

    def kept(self, unit: int) -> pa.Table | None:
        """What was kept of a unit."""
        job, corpus = self.exchange.job, self.exchange.corpus
        if not corpus.rows[unit]:  # one without records has none to keep
            return None
        place = corpus.layout.place(unit)
        store = job.store if place.known is None else Store(job.plan.known[place.known])
        return pa.ipc.open_file(store.map(kept_file(self.exchange.relation, place.side, place.unit))).read_all()

    def column(self, unit: int, name: str) -> pa.ChunkedArray | None:
        """What a feature kept of a unit."""
        place = self.exchange.corpus.layout.place(unit)
        shelf = self._shelves[place.side, name]
        return shelf.table(place.unit)[name] if shelf.has(place.unit) else None

    @cached_property
    def _shelves(self) -> Mapping[tuple[Side, str], Shelf]:
        job, relation = self.exchange.job, self.exchange.relation
        return {
            (side, column): Shelf.of(job, step, name)
            for side, step in job.graph.rereads[relation].items()
            for name in step.features
            if job.plan.feature(name).stores
            for column in catalog.features()[name].writes
        }

    def records(self, unit: int, rows: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Some rows of a unit, read again."""
        place = self.exchange.corpus.layout.place(unit)
        for batch in reread(self.exchange.job, self.exchange.relation, place.side, place.unit, rows):
            yield shifted(batch, unit - place.unit)

    def first(self, side: Side) -> int:
        """The first id of a side."""
        return record_id(self.exchange.corpus.first(side), 0)

    @property
    def known(self) -> int:
        """The first id of earlier corpora."""
        corpus = self.exchange.corpus
        return record_id(corpus.known[0] if corpus.known else len(corpus.rows), 0)


@dataclass(frozen=True)
class Lay:
    """The work of laying one relation's columns beside the subject's units, range by range."""

    job: Job
    relation: str
    last: str
    corpus: Corpus
    resources: Resources = Resources()

    @property
    def name(self) -> str:
        """The stage, as progress shows it."""
        return f"lay {self.relation.removeprefix('relations.').replace('_', ' ')}"

    def open(self) -> Callable[[int], None]:
        """Return what lays a range of units."""
        folder = channel_folder(self.relation, self.last, COLUMNS)
        files = [f"{folder}/{name}" for name in sorted(self.job.store.names(folder))]
        return lambda item: self._lay(item, files)

    def give_up(self, item: int, cause: str) -> None:
        """A range cannot be left out."""
        raise RuntimeError(f"range {item} of {self.relation} cannot be laid: {cause}")

    def _lay(self, item: int, files: Sequence[str]) -> None:
        schema = catalog.relations()[self.relation].columns().schema
        columns = pa.concat_tables([schema.empty_table(), *unpack(self.job.store, files, item)])
        columns = columns.sort_by(ID).combine_chunks()
        ids = columns[ID].to_numpy()
        units = self.corpus.units(item)
        for unit in units:
            start, stop = np.searchsorted(ids, [record_id(unit, 0), record_id(unit + 1, 0)])
            rows = self.corpus.rows[unit] or 0
            laid = _laid(columns.slice(start, stop - start), ids[start:stop] - record_id(unit, 0), unit, rows)
            self.job.store.write(column_file(self.relation, unit), ipc_bytes(laid.to_batches(BATCH_ROWS), laid.schema))
        self.job.store.write_json(laid_file(self.relation, item), {"units": [units.start, units.stop]})


def unit_ranges(rows: Sequence[int], rows_a_range: int | None = None) -> tuple[int, ...]:
    """The first unit of each range: runs of units of about that many rows.

    >>> unit_ranges([600_000, 600_000, 600_000])
    (0, 2)
    """
    starts, held = [0] if rows else [], 0
    for unit, count in enumerate(rows):
        if held >= (rows_a_range or ROWS_A_RANGE):
            starts.append(unit)
            held = 0
        held += count
    return tuple(starts)


def _laid(columns: pa.Table, at: NDArray[np.int64], unit: int, rows: int) -> pa.Table:
    """The columns at their rows of the unit, null where a record has none."""
    position = np.full(rows, -1, np.int64)
    position[at] = np.arange(len(at))
    index = pa.array(position, mask=position < 0)
    laid = {name: pc.take(columns[name], index) for name in columns.column_names if name != ID}
    ids = pa.array(np.arange(rows, dtype=np.int64) + record_id(unit, 0))
    return pa.table({ID: ids, **laid})
