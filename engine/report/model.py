"""The report: what an audit found, as one value.

``report.json`` is its canonical text and the truth; every page is made from it. The same report is the same bytes: keys
are sorted, floats are written by ``repr``, nothing in it depends on the clock, the machine or the number of workers.
"""

import dataclasses
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import cache
from typing import Any, Literal

import numpy as np
from pydantic import JsonValue, TypeAdapter, ValidationError

from engine.errors import StoreError
from engine.excerpt import Excerpt
from engine.metric import Fold
from engine.schema import Dimension, Direction, Modality
from engine.storage.names import redacted, without
from engine.value import Evidence, Value

VERSION = 3
"""Of the report's format. A report of another version is refused, never guessed at."""

QUARANTINE_SHOWN = 50

Op = Literal[">", ">=", "<", "<=", "=="]


class Status(StrEnum):
    """What became of a metric, or of a cell of the grid."""

    MEASURED = "measured"
    NOT_ASKED = "not_asked"
    NOT_MEASURABLE = "not_measurable"
    FAILED = "failed"


class Verdict(StrEnum):
    """Whether the data may be put to a use."""

    FIT = "fit"
    UNFIT = "unfit"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Records:
    """Where every record went. ``removed``: left out on purpose (a limit of the plan); ``quarantined``: unreadable.

    >>> Records(10, 8, 1, 1) + Records(5, 5)
    Records(read=15, kept=13, removed=1, quarantined=1)
    >>> Records(10, 8)
    Traceback (most recent call last):
    ...
    ValueError: 10 records read, but 8 kept + 0 removed + 0 quarantined
    """

    read: int = 0
    kept: int = 0
    removed: int = 0
    quarantined: int = 0

    def __post_init__(self) -> None:
        gone = self.removed + self.quarantined
        if min(self.kept, self.removed, self.quarantined) < 0 or self.read != self.kept + gone:
            parts = f"{self.kept} kept + {self.removed} removed + {self.quarantined} quarantined"
            raise ValueError(f"{self.read} records read, but {parts}")

    def __add__(self, other: "Records") -> "Records":
        return Records(
            self.read + other.read,
            self.kept + other.kept,
            self.removed + other.removed,
            self.quarantined + other.quarantined,
        )


@dataclass(frozen=True)
class SideSummary:
    """What was read of the subject, the reference or the holdout."""

    path: tuple[str, ...]
    shards: int
    shards_quarantined: int
    units: int
    units_quarantined: int
    size_bytes: int
    records: Records


@dataclass(frozen=True)
class Quarantined:
    """One record or unit that could not be read. ``row`` is None where the whole unit or shard could not."""

    side: str
    shard: str
    row: int | None
    cause: str


@dataclass(frozen=True)
class Quarantine:
    """Everything that could not be read: how much, why, and the first `QUARANTINE_SHOWN` in order of the manifest."""

    total: int = 0
    causes: Mapping[str, int] = field(default_factory=dict)
    first: tuple[Quarantined, ...] = ()


@dataclass(frozen=True)
class Result:
    """One metric: what it is, and its value or the reason why there is none.

    ``range`` holds None where there is no bound. ``reason`` is set unless the status is measured.
    """

    metric: str
    version: int
    status: Status
    modality: Modality
    dimension: Dimension
    summary: str
    unit: str
    range: tuple[float | None, float | None]
    direction: Direction
    source: str
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    value: Value | None = None
    reason: str | None = None

    @classmethod
    def of(cls, name: str, fold: Fold[Any], modality: Modality, value: Value) -> "Result":
        """What a metric that ran has answered. A value of None is not measurable, for the value's reason."""
        if value.value is None:
            return cls.without(name, fold, modality, Status.NOT_MEASURABLE, value.reason or "no reason given", value)
        return cls.without(name, fold, modality, Status.MEASURED, None, value)

    @classmethod
    def without(
        cls,
        name: str,
        fold: Fold[Any],
        modality: Modality,
        status: Status,
        reason: str | None,
        value: Value | None = None,
    ) -> "Result":
        """A metric that has no value: not asked, not measurable or failed, and why."""
        low, high = fold.range
        return cls(
            metric=name,
            version=fold.version,
            status=status,
            modality=modality,
            dimension=fold.cell(modality),
            summary=type(fold).summary() or name,
            unit=fold.unit,
            range=(low if math.isfinite(low) else None, high if math.isfinite(high) else None),
            direction=fold.direction,
            source=fold.source,
            parameters=redacted(plain(dataclasses.asdict(fold))),  # type: ignore[call-overload]
            value=value,
            reason=reason and without(reason),
        )


