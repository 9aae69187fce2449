"""The records behind the numbers, fetched at the end: metrics keep ids, the report shows excerpts."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from engine.feature import Resources
from engine.job import Job
from engine.schema import ID, Side, split_id
from engine.source.read import read
from engine.value import Value

EXCERPT = 500
"""How many characters of a column a report shows."""


@dataclass(frozen=True)
class Fetch:
    """The work of fetching excerpts, unit by unit. ``rows`` are the wanted rows of each unit."""

    job: Job
    columns: tuple[str, ...]
    rows: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    resources: Resources = Resources()

    @property
    def name(self) -> str:
        """The stage, as progress shows it."""
        return "fetch evidence"

    def open(self) -> Callable[[int], None]:
        """Return what fetches a unit's wanted rows."""
        manifest = self.job.manifest(Side.SUBJECT)
        dataset = self.job.dataset(Side.SUBJECT)

        def fetch(item: int) -> None:
            wanted = set(self.rows[item])
            found: dict[str, dict[str, str]] = {}
            for batch in read(dataset, manifest, manifest.units[item], self.columns, sorted(wanted)):
                found.update(_excerpts(batch, wanted))
                if len(found) == len(wanted):
                    break
            self.job.store.write_json(evidence_file(item), found)

        return fetch

    def give_up(self, item: int, cause: str) -> None:  # noqa: ARG002
        """A record that kills its worker is not shown."""
        self.job.store.write_json(evidence_file(item), {})


def evidence_file(unit: int) -> str:
    """Where the excerpts of a unit's records are."""
    return f"evidence/{unit:08d}.json"


def wanted_records(values: Iterable[Value]) -> tuple[int, ...]:
    """The ids of all records that some value shows as evidence, in order."""
    return tuple(sorted({entry.record for value in values for entry in _all_evidence(value)}))


def rows_by_unit(records: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """The wanted rows of each unit.

    >>> rows_by_unit([5, 9, 1 << 36])
    {0: (5, 9), 1: (0,)}
    """
    rows: dict[int, tuple[int, ...]] = {}
    for unit, row in map(split_id, records):
        rows[unit] = (*rows.get(unit, ()), row)
    return rows


def excerpt(value: Any) -> str:
    """What a report shows of one cell.

    >>> excerpt("x" * 600)[-20:], excerpt(b"\\x89PNG....")
    ('xx… [600 characters]', '8 bytes')
    """
    if value is None:
        return ""
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}… [{len(text):,} characters]"


def _all_evidence(value: Value) -> Iterable[Any]:
    yield from value.evidence
    for part in value.parts.values():
        yield from _all_evidence(part)


def _excerpts(batch: pa.RecordBatch, wanted: set[int]) -> dict[str, dict[str, str]]:
    first = split_id(batch[ID][0].as_py())[1] if len(batch) else 0
    at = sorted(row - first for row in wanted if first <= row < first + len(batch))
    shown = batch.take(pa.array(at, pa.int64())).to_pylist()
    return {
        str(first + position): {name: excerpt(cell) for name, cell in row.items() if name[0] != "_" and cell is not None}
        for position, row in zip(at, shown, strict=True)
    }
