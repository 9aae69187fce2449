"""From a plan to steps: which columns are read, which features are computed once, which relations, which folds in which pass.

>>> graph = resolve_names(["text.distinct_n"], {Side.SUBJECT: ("text",)}, Modality.TEXT)
>>> graph.passes[0].columns, graph.passes[0].features, graph.passes[0].folds
(('text',), ('features.words',), ('text.distinct_n',))
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from engine import catalog
from engine.metric import Comparison, Fold
from engine.plan import Plan, fingerprint
from engine.schema import PAYLOAD, SCHEMAS, SHARD, Modality, Side, payload_columns

Available = Mapping[Side, tuple[str, ...]]


@dataclass(frozen=True)
class Pass:
    """One streaming pass over a side: read ``columns``, add ``features`` in order, fold ``folds``, emit ``relations``.

    ``payload`` names the columns that make up the payload struct, where something reads that. With ``joined`` set, the
    columns come from the relations' output instead of the source.
    """

    side: Side
    columns: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    folds: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    payload: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the pass in OUT and in progress."""
        return f"{self.side}.joined" if self.joined else str(self.side)


@dataclass(frozen=True)
class Graph:
    """What will run, and what will not and why. ``rereads``: what a relation reads of a side when it reads it again."""

    metrics: Mapping[str, Fold[Any]]
    missing: Mapping[str, str]
    not_asked: tuple[str, ...]
    passes: tuple[Pass, ...]
    rereads: Mapping[str, Mapping[Side, Pass]] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)

    @property
    def relations(self) -> tuple[str, ...]:
        """The relations that some pass emits."""
        return tuple(sorted({name for step in self.passes for name in step.relations}))


def resolve(plan: Plan, available: Available) -> Graph:
    """The graph of a plan over data that has these logical columns."""
    modality = plan.subject.modality
    applicable = [name for name in catalog.metric_names() if catalog.applies_to(name, modality)]
    asked = applicable if plan.metrics is None else sorted(plan.metrics)
    return resolve_names(asked, available, modality, plan.metrics or {}, [n for n in applicable if n not in asked])


def resolve_names(
    asked: Iterable[str],
    available: Available,
    modality: Modality,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    not_asked: Iterable[str] = (),
) -> Graph:
    """The graph of some metrics over data that has these logical columns."""
    metrics = {name: catalog.metric(name, dict((parameters or {}).get(name, {}))) for name in sorted(asked)}
    reasons = {name: _obstacle(metric, available, modality) for name, metric in metrics.items()}
    runnable = {name: metric for name, metric in metrics.items() if not reasons[name]}
    passes = tuple(_passes(runnable, available, modality))
    used = [*runnable, *(f for step in passes for f in step.features), *(r for step in passes for r in step.relations)]
    return Graph(
        metrics=metrics,
        missing={name: reason for name, reason in reasons.items() if reason},
        not_asked=tuple(not_asked),
        passes=passes,
        rereads=_rereads(passes, available, modality),
        versions={name: _class(name).version for name in sorted(set(used))},
    )


def plan_fingerprint(plan: Plan, graph: Graph) -> str:
    """The fingerprint of the plan with the versions of everything in its graph."""
    return fingerprint(plan, graph.versions)


def _class(name: str) -> Any:
    return catalog.features().get(name) or catalog.relations().get(name) or catalog.metric_class(name)


def _obstacle(metric: Fold[Any], available: Available, modality: Modality) -> str | None:
    for side in metric.needs:
        if side not in available:
            return f"needs a {side}: give the plan a [{side}]"
    for package in metric.requires:
        if find_spec(package) is None:
            return f"needs the package {package}: pip install it"
    for side in _read_sides(metric):
        for column in metric.reads:
            obstacle = _Paths(available[side], modality).obstacle(column)
            if obstacle:
                return obstacle if side is Side.SUBJECT else f"the {side}: {obstacle}"
    return None


def _read_sides(metric: Fold[Any]) -> tuple[Side, ...]:
    return (Side.SUBJECT, *metric.needs) if isinstance(metric, Comparison) else (Side.SUBJECT,)