@dataclass(frozen=True)
class Record:
    """What is shown of a record: ``where`` is "path:row", ``fields`` an excerpt of each logical column."""

    where: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Pair:
    """What is shown of two records beside each other: of each column of either, the same stretch of both."""

    fields: Mapping[str, tuple[Excerpt, Excerpt]]


@dataclass(frozen=True)
class Cell:
    """One cell of the survey's grid. ``missing`` says what it lacks where it is not measured."""

    modality: Modality
    dimension: Dimension
    status: Status
    metrics: tuple[str, ...] = ()
    missing: str = ""


@dataclass(frozen=True)
class Check:
    """One requirement of a use.

    ``passed`` is None where the metric has no value; that makes the verdict unknown where the check is ``required``.
    ``note`` is what to know about the answer: why there is none, or that the interval holds the limit.
    """

    metric: str
    op: Op
    limit: float
    value: float | None
    passed: bool | None
    why: str
    note: str = ""
    required: bool = True


@dataclass(frozen=True)
class Fitness:
    """Whether the data is fit for a use: unfit if a check failed, unknown if a required one was not made, else fit."""

    use: str
    verdict: Verdict
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Report:
    """What an audit found. ``results`` are in order of their names.

    ``records`` are keyed by the record id as text, ``pairs`` by `pair_key`. Ids count on after the subject's units, over those
    of the other sides and of earlier corpora. ``models`` says which model each feature that has one used, and what identifies
    its weights.
    """

    auditor: str
    name: str
    use: str | None
    modality: Modality
    plan: Mapping[str, JsonValue]
    fingerprint: str
    sides: Mapping[str, SideSummary]
    quarantine: Quarantine
    results: tuple[Result, ...]
    cells: tuple[Cell, ...]
    records: Mapping[str, Record] = field(default_factory=dict)
    pairs: Mapping[str, Pair] = field(default_factory=dict)
    fitness: Fitness | None = None
    models: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)
    version: int = VERSION

    def __post_init__(self) -> None:
        names = [result.metric for result in self.results]
        if names != sorted(set(names)):
            raise ValueError("the results of a report stand once each, in order of the metric's name")

    def result(self, metric: str) -> Result | None:
        """The result of a metric, or None where the report does not know it."""
        return next((result for result in self.results if result.metric == metric), None)

    def exhibit(self, item: Evidence) -> "Exhibit":
        """What there is to show of a piece of evidence."""
        other = None if item.other is None else self.records.get(str(item.other))
        return Exhibit(item, self.records.get(str(item.record)), other, self.pairs.get(pair_key(item)))


@dataclass(frozen=True)
class Exhibit:
    """A piece of evidence with what is shown of its record, and where it has two, of the other and of both together."""

    item: Evidence
    record: Record | None = None
    other: Record | None = None
    pair: Pair | None = None


def pair_key(item: Evidence) -> str:
    """The key of a pair among `Report.pairs`.

    >>> pair_key(Evidence(12, 0.1, other=7))
    '12 7'
    """
    return f"{item.record} {item.other}"


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def to_json(report: Report) -> str:
    """The canonical text of a report.

    Raises:
        ValueError: for NaN or infinity anywhere in it.
    """
    # Through the types once: an int that stands in a float's place is written as a float, whoever put it there.
    typed = _adapter().validate_python(plain(report))
    text = json.dumps(plain(typed), ensure_ascii=False, allow_nan=False, sort_keys=True, indent=1)
    # Half a surrogate pair (a file name that is not UTF-8) cannot be encoded; its JSON escape can.
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text) + "\n"


def from_json(text: str) -> Report:
    """The report of a canonical text.

    Raises:
        StoreError: when it is not JSON, of another version, or holds anything that this version does not write.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"report.json is not JSON ({error}); run the audit again") from error
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION:
        raise StoreError(f"report.json is of version {version!r}, this auditor reads version {VERSION}; run the audit again")
    try:
        report = _adapter().validate_python(data)
        if json.loads(to_json(report)) != data:
            raise ValueError("it holds what this auditor does not write")
    except (ValueError, RecursionError) as error:
        raise StoreError(f"report.json is damaged: {_first_fault(error)}; run the audit again") from error
    return report


def plain(item: Any) -> Any:
    """The value as JSON knows it: dataclasses as objects, tuples as lists, numpy's numbers as Python's."""
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return {part.name: plain(getattr(item, part.name)) for part in dataclasses.fields(item)}
    if isinstance(item, Mapping):
        return {str(key): plain(value) for key, value in item.items()}
    if isinstance(item, list | tuple):
        return [plain(value) for value in item]
    if isinstance(item, Enum):
        return item.value
    return item.item() if isinstance(item, np.generic) else item


def _first_fault(error: BaseException) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
