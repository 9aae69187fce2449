"""From merged states to the report: values, evidence, the grid, and where every record went."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from engine import __version__, catalog
from engine.corpus import Layout
from engine.coverage import grid, known_metrics
from engine.evidence import renumbered
from engine.exhibits import exhibits, place, whole_layout
from engine.fitness import judge
from engine.graph import Available, Graph, plan_fingerprint
from engine.job import Job
from engine.merge import Merged
from engine.metric import Comparison, Fold, HoldoutComparison, Metric
from engine.report.model import (
    QUARANTINE_SHOWN,
    Quarantine,
    Quarantined,
    Records,
    Report,
    Result,
    SideSummary,
    Status,
)
from engine.schema import Modality, Side
from engine.source.manifest import Manifest
from engine.stages import Outcome, Run
from engine.storage.names import redact, redacted
from engine.stream import cause_kind
from engine.value import Value

Manifests = Mapping[Side, Manifest]
AllMerged = Mapping[str, Merged]


def assemble(run: Run, manifests: Manifests, outcome: Outcome, columns: Available) -> Report:
    """The report of a run whose passes are all merged. ``columns``: each side's logical columns, shown as evidence."""
    plan, graph = run.job.plan, run.job.graph
    merged = _accounted(graph, outcome)
    modality = plan.subject.modality
    layout = whole_layout(run.job, manifests)
    results = tuple(_numbered(_result(name, graph, merged, modality), run.job, layout) for name in sorted(_named(graph)))
    records, pairs = exhibits(run, manifests, {side: merged[str(side)].rows for side in manifests}, layout, results, columns)
    report = Report(
        auditor=__version__,
        name=plan.name,
        use=plan.use,
        modality=modality,
        plan=plan.document(),
        fingerprint=plan_fingerprint(plan, graph),
        sides={str(side): _summary(run, side, manifests[side], merged[str(side)]) for side in manifests},
        quarantine=_quarantine(manifests, merged),
        results=results,
        cells=grid(results, modality, known_metrics(modality)),
        records=records,
        pairs=pairs,
        models=_models(run.job),
    )
    return report if plan.use is None else replace(report, fitness=judge(report, plan.use))


def _models(job: Job) -> dict[str, dict[str, Any]]:
    """What the plan and the weights say of each feature with a model."""
    return {
        name.removeprefix("features."): redacted({**asdict(job.plan.feature(name)), **identity})  # type: ignore[call-overload]
        for name, identity in job.graph.identities.items()
    }


def _accounted(graph: Graph, outcome: Outcome) -> AllMerged:
    """The merged states, with what rounds counted added to those of the metrics that read the relations."""
    merged = dict(outcome.merged)
    for step in graph.passes:
        if step.joined:
            counts = {key: n for name in step.joined for key, n in outcome.counts[name].items()}
            states, folding = merged[step.name].states, graph.folding(step)
            added = {name: state + folding[name].account(counts) for name, state in states.items()}
            merged[step.name] = replace(merged[step.name], states=added)
    return merged


def _named(graph: Graph) -> set[str]:
    return {*graph.metrics, *graph.not_asked}


def _result(name: str, graph: Graph, merged: AllMerged, modality: Modality) -> Result:
    if name in graph.not_asked:
        return Result.without(name, catalog.metric(name), modality, Status.NOT_ASKED, "the plan leaves it out")
    metric = graph.metrics[name]
    if name in graph.missing:
        return Result.without(name, metric, modality, Status.NOT_MEASURABLE, graph.missing[name])
    failed = _failure(name, graph, merged)
    if failed is not None:
        return Result.without(name, metric, modality, Status.FAILED, failed)
    try:
        return Result.of(name, metric, modality, _value(name, metric, graph, merged))
    except Exception as error:  # a failed metric fails itself, not the audit
        return Result.without(name, metric, modality, Status.FAILED, f"{type(error).__name__}: {error}"[:500])


def _failure(name: str, graph: Graph, merged: AllMerged) -> str | None:
    """The first error of a metric, or of a relation whose columns it reads, on any side."""
    for step in graph.passes:
        if name in step.folds and graph.state_name(name) in merged[step.name].failed:
            return merged[step.name].failed[graph.state_name(name)]
        if name in step.folds and step.joined:
            errors = (part.failed.get(relation) for part in merged.values() for relation in step.joined)
            return next((error for error in errors if error), None)
    return None


def _value(name: str, metric: Fold[Any], graph: Graph, merged: AllMerged) -> Value:
    states = {step.side: merged[step.name].states[graph.state_name(name)] for step in graph.passes if name in step.folds}
    if isinstance(metric, HoldoutComparison):
        return metric.compare(states[Side.SUBJECT], states[Side.REFERENCE], states.get(Side.HOLDOUT))
    if isinstance(metric, Comparison):
        return metric.compare(states[Side.SUBJECT], states[Side.REFERENCE])
    if isinstance(metric, Metric):
        return metric.value(states[Side.SUBJECT])
    raise TypeError(f"{name} is neither a Metric nor a Comparison")


def _numbered(result: Result, job: Job, layout: Layout) -> Result:
    """With the ids that pairs of a relation have among all sides of the job."""
    joined = [relation for step in job.graph.passes if result.metric in step.folds for relation in step.joined]
    relations = (name for name in joined if {*catalog.relations()[name].writes} & {*job.graph.metrics[result.metric].reads})
    relation = next(relations, None)
    if result.value is None or relation is None:
        return result
    return replace(result, value=renumbered(result.value, job.layout(relation), layout))


def _summary(run: Run, side: Side, manifest: Manifest, merged: Merged) -> SideSummary:
    read = sum(rows for rows in merged.rows if rows is not None)
    lost = sum(manifest.units[unit].rows or 0 for unit, _ in merged.lost)
    return SideSummary(
        path=tuple(map(redact, run.job.dataset(side).paths)),
        shards=len(manifest.shards),
        shards_quarantined=sum(shard.fault is not None for shard in manifest.shards),
        units=len(manifest.units),
        units_quarantined=len(merged.lost),
        size_bytes=sum(shard.size_bytes for shard in manifest.shards),
        records=Records(read + lost, read - merged.faults, 0, merged.faults + lost),
    )


def _quarantine(manifests: Manifests, merged: AllMerged) -> Quarantine:
    first: list[Quarantined] = []
    causes: dict[str, int] = {}
    for side, manifest in manifests.items():
        found = merged[str(side)]
        whole = [(shard.path, shard.fault) for shard in manifest.shards if shard.fault]
        whole += [(manifest.shards[manifest.units[unit].shard].path, cause) for unit, cause in found.lost]
        first += [Quarantined(str(side), path, None, cause) for path, cause in whole]
        first += [_faulty(str(side), manifest, found, *named) for named in found.named]
        for kind, count in [*((cause_kind(cause), 1) for _, cause in whole), *found.causes.items()]:
            causes[kind] = causes.get(kind, 0) + count
    return Quarantine(sum(causes.values()), dict(sorted(causes.items())), tuple(first[:QUARANTINE_SHOWN]))


def _faulty(side: str, manifest: Manifest, merged: Merged, unit: int, row: int, cause: str) -> Quarantined:
    path, first = place(manifest, merged.rows, unit)
    return Quarantined(side, path, None if first is None else first + row, cause)
