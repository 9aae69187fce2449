"""An audit, from a plan to a report.

>>> from engine.local import Local
>>> audit(load("audit.toml"), Local(), "out").result("text.distinct_n").value  # doctest: +SKIP
"""

import json
from typing import Any

from engine import __version__
from engine.assemble import assemble
from engine.backend import Backend
from engine.errors import PlanError, ShardFault, StoreError, nearest
from engine.fitness import use
from engine.graph import Available, Graph, plan_fingerprint, resolve
from engine.job import Job, corpus_file, manifest_file
from engine.journal import Journal
from engine.plan import Plan, canonical, differences, load
from engine.provenance import Provenance
from engine.report.html import render_html
from engine.report.markdown import render_markdown
from engine.report.model import Report, Status, from_json, to_json
from engine.schema import Side
from engine.source.dataset import Dataset
from engine.source.freeze import freeze
from engine.source.manifest import Manifest
from engine.source.peek import logical_columns, missing_columns, peek
from engine.stages import Progress, Run, quiet, run_all
from engine.store import Store

__all__ = ["audit", "exit_code", "load", "read_provenance", "read_report", "survey"]

PLAN, REPORT, PROVENANCE, COMPLETE = "plan.json", "report.json", "provenance.json", "complete.json"


def survey(plan: Plan) -> tuple[Plan, Graph, Available]:
    """What a plan can measure on its data: looks at the beginning of each side, reads nothing else.

    Returns the plan with the columns of every side settled, its graph, and the logical columns that each side has.

    Raises:
        SourceError: when a side cannot be looked at.
        PlanError: when the plan names a column that its data lacks.
    """
    available: dict[Side, tuple[str, ...]] = {}
    plan = _settled(plan)
    for side in plan.sides:
        dataset = plan.dataset(side)
        if dataset is not None:
            _check_columns(dataset, side)
            if side is Side.SUBJECT:
                _check_types(dataset, side)
            available[side] = logical_columns(dataset)
    return plan, resolve(plan, available), available


def audit(plan: Plan, backend: Backend, out: str, strict: bool = False, progress: Progress = quiet) -> Report:
    """Audit the plan's subject into OUT; goes on with what is there.

    Args:
        plan: what to measure.
        backend: where to run.
        out: a folder, on any fsspec filesystem.
        strict: stop at the first shard or record that cannot be read.
        progress: see `engine.stages.Progress`.

    Raises:
        SourceError, PlanError, StoreError: before any work starts.
        ShardFault: under ``strict``.
    """
    if plan.use is not None:
        use(plan.use)
    plan, graph, available = survey(plan)
    if not graph.passes:
        reasons = "; ".join(f"{name} {reason}" for name, reason in list(graph.missing.items())[:3])
        raise PlanError(f"nothing can be measured on {plan.subject.path}: {reasons}")
    job = Job(plan, graph, out, strict)
    _check_known(job)
    _claim(job)
    manifests = {side: _frozen(job, side) for side in dict.fromkeys(step.side for step in graph.passes)}
    if not job.store.exists(COMPLETE):
        with Journal(job.store, backend.told) as journal:
            run = Run(job, backend, progress, Provenance(backend.name), journal)
            report = assemble(run, manifests, run_all(run, manifests), available)
        _commit(job.store, report, run.provenance)
    job.store.remove(["exchange", "rounds", "attempts"])
    return read_report(out)


def read_report(out: str) -> Report:
    """The report of a finished audit.

    Raises:
        StoreError: when there is none.
    """
    store = Store(out)
    if not store.exists(REPORT):
        raise StoreError(f"{out} holds no report; run `auditor audit PLAN --out {out}`")
    return from_json(store.read(REPORT).decode())


def read_provenance(out: str) -> dict[str, Any]:
    """How the numbers of a finished audit came about: see `engine.provenance`."""
    document: dict[str, Any] = Store(out).read_json(PROVENANCE)
    return document


def is_finished(plan: Plan, out: str) -> bool:
    """Whether OUT holds a finished audit of this plan."""
    store = Store(out)
    if not store.exists(COMPLETE) or not store.exists(PLAN):
        return False
    plan, graph, _ = survey(plan)
    return bool(store.read_json(PLAN)["fingerprint"] == plan_fingerprint(plan, graph))


