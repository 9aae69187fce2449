"""What an audit's exchanges will cost, before anything runs."""

from collections.abc import Iterator, Mapping, Sequence

from engine.exchange import Corpus, corpus_of
from engine.graph import Graph
from engine.job import Job
from engine.plan import Plan
from engine.relation import Forecast, Scale
from engine.routing import ROWS_A_GROUP_PARTITION, partitions_for, unit_rows
from engine.schema import Side
from engine.source.manifest import Manifest

CORES_STARTED = 0.85
"""The share of a cluster's cores that work on average, waiting for storage and the ends of rounds taken off."""


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
        size = sum(unit.size_bytes for side in sides for unit in manifests[side].units)
        yield name, job.relation(name).forecast(scale_of(corpus_of(job, name, rows), size))


def in_words(name: str, cost: Forecast, cores: int) -> str:
    """A line for the plan.

    >>> in_words("relations.near_groups", Forecast(3 * 10**9, 10**9, 400, 5 * 10**8, 7200.0), 2)
    'near_groups: about 3.0 GB exchanged in 400 files, 1.0 GB kept, 0.5 GB in its largest task, 1.2 hours on 2 cores'
    """
    hours = cost.cpu_seconds / 3600 / cores / CORES_STARTED
    took = f"{hours:.1f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes" if hours * 60 >= 1 else "under a minute"
    amounts = [f"{size / 1e9:.1f} GB" for size in (cost.exchanged_bytes, cost.kept_bytes, cost.task_bytes)]
    return (
        f"{name.removeprefix('relations.')}: about {amounts[0]} exchanged in {cost.files:,} files, {amounts[1]} kept, "
        f"{amounts[2]} in its largest task, {took} on {cores:,} core{'s' if cores != 1 else ''}"
    )
