"""What an audit will cost before anything runs: its passes over the data, and its exchanges."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.exchange import Corpus, corpus_of
from engine.graph import Graph
from engine.job import Job
from engine.plan import Plan
from engine.relation import Forecast, Scale
from engine.routing import ROWS_A_GROUP_PARTITION, partitions_for, unit_rows
from engine.schema import Side
from engine.source.columnar import MAX_ROWS
from engine.source.manifest import Manifest

CORES_STARTED = 0.85
"""The share of a cluster's cores that work on average, waiting for storage and the ends of rounds taken off."""
START_SECONDS, START_BYTES = 2.0, 240_000_000
"""CPU seconds and memory of a process that has loaded what folds need and has read nothing yet."""
UNIT_SECONDS, TASK_SECONDS = 2.2e-3, 1.0e-3
"""What Ray takes on its driver to hand out a unit of a pass, and a task of an exchange, one after the other."""
READ_SECONDS = 0.03e-6
"""CPU seconds of a cell that is read from Parquet and comes to the folds."""
CELL_BYTES = 120
"""Memory of a cell of the batch that a worker holds, with what folds make of it on the way."""
STATES_HELD = 2
"""States of each fold that a worker holds: the sum so far, and that of the batch or of the next unit."""


@dataclass(frozen=True)
class Passes:
    """What the passes over the sources cost.

    Args:
        cpu_seconds: of all of them.
        worker_bytes: the most memory of a worker, which does not depend on how many records there are.
        unmeasured: the metrics whose folds are not in it, because nobody measured them.
    """

    cpu_seconds: float
    worker_bytes: int
    unmeasured: tuple[str, ...]

    def peak_bytes(self, cores: int) -> int:
        """The most memory of a process with so many workers."""
        return START_BYTES + cores * self.worker_bytes


def scale_of(corpus: Corpus, bytes_: int) -> Scale:
    """The scale of a corpus of which the records are about known."""
    records = sum(count or 0 for count in corpus.rows)
    grouped = partitions_for(records, ROWS_A_GROUP_PARTITION)
    return Scale(records, bytes_, len(corpus.rows), len(corpus.ranges), partitions_for(records), grouped)


def forecasts(plan: Plan, graph: Graph, manifests: Mapping[Side, Manifest]) -> Iterator[tuple[str, Forecast]]:
    """Each relation of the graph with its cost."""
    job = Job(plan, graph, "")
    for name in graph.relations:
        sides = [step.side for step in graph.passes if name in step.relations]
        rows: dict[Side, Sequence[int | None]] = {side: [unit_rows(u) for u in manifests[side].units] for side in sides}
        yield name, forecast(job, name, corpus_of(job, name, rows), manifests)


def forecast(job: Job, name: str, corpus: Corpus, manifests: Mapping[Side, Manifest]) -> Forecast:
    """The cost of a relation over a corpus."""
    sides = [step.side for step in job.graph.passes if name in step.relations]
    size = sum(unit.size_bytes for side in sides for unit in manifests[side].units)
    return job.relation(name).forecast(scale_of(corpus, size))


def passes(graph: Graph, records: Mapping[Side, int], columns: Mapping[Side, int]) -> Passes:
    """The passes over so many records of so many columns a side; features and relations are not in it."""
    seconds, worker, folded, unmeasured = START_SECONDS, 0, dict[str, float](), set[str]()
    most = max(records.values(), default=0)
    for step in graph.passes:
        if step.joined:
            continue
        costs = {name: fold.cost(columns[step.side], most) for name, fold in graph.folding(step).items()}
        known = {name: cost for name, cost in costs.items() if cost is not None}
        unmeasured |= {name for name in step.folds if graph.state_name(name) not in known}
        record = sum(cost.record_seconds for cost in known.values()) + READ_SECONDS * columns[step.side]
        seconds += records[step.side] * record
        states = sum(cost.state_bytes for cost in known.values())
        worker = max(worker, MAX_ROWS * columns[step.side] * CELL_BYTES + STATES_HELD * states)
        folded |= {name: cost.value_seconds for name, cost in known.items()}
    return Passes(seconds + sum(folded.values()), worker, tuple(sorted(unmeasured)))


def passes_in_words(cost: Passes, cores: int) -> str:
    """A line for the plan.

    >>> passes_in_words(Passes(5000.0, 10**8, ("tabular.tstr",)), 2)
    'passes: 49 minutes on 2 cores (5,000 CPU-seconds), at most 0.4 GB of memory; without tabular.tstr, not measured'
    """
    without = f"; without {', '.join(cost.unmeasured)}, not measured" if cost.unmeasured else ""
    return (
        f"passes: {_hours(cost.cpu_seconds, cores)} on {_cores(cores)} ({cost.cpu_seconds:,.0f} CPU-seconds), "
        f"at most {cost.peak_bytes(cores) / 1e9:.1f} GB of memory{without}"
    )


def handing_out_in_words(units: int, tasks: int) -> str:
    """A line for the plan.

    >>> handing_out_in_words(100_000, 20_000)
    'on Ray: 100,000 units and about 20,000 tasks are handed out in 4 minutes, however many cores there are'
    """
    seconds = UNIT_SECONDS * units + TASK_SECONDS * tasks
    given = f"{units:,} units and about {tasks:,} tasks"
    return f"on Ray: {given} are handed out in {_duration(seconds)}, however many cores there are"


def in_words(name: str, cost: Forecast, cores: int) -> str:
    """A line for the plan.

    >>> in_words("relations.near_groups", Forecast(3 * 10**9, 10**9, 400, 5 * 10**8, 7200.0), 2)
    'near_groups: about 3.0 GB exchanged in 400 files, 1.0 GB kept, 0.5 GB in its largest task, 1.2 hours on 2 cores'
    """
    amounts = [f"{size / 1e9:.1f} GB" for size in (cost.exchanged_bytes, cost.kept_bytes, cost.task_bytes)]
    return (
        f"{name.removeprefix('relations.')}: about {amounts[0]} exchanged in {cost.files:,} files, {amounts[1]} kept, "
        f"{amounts[2]} in its largest task, {_hours(cost.cpu_seconds, cores)} on {_cores(cores)}"
    )


def _hours(cpu_seconds: float, cores: int) -> str:
    return _duration(cpu_seconds / cores / CORES_STARTED)


def _duration(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:.1f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes" if hours * 60 >= 1 else "under a minute"


def _cores(cores: int) -> str:
    return f"{cores:,} core" + ("" if cores == 1 else "s")