def exit_code(report: Report) -> int:
    """0, or 3 when a metric failed or something could not be read."""
    failed = any(result.status is Status.FAILED for result in report.results)
    return 3 if failed or report.quarantine.total else 0


def _settled(plan: Plan) -> Plan:
    """With the subject's mapping on every side that states none, as far as the side's data has the columns."""
    changes = {}
    for side in plan.sides:
        dataset = plan.dataset(side)
        if dataset is not None and side is not Side.SUBJECT and not dataset.columns:
            mapped = dataset.model_copy(update={"columns": plan.subject.columns})
            lacking = missing_columns(mapped)
            columns = {name: origin for name, origin in plan.subject.columns.items() if name not in lacking}
            changes[str(side)] = dataset.model_copy(update={"columns": columns})
    return plan.model_copy(update=changes)


def _check_columns(dataset: Dataset, side: Side) -> None:
    """Raise for the first column that the plan names and the data lacks."""
    for logical, lacking in missing_columns(dataset).items():
        there = peek(dataset).columns
        hint = nearest(lacking[0], there) or f"; it has {', '.join(sorted(there)[:20])}"
        raise PlanError(f"[{side}] columns.{logical} names '{lacking[0]}', which {dataset.paths[0]} does not have{hint}")


def _check_types(dataset: Dataset, side: Side) -> None:
    """Raise for the first type of a column that the table lacks."""
    there = peek(dataset, None).columns if dataset.types else {}
    for name in dataset.types:
        if name not in there:
            hint = nearest(name, there) or f"; it has {', '.join(sorted(there)[:20])}"
            raise PlanError(f"[{side}] types names '{name}', which {dataset.paths[0]} does not have{hint}")


def _check_known(job: Job) -> None:
    """Raise where an earlier corpus kept nothing that this one can be compared with."""
    for name in job.graph.relations:
        relation = job.relation(name)
        identity = json.loads(canonical(dict(relation.kept_identity())))
        for out in job.plan.known if relation.keeps else ():
            store = Store(out)
            if not store.exists(corpus_file(name)):
                raise PlanError(f"known: {out} holds no finished audit that kept anything of {name.removeprefix('relations.')}")
            different = differences(store.read_json(corpus_file(name))["identity"], identity)
            if different:
                raise PlanError(
                    f"known: {out} was made with other parameters of {name.removeprefix('relations.')}: {different[0]}"
                )


def _claim(job: Job) -> None:
    """Make OUT this plan's, or raise because it is another's."""
    document = {
        "fingerprint": plan_fingerprint(job.plan, job.graph),
        "plan": job.plan.document(),
        "versions": dict(job.graph.versions),
        "auditor": __version__,
    }
    if job.store.exists(PLAN):
        held = job.store.read_json(PLAN)
        if held["fingerprint"] != document["fingerprint"]:
            different = "; ".join(differences({**held, "fingerprint": ""}, {**document, "fingerprint": ""})[:5])
            raise StoreError(f"{job.out} holds the audit of another plan ({different}); give another --out")
    elif job.store.names(""):
        raise StoreError(f"{job.out} is not empty and holds no audit; give another --out")
    else:
        job.store.write_json(PLAN, document)


def _frozen(job: Job, side: Side) -> Manifest:
    """The manifest: made and stored at the first run, and held against the data ever after."""
    now = freeze(job.dataset(side), job.plan.unit_bytes)
    faults = [shard for shard in now.shards if shard.fault]
    if job.strict and faults:
        raise ShardFault(faults[0].path, faults[0].fault or "")
    if not job.store.exists(manifest_file(side)):
        job.store.write_json(manifest_file(side), now.to_json())
        return now
    held = job.manifest(side)
    difference = held.difference(now)
    if difference:
        raise StoreError(f"the {side} is not what {job.out} was begun on: {difference}; give another --out")
    return held


def _commit(store: Store, report: Report, provenance: Provenance) -> None:
    """Write the report in all its forms, and last of all the word that the audit is complete."""
    store.write(REPORT, to_json(report).encode())
    store.write("report.md", render_markdown([report]).encode())
    store.write("report.html", render_html([report]).encode())
    store.write_json(PROVENANCE, provenance.document())
    store.write_json(COMPLETE, {"fingerprint": report.fingerprint})
