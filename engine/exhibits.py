"""What a report shows of the records behind its numbers: where each is, what it says, and pairs beside each other."""

from collections.abc import Mapping, Sequence

from engine.corpus import Layout, Place
from engine.evidence import Fetch, all_evidence, evidence_file, fetched, rows_by_unit, wanted_records
from engine.excerpt import Excerpt, beside
from engine.graph import Available
from engine.job import Job
from engine.report.model import Pair, Record, Result, pair_key
from engine.schema import Side, record_id
from engine.source.manifest import Manifest
from engine.stages import Run
from engine.storage.names import redact

_NOTHING = Excerpt("", 0, 0)
Read = Mapping[Side, Sequence[int | None]]
"""How many rows each unit of a side had; None where it could not be read."""


def whole_layout(job: Job, manifests: Mapping[Side, Manifest]) -> Layout:
    """The layout of all sides of a job and of its earlier corpora: the ids of a report's records."""
    known = next((rows for rows in map(job.known_rows, job.graph.relations) if rows), [])
    return Layout.of({side: len(manifest.units) for side, manifest in manifests.items()}, [len(rows) for rows in known])


def exhibits(
    run: Run, manifests: Mapping[Side, Manifest], read: Read, layout: Layout, results: Sequence[Result], columns: Available
) -> tuple[dict[str, Record], dict[str, Pair]]:
    """The records that some value shows, and the pairs.

    Args:
        run: fetches them.
        manifests: of every side.
        read: how many rows each unit had.
        layout: in which the values name records.
        results: whose evidence is shown.
        columns: the logical columns of each side.
    """
    evidence = [item for result in results if result.value is not None for item in all_evidence(result.value)]
    rows = rows_by_unit(wanted_records(evidence))
    here = {unit: wanted for unit, wanted in rows.items() if layout.place(unit).known is None}
    run.exchange(Fetch(run.job, layout, columns, here), tuple(here), evidence_file)
    shown: dict[str, Record] = {}
    cells: dict[int, dict[str, Excerpt]] = {}
    for unit in rows:
        spot = layout.place(unit)
        if unit in here:
            start = place(manifests[spot.side], read[spot.side], spot.unit)
            for row, fields in fetched(run.job.store.read_json(evidence_file(unit))):
                cells[record_id(unit, row)] = fields
                where = _where(start, spot.unit, row)
                shown[str(record_id(unit, row))] = Record(where, {name: str(cell) for name, cell in fields.items()})
        else:
            shown.update({str(record_id(unit, row)): _elsewhere(run.job, spot, row) for row in rows[unit]})
    couples = {pair_key(e): (cells[e.record], cells[e.other]) for e in evidence if e.record in cells and e.other in cells}
    return shown, {key: Pair(_fields(*couple)) for key, couple in couples.items()}


def place(manifest: Manifest, rows: Sequence[int | None], unit: int) -> tuple[str, int | None]:
    """A unit's shard, and the row of the shard at which it starts where all units before it are known."""
    shard, first = manifest.units[unit].shard, 0
    at = unit - 1
    while at >= 0 and manifest.units[at].shard == shard:
        count = rows[at] if rows[at] is not None else manifest.units[at].rows
        if count is None:
            return manifest.shards[shard].path, None
        first += count
        at -= 1
    return manifest.shards[shard].path, first


def _where(start: tuple[str, int | None], unit: int, row: int) -> str:
    path, first = start
    return f"{path}:{first + row}" if first is not None else f"{path}: unit {unit}, row {row}"


def _elsewhere(job: Job, spot: Place, row: int) -> Record:
    """A record of an earlier corpus, which cannot be read here."""
    out = "an earlier corpus" if spot.known is None else redact(job.plan.known[spot.known])
    return Record(f"record {row} of unit {spot.unit} of {out}", {})


def _fields(left: Mapping[str, Excerpt], right: Mapping[str, Excerpt]) -> dict[str, tuple[Excerpt, Excerpt]]:
    return {name: beside(left.get(name, _NOTHING), right.get(name, _NOTHING)) for name in sorted({*left, *right})}
