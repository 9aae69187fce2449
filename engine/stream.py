"""The streaming pass: one unit in, its states and exchange blocks out.

A unit contributes as a whole or not at all: its state file is its commit record, written last.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine import catalog
from engine.channel import ipc_bytes
from engine.errors import ShardFault
from engine.feature import Columns, Resources
from engine.graph import Pass
from engine.job import Job, channel_folder, column_file, kept_file, state_file
from engine.metric import Fold
from engine.relation import Relation
from engine.routing import ChannelWriter, Cuts, manifest_rows, rows_expected, shifted
from engine.schema import FAULT, ID, PAYLOAD, SHARD, Side, split_id
from engine.shelf import Bench
from engine.source.manifest import Manifest, Unit
from engine.source.read import read
from engine.state import State, encode
from engine.store import Store

SHARDS_NAMED = 4096
"""With more shards than these, a number by shard is one by folder."""
FAULTS_KEPT = 50
"""How many quarantined records a unit names; all are counted."""


@dataclass
class Account:
    """What a unit's records came to, while it is being read."""

    states: dict[str, State]
    failed: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    faults: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    named: list[tuple[int, str]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The unit's commit record."""
        return {
            "rows": self.rows,
            "faults": self.faults,
            "causes": dict(sorted(self.causes.items())),
            "named": [list(item) for item in self.named],
            "failed": self.failed,
            "states": {name: encode(state) for name, state in self.states.items() if name not in self.failed},
        }

    def note_faults(self, batch: pa.RecordBatch) -> None:
        """Count the batch's records, and name the first that could not be read."""
        self.rows += len(batch)
        causes = batch[FAULT]
        bad = len(causes) - causes.null_count
        if not bad:
            return
        self.faults += bad
        chosen = batch.select([ID, FAULT]).filter(causes.is_valid())
        for record, cause in zip(chosen[ID].to_pylist(), chosen[FAULT].to_pylist(), strict=True):
            kind = cause_kind(cause)
            self.causes[kind] = self.causes.get(kind, 0) + 1
            if len(self.named) < FAULTS_KEPT:
                self.named.append((split_id(record)[1], cause[:300]))


@dataclass(frozen=True)
class Stream:
    """The work of one source pass, unit by unit."""

    job: Job
    step: str

    @property
    def name(self) -> str:
        """The stage, as progress shows it."""
        return f"read {self.step}"

    @property
    def resources(self) -> Resources:
        """The least that all features of the pass can run on."""
        total = Resources()
        for name in self.job.step(self.step).features:
            total = total | self.job.plan.feature(name).resources
        return total

    def open(self) -> Callable[[int], None]:
        """Return what processes a unit; the features are opened at their first batch."""
        step = self.job.step(self.step)
        bench = Bench.of(self.job, step)
        manifest = self.job.manifest(step.side)
        outlets = {name: Outlet.of(self.job, name, step.side) for name in step.relations}
        return lambda item: _process(self.job, step, bench, manifest, manifest.units[item], outlets)

    def give_up(self, item: int, cause: str) -> None:
        """Quarantine a unit that cannot be processed."""
        self.job.store.write_packed(state_file(self.step, item), {"fault": cause})


@dataclass(frozen=True)
class Join:
    """The work of the pass over relations' columns, unit by unit: folds only, nothing is read from the source."""

    job: Job
    step: str
    resources: Resources = Resources()

    @property
    def name(self) -> str:
        """The stage, as progress shows it."""
        return "fold relations"

    def open(self) -> Callable[[int], None]:
        """Return what folds a unit's relation columns."""
        step, manifest = self.job.step(self.step), self.job.manifest(Side.SUBJECT)
        return lambda item: _fold_joined(self.job, step, item, shard_name(manifest, item))

    def give_up(self, item: int, cause: str) -> None:
        """Quarantine a unit that cannot be folded."""
        self.job.store.write_packed(state_file(self.step, item), {"fault": cause})


@dataclass(frozen=True)
class Outlet:
    """Where what a relation emits of one side goes; opened once per worker."""

    job: Job
    name: str
    side: Side
    relation: Relation
    cuts: Cuts
    first: int
    expected: int

    @classmethod
    def of(cls, job: Job, name: str, side: Side) -> "Outlet":
        """The outlet of a relation for a side. Units of earlier sides come before its own."""
        first = job.layout(name).firsts[side]
        expected = manifest_rows(job.manifest(Side.SUBJECT))
        return cls(job, name, side, job.relation(name), Cuts(rows_expected(job, name)), first, expected)

    def writers(self, unit: int) -> dict[str, ChannelWriter]:
        """A writer for each channel of a unit."""
        ordinal = f"{self.first + unit:08d}.arrow"
        return {
            channel: ChannelWriter(self.job.store, f"{channel_folder(self.name, 'emit', channel)}/{ordinal}", route, self.cuts)
            for channel, route in self.relation.emits.items()
        }


@dataclass
class Outflow:
    """What a relation emits of one unit, until it is committed."""

    outlet: Outlet
    unit: int
    writers: dict[str, ChannelWriter]
    kept: list[pa.RecordBatch] = field(default_factory=list)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in what a batch gives."""
        outlet = self.outlet
        emission = outlet.relation.emit(shifted(batch, outlet.first), outlet.side, outlet.expected)
        for channel, rows in emission.channels.items():
            self.writers[channel].add(rows)
        if emission.kept is not None:
            self.kept += emission.kept.combine_chunks().to_batches()

    def commit(self) -> None:
        """Write the unit's files."""
        for writer in self.writers.values():
            writer.commit()
        if self.kept:
            data = ipc_bytes(self.kept, self.kept[0].schema, compression=None)
            self.outlet.job.store.write(kept_file(self.outlet.name, self.outlet.side, self.unit), data)


def _emit(outflow: Outflow, batch: pa.RecordBatch, account: Account, broken: Mapping[str, str]) -> None:
    name = outflow.outlet.name
    cause = next((broken[column] for column in outflow.outlet.relation.reads if column in broken), None)
    try:
        if cause is None and name not in account.failed:
            outflow.add(batch)
    except Exception as error:  # the metrics that read the relation fail, not the audit
        cause = f"{name}: {type(error).__name__}: {error}"
    if cause is not None:
        account.failed.setdefault(name, cause[:500])


def cause_kind(cause: str) -> str:
    """A cause without its particulars, to count by: what stands before the first colon or digit.

    >>> cause_kind("not valid JSON: expected ',' at line 1 column 8")
    'not valid JSON'
    """
    head = cause.split(":", 1)[0]
    return head.rstrip(" 0123456789,.(")[:80] or "unreadable"


def _process(job: Job, step: Pass, bench: Bench, manifest: Manifest, unit: Unit, outlets: Mapping[str, Outlet]) -> None:
    folds = job.graph.folding(step)
    account = Account({name: metric.zero() for name, metric in folds.items()})
    outflows = [Outflow(outlet, unit.ordinal, outlet.writers(unit.ordinal)) for outlet in outlets.values()]
    shard = shard_name(manifest, unit.ordinal)
    try:
        with bench.unit(unit) as features:
            for batch in read(job.dataset(step.side), manifest, unit, step.columns):
                batch, broken = with_features(batch, step, features)
                batch = _with_shard(batch, shard)
                account.note_faults(batch)
                if job.strict and account.named:
                    row, cause = account.named[0]
                    raise ShardFault(manifest.shards[unit.shard].path, f"record {row} of unit {unit.ordinal}: {cause}")
                _fold(batch, folds, account, broken)
                for outflow in outflows:
                    _emit(outflow, batch, account, broken)
    except ShardFault as fault:
        if job.strict:
            raise
        job.store.write_packed(state_file(step.name, unit.ordinal), {"fault": fault.cause[:500]})
        return
    for outflow in outflows:
        outflow.commit()
    job.store.write_packed(state_file(step.name, unit.ordinal), account.document())


def _fold_joined(job: Job, step: Pass, unit: int, shard: str) -> None:
    folds = job.graph.folding(step)
    account = Account({name: metric.zero() for name, metric in folds.items()})
    for batch in _joined_batches(job.store, step.joined, unit):
        batch = _with_shard(batch, shard)
        account.rows += len(batch)
        _fold(batch, folds, account, {})
    job.store.write_packed(state_file(step.name, unit), account.document())


def _with_shard(batch: pa.RecordBatch, shard: str) -> pa.RecordBatch:
    every = pa.DictionaryArray.from_arrays(np.zeros(len(batch), np.int8), pa.array([shard]))
    return batch.append_column(SHARD, every)


def _joined_batches(store: Store, relations: Iterable[str], unit: int) -> Iterator[pa.RecordBatch]:
    readers = [pa.ipc.open_file(store.open(column_file(relation, unit))) for relation in relations]
    for at in range(readers[0].num_record_batches):
        batches = [reader.get_batch(at) for reader in readers]
        columns = {name: batch[name] for batch in batches for name in batch.schema.names}
        yield pa.RecordBatch.from_pydict(columns)


def shard_name(manifest: Manifest, unit: int) -> str:
    """The path of a unit's shard; its folder where there are more than `SHARDS_NAMED`."""
    path = manifest.shards[manifest.units[unit].shard].path
    return path if len(manifest.shards) <= SHARDS_NAMED else path.rsplit("/", 1)[0]


def with_features(
    batch: pa.RecordBatch, step: Pass, features: Mapping[str, Callable[[pa.RecordBatch], Columns]]
) -> tuple[pa.RecordBatch, dict[str, str]]:
    """The batch with the features' columns and the payload, and the columns that could not be made, with why."""
    broken: dict[str, str] = {}
    for name, feature in features.items():
        cls = catalog.features()[name]
        if PAYLOAD in cls.reads:
            batch = _with_payload(batch, step, broken)
        cause = next((broken[read] for read in cls.reads if read in broken), None)
        try:
            columns = feature(batch) if cause is None else {}
        except Exception as error:  # a feature that fails takes down the metrics that read it, not the audit
            cause = f"{name}: {type(error).__name__}: {error}"
        if cause is not None:
            broken.update(dict.fromkeys(cls.writes, cause))
            continue
        for column, values in columns.items():
            batch = batch.append_column(column, values)
        if cls.faults is not None:
            batch = batch.set_column(batch.schema.get_field_index(FAULT), FAULT, _causes(batch, cls.faults))
    return _with_payload(batch, step, broken), broken


def _with_payload(batch: pa.RecordBatch, step: Pass, broken: dict[str, str]) -> pa.RecordBatch:
    """The batch with its payload; where a part of that could not be made, ``broken`` says why there is none."""
    if not step.payload or PAYLOAD in batch.schema.names:
        return batch
    cause = next((broken[part] for part in step.payload if part in broken), None)
    if cause is not None:
        broken[PAYLOAD] = cause
        return batch
    parts = [batch[part] for part in step.payload]
    return batch.append_column(PAYLOAD, pa.StructArray.from_arrays(parts, names=list(step.payload)))


def _causes(batch: pa.RecordBatch, column: str) -> pa.Array:
    """Why each record cannot be read: what the source said, else what the feature's column says, in words."""
    said = pc.replace_substring(batch[column], "_", " ")
    sentence = pc.binary_join_element_wise(f"{column.replace('_', ' ')} (", said, ")", "")
    return pc.coalesce(batch[FAULT], sentence)


def _fold(batch: pa.RecordBatch, folds: Mapping[str, Fold[Any]], account: Account, broken: Mapping[str, str]) -> None:
    for name, metric in folds.items():
        if name in account.failed:
            continue
        cause = next((broken[column] for column in metric.reads if column in broken), None)
        try:
            if cause is None:
                there = (column for column in (FAULT, *metric.may_read) if column in batch.schema.names)
                columns = [ID, *there, *metric.reads]
                account.states[name] = account.states[name] + metric.fold(batch.select(list(dict.fromkeys(columns))))
        except Exception as error:  # a failed metric fails itself, not the audit
            cause = f"{type(error).__name__}: {error}"
        if cause is not None:
            account.failed[name] = cause[:500]
