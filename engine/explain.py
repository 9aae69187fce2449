"""A plan, a metric and the catalogue in words, for a terminal. Nothing here runs anything."""

import inspect
import math
from collections.abc import Iterable
from dataclasses import asdict, fields

from engine import catalog
from engine.dedup import Written
from engine.forecast import Passes, forecasts, handing_out_in_words, in_words, passes, passes_in_words
from engine.graph import Available, Graph
from engine.plan import Plan
from engine.report.model import Report
from engine.routing import manifest_rows
from engine.schema import Direction, Modality, Side
from engine.source.manifest import Manifest
from engine.source.peek import row_type

_ARROW = {Direction.UP: "higher is better", Direction.DOWN: "lower is better", Direction.NONE: "descriptive"}


def catalogue(modality: Modality | None = None) -> Iterable[str]:
    """A line for every metric of a modality, or of all.

    >>> next(iter(catalogue(Modality.TABULAR))).split()[0]
    'corpus.cluster_coverage'
    """
    for name in catalog.metric_names():
        if modality is None or catalog.applies_to(name, modality):
            yield f"{name:<38}{catalog.metric_class(name).summary()}"


def metric(name: str) -> str:
    """Everything about a metric: definition, range, parameters, what it reads, source.

    >>> "Wilson" in metric("corpus.exact_duplicates") or "share of records" in metric("corpus.exact_duplicates")
    True
    """
    cls = catalog.metric_class(name)
    low, high = cls.range
    bounds = f"{low:g} to {high:g}" if math.isfinite(high) else f"{low:g} and up"
    parameters = [f"  {field.name} = {field.default!r}" for field in fields(cls)]  # type: ignore[arg-type]
    lines = [
        f"{name}  (version {cls.version})",
        "",
        inspect.getdoc(cls) or "",
        "",
        f"unit: {cls.unit}; range: {bounds}; {_ARROW[cls.direction]}",
        f"reads: {', '.join(cls.reads)}"
        + (f"; may read: {', '.join(cls.may_read)}" if cls.may_read else "")
        + (f"; needs: {', '.join(cls.needs)}" if cls.needs else ""),
        f"source: {cls.source}",
        "parameters:" if parameters else "no parameters",
        *parameters,
    ]
    return "\n".join(lines)


def plan(plan: Plan, graph: Graph, available: Available, manifests: dict[Side, Manifest], cores: int) -> str:
    """What will run over what, what cannot be measured and why, and what the exchanges will cost on some cores."""
    lines = [f"{plan.name}: {plan.subject.modality} data" + (f", judged for {plan.use}" if plan.use else "")]
    for side, manifest in manifests.items():
        size = sum(shard.size_bytes for shard in manifest.shards)
        rows = [unit.rows for unit in manifest.units]
        known = f", {sum(r or 0 for r in rows):,} records" if rows and None not in rows else ""
        counts = f"{_count(len(manifest.shards), 'shard')}, {_count(len(manifest.units), 'unit')}"
        lines.append(f"  {side}: {counts}, {size:,} bytes{known}; columns {', '.join(available[side]) or 'none'}")
        lines += [f"    quarantined: {shard.path}: {shard.fault}" for shard in manifest.shards if shard.fault]
    lines.append("steps:")
    for step in graph.passes:
        if step.joined:
            for name, cost in forecasts(plan, graph, manifests):
                lines.append(f"  relate {in_words(name, cost, cores)}")
                lines += [f"    {line}" for line in plan.relation(name).explained()]
            lines.append(f"  fold relations: {', '.join(step.folds)}")
            continue
        lines.append(f"  read {step.side}: columns {', '.join(step.columns) or 'none'}")
        lines += [f"    compute {', '.join(step.features)}"] * bool(step.features)
        lines += [f"      {_model(plan, name, graph)}" for name in step.features if name in graph.identities]
        lines += [f"    fold {', '.join(step.folds)}"] * bool(step.folds)
        lines += [f"    emit {', '.join(step.relations)}"] * bool(step.relations)
    lines.append(f"  {_handing_out(plan, graph, manifests)}")
    if plan.subject.modality is Modality.TABULAR:
        lines.append(f"  {passes_in_words(table_passes(plan, graph, manifests), cores)}")
    measured = [name for name in graph.metrics if name not in graph.missing]
    lines.append(f"will measure ({len(measured)}): {', '.join(measured) or 'nothing'}")
    if graph.missing:
        lines.append(f"cannot measure ({len(graph.missing)}):")
        lines += [f"  {name}: {reason}" for name, reason in graph.missing.items()]
    if graph.not_asked:
        lines.append(f"left out by the plan ({len(graph.not_asked)}): {', '.join(graph.not_asked)}")
    return "\n".join(lines)


def _handing_out(plan: Plan, graph: Graph, manifests: dict[Side, Manifest]) -> str:
    units = sum(len(manifests[step.side].units) for step in graph.passes)
    return handing_out_in_words(units, sum(cost.files for _, cost in forecasts(plan, graph, manifests)))


def table_passes(plan: Plan, graph: Graph, manifests: dict[Side, Manifest]) -> Passes:
    """What the passes over tables cost, by their rows and columns."""
    records = {side: manifest_rows(manifest) for side, manifest in manifests.items()}
    columns = {side: row_type(data, manifests[side]).num_fields for side in manifests if (data := plan.dataset(side))}
    return passes(graph, records, columns)


def _model(plan: Plan, name: str, graph: Graph) -> str:
    settings = {**asdict(plan.feature(name)), **graph.identities[name]}  # type: ignore[call-overload]
    kept = f"; kept in {plan.cache or 'OUT'} for every later audit of the same data"
    return f"{name.removeprefix('features.')}: " + ", ".join(f"{key} {value}" for key, value in settings.items()) + kept


def dedup(report: Report, written: Written | None) -> Iterable[str]:
    """What a deduplication found, and where the records went."""
    result = report.result("corpus.near_duplicates")
    found = result.value if result is not None else None
    if found is None or found.value is None:
        yield f"near-duplicates could not be told: {found.reason if found else 'the metric failed'}"
    else:
        yield f"near-duplicates: {found.value:.2%} of {found.n:,} records"
    if found is not None and found.value is not None and found.reason:
        yield f"look at this: {found.reason}"
    if written is not None:
        kept = f"kept {written.kept:,} + removed {written.removed:,} + quarantined {written.quarantined:,}"
        yield f"read {written.read:,} = {kept}"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")
