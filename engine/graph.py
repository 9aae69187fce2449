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
from engine.errors import PlanError
from engine.feature import Feature
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
    """What will run, and what will not and why.

    Args:
        metrics: with their parameters, by name.
        missing: why a metric cannot be measured.
        not_asked: what the plan leaves out.
        passes: in order.
        rereads: what a relation reads of a side when it reads it again.
        versions: of everything in the passes.
        identities: of the features that say what they depend on beside their parameters.
    """

    metrics: Mapping[str, Fold[Any]]
    missing: Mapping[str, str]
    not_asked: tuple[str, ...]
    passes: tuple[Pass, ...]
    rereads: Mapping[str, Mapping[Side, Pass]] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    identities: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def state_name(self, metric: str) -> str:
        """Under which the state of a metric is kept: its own name, or that of what it shares (`engine.metric.Fold.shares`)."""
        return self.metrics[metric].shares or metric

    def folding(self, step: Pass) -> dict[str, Fold[Any]]:
        """What a pass folds, by the name of the state: one metric of those that share it."""
        return {self.state_name(name): self.metrics[name] for name in step.folds}

    @property
    def relations(self) -> tuple[str, ...]:
        """The relations that some pass emits."""
        return tuple(sorted({name for step in self.passes for name in step.relations}))


def resolve(plan: Plan, available: Available) -> Graph:
    """The graph of a plan over data that has these logical columns."""
    modality = plan.subject.modality
    applicable = [name for name in catalog.metric_names() if catalog.applies_to(name, modality)]
    asked = applicable if plan.metrics is None else sorted(plan.metrics)
    features = {name: plan.feature(name) for name in catalog.features() if _wanted(name, plan)}
    return resolve_names(asked, available, modality, plan.metrics or {}, [n for n in applicable if n not in asked], features)


def _wanted(name: str, plan: Plan) -> bool:
    """Whether a feature may be computed: one that waits to be asked for where the plan names it, or names
    metrics and no rival of it.

    "Whatever the data allows" neither sends a corpus through a model that nobody named nor runs its programs.

    Raises:
        PlanError: where the plan names two features that write the same column.
    """
    cls = catalog.features()[name]
    if not cls.unasked:
        return True
    rivals = [n for n, other in catalog.features().items() if n != name and _named(n, plan) and {*other.writes} & {*cls.writes}]
    if _named(name, plan) and rivals:
        raise PlanError(f"[{name}] and [{rivals[0]}] write the same column: name one of them")
    return _named(name, plan) or (plan.metrics is not None and not rivals)


def _named(feature: str, plan: Plan) -> bool:
    return feature.removeprefix("features.") in plan.features


def resolve_names(
    asked: Iterable[str],
    available: Available,
    modality: Modality,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    not_asked: Iterable[str] = (),
    features: Mapping[str, Feature] | None = None,
) -> Graph:
    """The graph of some metrics over data that has these logical columns.

    ``features``: those that may be computed; all, at their defaults, where none are given.
    """
    features = features or {name: catalog.feature(name) for name in catalog.features()}
    paths = {side: _Paths(columns, modality, features) for side, columns in available.items()}
    metrics = {name: catalog.metric(name, dict((parameters or {}).get(name, {}))) for name in sorted(asked)}
    reasons = {name: _obstacle(metric, paths) for name, metric in metrics.items()}
    runnable = {name: metric for name, metric in metrics.items() if not reasons[name]}
    passes = tuple(_passes(runnable, paths))
    used = [*runnable, *(f for step in passes for f in step.features), *(r for step in passes for r in step.relations)]
    return Graph(
        metrics=metrics,
        missing={name: reason for name, reason in reasons.items() if reason},
        not_asked=tuple(not_asked),
        passes=passes,
        rereads=_rereads(passes, paths),
        versions={name: _class(name).version for name in sorted(set(used))},
        identities={name: found for name in sorted(set(used) & features.keys()) if (found := features[name].identity())},
    )


def plan_fingerprint(plan: Plan, graph: Graph) -> str:
    """The fingerprint of the plan with the versions of everything in its graph."""
    return fingerprint(plan, graph.versions, graph.identities)


def sources(step: Pass, name: str) -> tuple[str, ...]:
    """The features of a pass that a feature is computed from, in order.

    >>> sources(Pass(Side.SUBJECT, ("messages",), ("features.message_text", "features.words")), "features.words")
    ('features.message_text',)
    """
    wanted, found = set(catalog.features()[name].reads), set()
    for other in reversed(step.features[: step.features.index(name)]):
        cls = catalog.features()[other]
        payload = PAYLOAD in wanted and {*cls.writes} & {*step.payload}
        if {*cls.writes} & wanted or payload:
            found.add(other)
            wanted |= {*cls.reads}
    return tuple(other for other in step.features if other in found)


