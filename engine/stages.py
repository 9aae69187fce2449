"""The stages of an audit in order: stream every side, merge, exchange, lay, fold what the relations say.

Every stage lists what is committed in OUT and does the rest, so the same call after a kill goes on where it stopped.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from engine.backend import Backend, Done, Work
from engine.exchange import Group, Lay, partition_count, unit_ranges
from engine.graph import Pass
from engine.job import Job, group_file, laid_file, merged_file, state_file
from engine.merge import Merge, Merged, with_zeros
from engine.provenance import Provenance
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

    def stream(self, work: Work, items: Sequence[int], committed: Callable[[int], str]) -> None:
        """Do the units of a streaming pass that are not committed yet."""
        self._do(self.backend.stream, work, items, committed)

    def exchange(self, work: Work, items: Sequence[int], committed: Callable[[int], str]) -> None:
        """Do the partitions of an exchange that are not committed yet."""
        self._do(self.backend.exchange, work, items, committed)

    def _do(
        self,
        verb: Callable[[Work, Sequence[int], Done], None],
        work: Work,
        items: Sequence[int],
        committed: Callable[[int], str],
    ) -> None:
        there = self.job.store.names(committed(0).rsplit("/", 1)[0])
        todo = [item for item in items if committed(item).rsplit("/", 1)[1] not in there]
        before, start = len(items) - len(todo), time.monotonic()
        done = before
        self.progress(work.name, done, len(items))

        def count(_: int) -> None:
            nonlocal done
            done += 1
            self.progress(work.name, done, len(items))

        verb(work, todo, count)
        self.provenance.add(work.name, len(items), before, time.monotonic() - start)


def run_all(run: Run, manifests: Mapping[Side, Manifest]) -> dict[str, Merged]:
    """Run every pass of the job's graph; return the merged states of each by its name."""
    merged: dict[str, Merged] = {}
    for step in run.job.graph.passes:
        units = len(manifests[step.side].units)
        if step.joined:
            _relate(run, merged)
            whole = merged[str(Side.SUBJECT)].whole
            _leave_out(run.job, step, {*range(units)} - {*whole})
            run.stream(Join(run.job, step.name), range(units), partial(state_file, step.name))
        else:
            run.stream(Stream(run.job, step.name), range(units), partial(state_file, step.name))
        merged[step.name] = _merge(run, step, units)
    return merged


def _merge(run: Run, step: Pass, units: int) -> Merged:
    children, level = units, 0
    while children > 1 or (level == 0 and children):
        work = Merge(run.job, step.name, level, children)
        run.exchange(work, range(work.items), partial(merged_file, step.name, level))
        children, level = work.items, level + 1
    merged = Merged.of(run.job.store.read_packed(merged_file(step.name, level - 1, 0))) if units else Merged()
    return with_zeros(merged, {name: run.job.graph.metrics[name] for name in step.folds})


def _relate(run: Run, merged: Mapping[str, Merged]) -> None:
    """Group each relation's rows and lay its columns beside the subject's units."""
    rows = tuple(count or 0 for count in merged[str(Side.SUBJECT)].rows)
    ranges = unit_ranges(rows)
    for name in run.job.graph.relations:
        units = {step.side: merged[step.name].whole for step in run.job.graph.passes if name in step.relations}
        group = Group(run.job, name, units, ranges)
        run.exchange(group, range(partition_count(run.job)), partial(group_file, name))
        run.exchange(Lay(run.job, name, ranges, rows), range(len(ranges)), partial(laid_file, name))


def _leave_out(job: Job, step: Pass, units: set[int]) -> None:
    """A unit that was quarantined has no columns to fold."""
    for unit in sorted(units):
        job.store.write_packed(state_file(step.name, unit), {"fault": "quarantined"})
