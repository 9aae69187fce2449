"""The records behind the numbers, fetched at the end: metrics keep ids, the report shows excerpts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from engine.corpus import Layout, Place
from engine.excerpt import Excerpt, excerpt
from engine.feature import Resources
from engine.graph import Available
from engine.job import Job
from engine.schema import ID, Side, split_id
from engine.source.manifest import Manifest
from engine.source.read import read
from engine.value import Evidence, Value


@dataclass(frozen=True)
class Fetch:
    """The work of fetching excerpts, unit by unit of the layout: of any side of this job, not of earlier corpora.

    Args:
        layout: where each unit is.
        columns: the logical columns of each side.
        rows: the wanted rows of each unit.
    """

    job: Job
    layout: Layout
    columns: Available
    rows: Mapping[int, tuple[int, ...]]
    resources: Resources = Resources()

    @property
    def name(self) -> str:
        """The stage, as progress shows it."""
        return "fetch evidence"

    def open(self) -> Callable[[int], None]:
        """Return what fetches a unit's wanted rows."""
        manifests = {side: self.job.manifest(side) for side in {self.layout.place(unit).side for unit in self.rows}}
        return lambda item: self._fetch(item, self.layout.place(item), manifests)

    def give_up(self, item: int, cause: str) -> None:  # noqa: ARG002
        """A record that kills its worker is not shown."""
        self.job.store.write_json(evidence_file(item), {})

    def _fetch(self, item: int, place: Place, manifests: Mapping[Side, Manifest]) -> None:
        manifest, wanted = manifests[place.side], set(self.rows[item])
        unit, columns = manifest.units[place.unit], self.columns[place.side]
        found: dict[str, dict[str, list[Any]]] = {}
        for batch in read(self.job.dataset(place.side), manifest, unit, columns, sorted(wanted)):
            found.update(_excerpts(batch, wanted))
            if len(found) == len(wanted):
                break
        self.job.store.write_json(evidence_file(item), found)


def evidence_file(unit: int) -> str:
    """Where the excerpts of a unit's records are."""
    return f"evidence/{unit:08d}.json"


def fetched(document: Mapping[str, Mapping[str, list[Any]]]) -> Iterator[tuple[int, dict[str, Excerpt]]]:
    """The rows of an evidence file, with the beginning of each column."""
    for row, fields in document.items():
        yield int(row), {name: Excerpt(text, 0, characters) for name, (text, characters) in fields.items()}


def all_evidence(value: Value) -> Iterator[Evidence]:
    """The evidence of a value and of its parts."""
    yield from value.evidence
    for part in value.parts.values():
        yield from all_evidence(part)


def wanted_records(evidence: Iterable[Evidence]) -> tuple[int, ...]:
    """The ids of all records that are shown, in order.

    >>> wanted_records([Evidence(5, 1.0, other=2), Evidence(5, 1.0)])
    (2, 5)
    """
    pairs = ((item.record, item.other) for item in evidence)
    return tuple(sorted({record for pair in pairs for record in pair if record is not None}))


def rows_by_unit(records: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """The wanted rows of each unit.

    >>> rows_by_unit([5, 9, 1 << 36])
    {0: (5, 9), 1: (0,)}
    """
    rows: dict[int, tuple[int, ...]] = {}
    for unit, row in map(split_id, records):
        rows[unit] = (*rows.get(unit, ()), row)
    return rows


def renumbered(value: Value, old: Layout, new: Layout) -> Value:
    """The value with the other records of its pairs named by their ids in another layout."""
    if old == new:
        return value
    evidence = tuple(e if e.other is None else replace(e, other=old.moved(e.other, new)) for e in value.evidence)
    return replace(value, evidence=evidence, parts={name: renumbered(part, old, new) for name, part in value.parts.items()})


def _excerpts(batch: pa.RecordBatch, wanted: set[int]) -> dict[str, dict[str, list[Any]]]:
    first = split_id(batch[ID][0].as_py())[1] if len(batch) else 0
    at = sorted(row - first for row in wanted if first <= row < first + len(batch))
    shown = batch.take(pa.array(at, pa.int64())).to_pylist()
    return {str(first + position): _beginnings(row) for position, row in zip(at, shown, strict=True)}


def _beginnings(row: Mapping[str, Any]) -> dict[str, list[Any]]:
    taken = {name: excerpt(cell) for name, cell in row.items() if name[0] != "_" and cell is not None}
    return {name: [found.text, found.characters] for name, found in taken.items()}
