"""What a relation is: columns that need the whole corpus (groups of equals, nearest neighbours).

A relation is pure functions around exchanges. ``emit`` turns a batch into rows that are kept beside the unit and rows that go
into channels; then come rounds. A round is a step done once for every partition of keys, for every range of units, or once for
the whole: it takes the rows that earlier channels brought to its task and gives rows into new ones. The last round gives the
channel `COLUMNS`, which the engine lays beside each unit, row by row, and metrics fold like any other column.

Records of all sides share one space of ids: the subject's are as everywhere else, those of the other sides come after them, as
if all manifests were one (see `engine.exchange.Sides`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

import pyarrow as pa
from pydantic import ConfigDict

from engine.schema import ID, Side

KEY, COLUMNS, EMIT = "_key", "columns", "emit."


class Over(StrEnum):
    """What a task of a round is (never EVERY), and where a channel brings its rows."""

    KEYS = "keys"
    RANGES = "ranges"
    WHOLE = "whole"
    EVERY = "every"


@dataclass(frozen=True)
class Route:
    """Where the rows of a channel go.

    Args:
        schema: of the rows.
        to: to partitions of keys, to ranges of units, all to one task, or all to every task (what is small and all need).
        by: the column that decides: uint64 and well mixed for keys (its leading bits choose), a record id for ranges.
        groups: keys of different groups (the bands of an LSH) share no partition.
        compressed: whether the rows are worth it; hashes are not.
    """

    schema: pa.Schema
    to: Over = Over.KEYS
    by: str = KEY
    groups: int = 1
    compressed: bool = True


@dataclass(frozen=True)
class Piece:
    """Rows for a channel; all of one group."""

    channel: str
    rows: pa.Table
    group: int = 0


Counts = Mapping[str, int]
Given = Piece | Counts
"""What a step gives: rows for a channel, or numbers to be summed over all tasks."""


class Task(Protocol):
    """What a step sees of its task."""

    @property
    def counts(self) -> Counts:
        """The sums of the numbers that earlier rounds gave, by name."""
        ...

    @property
    def units(self) -> Sequence[int]:
        """The units of the range, in order."""
        ...

    def rows(self, channel: str) -> pa.Table:
        """The rows that a channel of an earlier round ("round.channel"; "emit.channel") brought here, in a fixed order."""
        ...

    def kept(self, unit: int) -> pa.Table | None:
        """What `Relation.emit` kept of a unit, row by row; None for a unit that could not be read."""
        ...

    def column(self, unit: int, name: str) -> pa.ChunkedArray | None:
        """A column that a feature which stores has kept of a unit, row by row; None where it has not."""
        ...

    def records(self, unit: int, rows: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Some rows of a unit, read again from the source: ``_id`` and the columns of `Relation.reads`."""
        ...

    def first(self, side: Side) -> int:
        """The first id of a side; that of the side after it where the plan has no such side."""
        ...

    @property
    def known(self) -> int:
        """The first id of earlier corpora (the plan's ``known``), whose records cannot be read again."""
        ...


@dataclass(frozen=True)
class Round:
    """One exchange: a step, what it takes and what it gives.

    Args:
        name: unique in the relation; a folder of OUT.
        over: what a task is.
        takes: the channels it reads, as "round.channel", and their routes.
        gives: its channels.
        step: called once a task; may run again with the same result.
        frees: channels that no later round takes, removed once the round is done.
        groups: with ``over`` keys, how many groups the keys have.
        accelerated: whether the step is faster on a GPU; a task then holds one where there is any.
    """

    name: str
    over: Over
    takes: Mapping[str, Route]
    gives: Mapping[str, Route]
    step: Callable[[Task], Iterable[Given]]
    frees: tuple[str, ...] = ()
    groups: int = 1
    accelerated: bool = False


@dataclass(frozen=True)
class Scale:
    """How large a corpus is, as a forecast sees it.

    Args:
        records: of all sides.
        bytes: what there is to read of them.
        units: of all sides.
        ranges: of units.
        partitions: of keys.
        group_partitions: of the keys of one group, where keys have several.
    """

    records: int
    bytes: int
    units: int
    ranges: int
    partitions: int
    group_partitions: int


@dataclass(frozen=True)
class Forecast:
    """What a relation will cost: bytes and files of its exchange, bytes it keeps, memory of its largest task, CPU seconds."""

    exchanged_bytes: int
    kept_bytes: int
    files: int
    task_bytes: int
    cpu_seconds: float


Rounds = Generator[Round, Counts, None]
"""Rounds in order; after each, the sums of all numbers given so far are sent in, so that what comes next may depend on them."""


@dataclass(frozen=True)
class Emission:
    """What a batch gives: rows to keep beside the unit (one a record, in order) and rows for channels."""

    channels: Mapping[str, pa.Table] = field(default_factory=dict)
    kept: pa.Table | None = None


class Relation(ABC):
    """Per-record columns that depend on other records. A frozen dataclass; its fields are parameters.

    Class variables:
        reads: logical columns, or columns that a feature writes.
        may_read: columns read where the dataset has them.
        writes: the columns laid beside each record of the subject.
        keeps: whether the rows that `emit` keeps beside each unit are what later corpora (the plan's ``known``) compare with.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]]
    may_read: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[Mapping[str, pa.DataType]]
    keeps: ClassVar[bool] = False

    @property
    @abstractmethod
    def emits(self) -> Mapping[str, Route]:
        """The channels of `emit`: to keys or to the whole, since nobody knows the ranges while the units are read."""

    @abstractmethod
    def emit(self, batch: pa.RecordBatch, side: Side, expected: int) -> Emission:
        """What a batch of a side gives. ``expected``: about how many records the subject has."""

    @abstractmethod
    def rounds(self) -> Rounds:
        """The rounds; the last one gives `COLUMNS`, routed by ``_id`` to ranges."""

    @abstractmethod
    def forecast(self, scale: Scale) -> Forecast:
        """What it will cost, from measured slopes and the share of duplicates they were measured at."""

    def explained(self) -> Sequence[str]:
        """What a plan shows of its parameters."""
        return ()

    def kept_identity(self) -> Mapping[str, Any]:
        """What the kept rows depend on: those of another corpus are comparable where it is the same."""
        return {}

    @classmethod
    def columns(cls) -> Route:
        """The route of `COLUMNS`."""
        return Route(pa.schema([(ID, pa.int64()), *cls.writes.items()]), Over.RANGES, ID)