def _class(name: str) -> Any:
    return catalog.features().get(name) or catalog.relations().get(name) or catalog.metric_class(name)


def _obstacle(metric: Fold[Any], paths: Mapping[Side, "_Paths"]) -> str | None:
    for side in metric.needs:
        if side not in paths:
            return f"needs a {side}: give the plan a [{side}]"
    for package in metric.requires:
        if find_spec(package) is None:
            return f"needs the package {package}: pip install {_distribution(package)}"
    for side in (Side.SUBJECT, *metric.needs):
        for column in metric.reads:
            obstacle = paths[side].obstacle(column)
            if obstacle:
                return obstacle if side is Side.SUBJECT else f"the {side}: {obstacle}"
    return None


def _distribution(package: str) -> str:
    """What brings an importable package.

    >>> _distribution("sklearn"), _distribution("c2pa"), _distribution("jsonschema_rs")
    ('scikit-learn', 'c2pa-python', 'jsonschema-rs')
    """
    return {"sklearn": "scikit-learn", "z3": "z3-solver", "c2pa": "c2pa-python"}.get(package, package.replace("_", "-"))


def _read_sides(metric: Fold[Any]) -> tuple[Side, ...]:
    return (Side.SUBJECT, *metric.needs, *metric.uses) if isinstance(metric, Comparison) else (Side.SUBJECT,)


@dataclass(frozen=True)
class _Paths:
    """How each column can be had on one side: from the source, from a feature, from a relation."""

    available: tuple[str, ...]
    modality: Modality
    features: Mapping[str, Feature]

    def feature(self, column: str) -> str | None:
        """The feature that writes the column from what is at hand; else the first that writes it from other features."""
        able = [n for n, feature in self.features.items() if column in feature.writes and not self._feature_obstacle(n)]
        return min(able, key=self._indirect, default=None)

    def _indirect(self, name: str) -> int:
        return sum(read not in self.available for read in self.features[name].reads)

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
        return min((self._feature_obstacle(name) or "" for name in writers), key=self._remoteness)

    @staticmethod
    def _remoteness(obstacle: str) -> bool:
        """Of several ways that are all barred, one that lacks no column of the data is the nearest."""
        return obstacle.startswith("needs a column")

    def _feature_obstacle(self, name: str) -> str | None:
        feature = self.features.get(name)
        if feature is None:
            return next(filter(None, map(self.obstacle, catalog.features()[name].reads)), None) or (
                f"needs [features.{name.removeprefix('features.')}] in the plan: {catalog.features()[name].unasked}"
            )
        for package in feature.requires:
            if find_spec(package) is None:
                return f"needs the package {package}: pip install {_distribution(package)}"
        if not feature.reads and not {*feature.may_read} & {*self.available}:
            return f"needs a column {' or '.join(feature.may_read)}: map it in [subject] columns"
        inputs = (self.obstacle(read) for read in feature.reads if read not in feature.writes)
        return next((o for o in inputs if o), None) or feature.obstacle()


def _passes(metrics: Mapping[str, Fold[Any]], paths: Mapping[Side, _Paths]) -> Iterable[Pass]:
    joined = {name: _joined(metric, paths[Side.SUBJECT]) for name, metric in metrics.items()}
    for side in Side:
        if side not in paths:
            continue
        folds = tuple(n for n, metric in metrics.items() if side in _read_sides(metric) and not joined[n])
        wanting = [n for n in metrics if joined[n] and (side is Side.SUBJECT or side in _sides_taken(metrics[n]))]
        relations = tuple(sorted({relation for n in wanting for relation in joined[n]}))
        if folds or relations:
            yield _source_pass(side, paths[side], metrics, folds, relations)
    late = tuple(name for name in metrics if joined[name])
    if late:
        yield Pass(Side.SUBJECT, folds=late, joined=tuple(sorted({r for name in late for r in joined[name]})))


def _rereads(passes: Iterable[Pass], paths: Mapping[Side, _Paths]) -> dict[str, dict[Side, Pass]]:
    found: dict[str, dict[Side, Pass]] = {}
    for step in passes:
        for name in step.relations:
            alone = _source_pass(step.side, paths[step.side], {}, (), (name,))
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
            for read in paths.features[name].reads:
                want(read)
            columns.update(read for read in paths.features[name].may_read if read in paths.available)
            features.setdefault(name)

    reads = [c for n in folds for c in metrics[n].reads]
    reads += [c for n in folds for c in metrics[n].may_read if c in paths.available]
    reads += [c for relation in relations for c in catalog.relations()[relation].reads]
    reads += [c for relation in relations for c in catalog.relations()[relation].may_read if c in paths.available]
    for column in reads:
        want(column)
    wanted = {*reads, *(read for name in features for read in paths.features[name].reads)}
    payload = paths.payload() if PAYLOAD in wanted else ()
    return Pass(side, tuple(sorted(columns)), tuple(features), folds, relations, payload)
