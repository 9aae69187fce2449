"""The stages of an audit in order: stream every side, merge, exchange, lay, fold what the relations say.

Every stage lists what is committed in OUT and does the rest, so the same call after a kill goes on where it stopped.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from engine.backend import Backend, Done, Work
from engine.exchange import Corpus, Exchange, Lay, corpus_of
from engine.forecast import forecast
from engine.graph import Pass
from engine.job import Job, channel_folder, corpus_file, counts_file, laid_file, merged_file, round_file, state_file
from engine.journal import Event, Told, untold
from engine.merge import Merge, Merged, with_zeros
from engine.provenance import Provenance
from engine.relation import Counts
from engine.schema import Side
from engine.source.manifest import Manifest
from engine.stream import Join, Stream

Progress = Callable[[str, int, int], None]
"""Called with a stage, how many of its items are done, and how many it has."""


def quiet(stage: str, done: int, total: int) -> None:
    """A progress callback that shows nothing."""


@dataclass(frozen=True)
class Run:
    """One run of a job: where it runs, who watches, and what is written down about it."""

    job: Job
    backend: Backend
    progress: Progress
    provenance: Provenance
    told: Told = untold

    def stream(self, work: Work, items: Sequence[int], committed: Callable[[int], str], size_bytes: Sequence[int] = ()) -> None:
        """Do the units of a streaming pass that are not committed yet; they have so many bytes each, where they read any."""
        self._do(self.backend.stream, work, items, committed, size_bytes)

    def exchange(self, work: Work, items: Sequence[int], committed: Callable[[int], str]) -> None:
        """Do the partitions of an exchange that are not committed yet."""
        self._do(self.backend.exchange, work, items, committed)

    def _do(
        self,
        verb: Callable[[Work, Sequence[int], Done], None],
        work: Work,
        items: Sequence[int],
        committed: Callable[[int], str],
        size_bytes: Sequence[int] = (),
    ) -> None:
        there = self.job.store.names(committed(0).rsplit("/", 1)[0])
        todo = [item for item in items if committed(item).rsplit("/", 1)[1] not in there]
        before, start = len(items) - len(todo), time.monotonic()
        done, waiting = before, {*todo}
        size = sum(size_bytes[item] for item in items if item not in waiting) if size_bytes else 0
        self._show(work.name, done, len(items), size)

        def count(item: int) -> None:
            nonlocal done, size
            done += 1
            size += size_bytes[item] if size_bytes else 0
            self._show(work.name, done, len(items), size)

        verb(work, todo, count)
        self.provenance.add(work.name, len(items), before, time.monotonic() - start)

    def _show(self, stage: str, done: int, of: int, size: int) -> None:
        self.progress(stage, done, of)
        seconds = time.time() - self.provenance.started
        self.told(Event(stage, done, of, size, self.provenance.quarantined, seconds))


@dataclass(frozen=True)
class Outcome:
    """What all passes came to: the merged states of each, and what the rounds of each relation counted."""

    merged: dict[str, Merged] = field(default_factory=dict)
    counts: dict[str, Counts] = field(default_factory=dict)


def run_all(run: Run, manifests: Mapping[Side, Manifest]) -> Outcome:
    """Run every pass of the job's graph."""
    outcome = Outcome()
    for step in run.job.graph.passes:
        units = len(manifests[step.side].units)
        if step.joined:
            for name in run.job.graph.relations:
                outcome.counts[name] = _relate(run, name, outcome.merged, manifests)
            whole = outcome.merged[str(Side.SUBJECT)].whole
            _leave_out(run.job, step, {*range(units)} - {*whole})
            run.stream(Join(run.job, step.name), range(units), partial(state_file, step.name))
        else:
            sizes = [unit.size_bytes for unit in manifests[step.side].units]
            run.stream(Stream(run.job, step.name), range(units), partial(state_file, step.name), sizes)
        outcome.merged[step.name] = _merge(run, step, units)
        run.provenance.quarantined += 0 if step.joined else outcome.merged[step.name].faults
    return outcome


def _merge(run: Run, step: Pass, units: int) -> Merged:
    children, level = units, 0
    while children > 1 or (level == 0 and children):
        work = Merge(run.job, step.name, level, children)
        run.exchange(work, range(work.items), partial(merged_file, step.name, level))
        children, level = work.items, level + 1
    merged = Merged.of(run.job.store.read_packed(merged_file(step.name, level - 1, 0))) if units else Merged()
    return with_zeros(merged, run.job.graph.folding(step))


def _relate(run: Run, name: str, merged: Mapping[str, Merged], manifests: Mapping[Side, Manifest]) -> Counts:
    """Do a relation's rounds and lay its columns beside the subject's units; return what the rounds counted."""
    job = run.job
    if job.store.exists(counts_file(name)):
        return dict(job.store.read_json(counts_file(name)))
    sides = {step.side: merged[step.name].rows for step in job.graph.passes if name in step.relations}
    corpus = corpus_of(job, name, sides)
    relation = job.relation(name)
    if relation.keeps:
        job.store.write_json(corpus_file(name), {"rows": list(sides[Side.SUBJECT]), "identity": dict(relation.kept_identity())})
    files, size = job.store.usage(f"exchange/{name}")
    task_bytes = forecast(job, name, corpus, manifests).task_bytes
    counts, last, written = _rounds(run, name, corpus, task_bytes, Written(files, size))
    run.provenance.exchanged[name] = {**vars(written), "kept_bytes": job.store.usage(f"kept/{name}")[1]}
    run.exchange(Lay(job, name, last, corpus), range(corpus.subject_ranges), partial(laid_file, name))
    job.store.write_json(counts_file(name), dict(counts))
    return counts


@dataclass(frozen=True)
class Written:
    """What an exchange wrote."""

    files: int
    bytes: int


def _rounds(run: Run, name: str, corpus: Corpus, task_bytes: int, written: Written) -> tuple[Counts, str, Written]:
    """Run the rounds; return the sums of their counts, the name of the last, and what was written in all."""
    store, rounds, last = run.job.store, run.job.relation(name).rounds(), ""
    counts: dict[str, int] = {}
    step = next(rounds, None)
    while step is not None:
        work = Exchange(run.job, name, step, corpus, dict(counts), task_bytes)
        run.exchange(work, range(work.items), partial(round_file, name, step.name))
        for item in range(work.items):
            record = store.read_json(round_file(name, step.name, item))
            written = Written(written.files + record["files"], written.bytes + record["bytes"])
            for key, number in record["counts"].items():
                counts[key] = counts.get(key, 0) + number
        store.remove(channel_folder(name, *channel.split(".", 1)) for channel in step.frees)
        last = step.name
        try:
            step = rounds.send(dict(counts))
        except StopIteration:
            step = None
    return counts, last, written


def _leave_out(job: Job, step: Pass, units: set[int]) -> None:
    """A unit that was quarantined has no columns to fold."""
    for unit in sorted(units):
        job.store.write_packed(state_file(step.name, unit), {"fault": "quarantined"})