@dataclass(frozen=True)
class _Paths:
    """How each column can be had on one side: from the source, from a feature, from a relation."""

    available: tuple[str, ...]
    modality: Modality

    def feature(self, column: str) -> str | None:
        """The feature that writes the column from what is at hand; else the first that writes it from other features."""
        able = [n for n, cls in catalog.features().items() if column in cls.writes and not self._feature_obstacle(n)]
        return min(able, key=self._indirect, default=None)

    def _indirect(self, name: str) -> int:
        return sum(read not in self.available for read in catalog.features()[name].reads)

    def relation(self, column: str) -> str | None:
        return next((name for name, cls in catalog.relations().items() if column in cls.writes), None)

    def payload(self) -> tuple[str, ...]:
        return tuple(c for c in payload_columns(self.modality) if c in self.available or self.feature(c))

    def obstacle(self, column: str) -> str | None:
        """Why the column cannot be had, or None."""
        if column == SHARD or column in self.available or self.feature(column):
            return None
        if column == PAYLOAD:
            wanted = " or ".join(payload_columns(self.modality))
            return None if self.payload() else f"needs a column {wanted}"
        relation = self.relation(column)
        if relation:
            obstacles = (self.obstacle(read) for read in catalog.relations()[relation].reads)
            return next((o for o in obstacles if o), None)
        writers = [name for name, cls in catalog.features().items() if column in cls.writes]
        if any(column == known.name for known in SCHEMAS[self.modality]) or not writers:
            return f"needs a column {column}: map it in [subject] columns"
        return self._feature_obstacle(writers[0])

    def _feature_obstacle(self, name: str) -> str | None:
        cls = catalog.features()[name]
        for package in cls.requires:
            if find_spec(package) is None:
                return f"needs the package {package}: pip install it"
        return next((o for o in (self.obstacle(read) for read in cls.reads if read not in cls.writes) if o), None)


def _passes(metrics: Mapping[str, Fold[Any]], available: Available, modality: Modality) -> Iterable[Pass]:
    paths = {side: _Paths(columns, modality) for side, columns in available.items()}
    joined = {name: _joined(metric, paths[Side.SUBJECT]) for name, metric in metrics.items()}
    for side in Side:
        if side not in available:
            continue
        folds = tuple(n for n, metric in metrics.items() if side in _read_sides(metric) and not joined[n])
        wanting = [n for n in metrics if joined[n] and (side is Side.SUBJECT or side in _sides_taken(metrics[n]))]
        relations = tuple(sorted({relation for n in wanting for relation in joined[n]}))
        if folds or relations:
            yield _source_pass(side, paths[side], metrics, folds, relations)
    late = tuple(name for name in metrics if joined[name])
    if late:
        yield Pass(Side.SUBJECT, folds=late, joined=tuple(sorted({r for name in late for r in joined[name]})))


def _rereads(passes: Iterable[Pass], available: Available, modality: Modality) -> dict[str, dict[Side, Pass]]:
    found: dict[str, dict[Side, Pass]] = {}
    for step in passes:
        for name in step.relations:
            alone = _source_pass(step.side, _Paths(available[step.side], modality), {}, (), (name,))
            found.setdefault(name, {})[step.side] = alone
    return found


def _joined(metric: Fold[Any], paths: _Paths) -> tuple[str, ...]:
    relations = {paths.relation(c) for c in metric.reads if c not in paths.available and not paths.feature(c)}
    return tuple(sorted(name for name in relations if name))


def _sides_taken(metric: Fold[Any]) -> tuple[Side, ...]:
    return (*metric.needs, *metric.uses)


def _source_pass(
    side: Side, paths: _Paths, metrics: Mapping[str, Fold[Any]], folds: tuple[str, ...], relations: tuple[str, ...]
) -> Pass:
    features: dict[str, None] = {}
    columns: set[str] = set()

    def want(column: str) -> None:
        if column in paths.available:
            columns.add(column)
        elif column == PAYLOAD:
            for part in paths.payload():
                want(part)
        elif name := paths.feature(column):
            for read in catalog.features()[name].reads:
                want(read)
            features.setdefault(name)

    reads = [c for n in folds for c in metrics[n].reads]
    reads += [c for relation in relations for c in catalog.relations()[relation].reads]
    reads += [c for relation in relations for c in catalog.relations()[relation].may_read if c in paths.available]
    for column in reads:
        want(column)
    payload = paths.payload() if PAYLOAD in reads else ()
    return Pass(side, tuple(sorted(columns)), tuple(features), folds, relations, payload)
