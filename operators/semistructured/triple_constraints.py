"""Triples of a knowledge graph beside what its ontology allows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import AfterValidator, ConfigDict, Field

from engine.errors import PlanError
from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import CellsBy, Product, Ratio, Tally
from engine.value import Bars, Value
from operators.kernels.hashing import hash_array
from operators.semistructured.relation_jsd import PARTS, TYPE_RELATIONS, whole_triples

_CELLS = 512
_TYPE, _HEAD, _TAIL, _TO, _FROM, _SELF = range(6)
"""Of what a cell of an entity is: its type, that it is a relation's head or tail, the other end of either, that it is both."""
_OTHER_BITS = 44

_Found = tuple[NDArray[np.uint64], NDArray[np.int64]]


@dataclass(frozen=True)
class Rule:
    """What holds of one relation.

    Args:
        relation: its name.
        domain, range: of which types heads and tails are: of one of them.
        functional, inverse_functional: whether a head has at most one tail, a tail at most one head.
        asymmetric: whether it never holds both ways.
        irreflexive: whether nothing has it to itself.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    relation: str
    domain: tuple[str, ...] = ()
    range: tuple[str, ...] = ()
    functional: bool = False
    inverse_functional: bool = False
    asymmetric: bool = False
    irreflexive: bool = False


def _each_once(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    if len({rule.relation for rule in rules}) < len(rules):
        raise PlanError("a relation has two rules: make them one")
    return rules


@dataclass(frozen=True)
class TripleConstraints(Metric[Product]):
    """The share of constraints of an ontology that hold, over all entities that one speaks of.

    A check is one entity and one constraint, as in SHACL's reports: a relation's head is of a type in its ``domain``; its tail
    is of a type in its ``range``; a ``functional`` relation leads from one head to one tail, an ``inverse_functional`` one to
    one tail from one head; an ``asymmetric`` one does not hold both ways, an ``irreflexive`` one not to itself; and no entity
    is of two ``disjoint`` types. Types are what the triples of ``type_relations`` say, and the types above those by
    ``subclasses``. An entity of no stated type is unknown, not wrong: it is skipped under domain and range, unless ``closed``,
    which is SHACL's reading. Copies of a triple change nothing. Parts: for each constraint the share of checks that hold; and
    ``violations per triple``. Without ``rules`` and ``disjoint`` there is nothing to check. Skipped: triples with a part that
    is null or empty; ``untyped`` checks; entities with more than 512 facts that matter here.

    0 to 1, higher is better, Wilson interval over checks. Exact up to ``size`` entities, beyond that of those with the smallest
    hash. Cost: about 1 million triples a second; 24 bytes for each fact of an entity that is kept.

    Args:
        rules: [[metrics."semistructured.triple_constraints".rules]] with ``relation`` and what holds of it.
        disjoint: pairs of types that nothing is both of.
        subclasses: pairs of a type and the type above it.
        type_relations: the relations that say what something is.
        closed: whether what has no type breaks domain and range.
        size: entities that are looked at.

    >>> triples = ("ann", "born in", "rome"), ("ann", "born in", "oslo"), ("ann", "type", "city")
    >>> columns = dict(zip(PARTS, map(list, zip(*triples)), strict=True))
    >>> batch = pa.RecordBatch.from_pydict({"_fault": pa.nulls(3, pa.string()), **columns})
    >>> metric = TripleConstraints(rules=(Rule("born in", domain=("person",), range=("city",), functional=True),))
    >>> value = metric.value(metric.fold(batch))
    >>> value.value, sorted(value.parts), value.skipped
    (0.0, ['domain of born in', 'functional born in', 'violations per triple'], {'untyped': 2})

    Source: W3C SHACL (2017), sections 2 and 4; W3C RDF Schema 1.1 and OWL 2 for what the constraints mean.
    """

    rules: Annotated[tuple[Rule, ...], AfterValidator(_each_once)] = ()
    disjoint: tuple[tuple[str, str], ...] = ()
    subclasses: tuple[tuple[str, str], ...] = ()
    type_relations: tuple[str, ...] = TYPE_RELATIONS
    closed: bool = False
    size: Annotated[int, Field(ge=16, le=1 << 20)] = 1 << 14

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = PARTS
    unit: ClassVar[str] = "share of checks"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "W3C SHACL"

    def zero(self) -> Product:
        """No triples."""
        return Product({"facts": CellsBy(self.size, _CELLS), "triples": Ratio(), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Keep of each entity its types, and which relations it has that a rule speaks of."""
        kept, skipped = whole_triples(batch)
        head, tail = (hash_array(kept[name])[:, 0] for name in ("head", "tail"))
        typed = pc.is_in(kept["relation"], value_set=pa.array(self.type_relations, pa.string()))
        names = pa.array([rule.relation for rule in self.rules], pa.string())
        rule = pc.fill_null(pc.index_in(kept["relation"], value_set=names), -1).to_numpy(zero_copy_only=False).astype(np.int64)
        parts = [*_facts(head, tail, rule, self.rules), _types(head, tail, typed.to_numpy(zero_copy_only=False))]
        key, cell = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        facts = CellsBy.of(key, cell, self.size, _CELLS)
        return Product({"facts": facts, "triples": Ratio(0, len(kept)), "skipped": skipped})

    def value(self, state: Product) -> Value:
        """The share of checks that hold."""
        facts, skipped = state["facts"], dict(state["skipped"].nonzero())
        if not self.rules and not self.disjoint:
            return Value.missing('no constraint is given: name [[metrics."semistructured.triple_constraints".rules]]', skipped)
        if not state["triples"].n:
            return Value.missing("no record has a triple", skipped)
        checks, untyped = self._checks(_Known(facts, self.subclasses))
        for reason, count in (("untyped", untyped), ("entities with too many facts", len(facts.crowded))):
            skipped |= {reason: count} if count else {}
        found: Ratio = sum(checks.values(), Ratio())
        estimator = "sample" if facts.dropped else "exact"
        parts = {name: ratio.share().with_(estimator=estimator) for name, ratio in checks.items() if ratio.n}
        if not facts.dropped:
            parts["violations per triple"] = Value.exact((found.n - found.hits) / state["triples"].n, state["triples"].n)
        worst = sorted((n for n in parts if n in checks), key=lambda n: (checks[n].hits / checks[n].n, n))[:20]
        bars = Bars(tuple(worst), tuple(1 - checks[name].hits / checks[name].n for name in worst), "share of checks that fail")
        value = found.share("no constraint speaks of any entity").with_(skipped=skipped, parts=parts)
        return value.with_(estimator=estimator, plot=bars if worst else None) if found.n else value

    def _checks(self, known: "_Known") -> tuple[dict[str, Ratio], int]:
        """How many checks of each constraint hold, and how many could not be made for want of a type."""
        found, untyped = {}, 0
        for at, rule in enumerate(self.rules):
            for name, allowed, role in (("domain", rule.domain, _HEAD), ("range", rule.range, _TAIL)):
                if allowed:
                    at_hand = known.having(_cell(role, at))
                    judged = at_hand if self.closed else np.intersect1d(at_hand, known.typed)
                    untyped += len(at_hand) - len(judged)
                    held = len(np.intersect1d(judged, known.of(allowed)))
                    found[f"{name} of {rule.relation}"] = Ratio(held, len(judged))
            found |= {f"{name} {rule.relation}": ratio for name, ratio in _relational(known, at, rule)}
        for one, other in self.disjoint:
            first, second = known.of([one]), known.of([other])
            either, both = np.union1d(first, second), np.intersect1d(first, second)
            found[f"disjoint {one}, {other}"] = Ratio(len(either) - len(both), len(either))
        return found, untyped


def _relational(known: "_Known", at: int, rule: Rule) -> Iterator[tuple[str, Ratio]]:
    """The checks of a relation that need no types."""
    heads, tails = known.having(_cell(_HEAD, at)), known.having(_cell(_TAIL, at))
    if rule.functional:
        yield "functional", Ratio(len(heads) - known.several(_TO, at), len(heads))
    if rule.inverse_functional:
        yield "inverse functional", Ratio(len(tails) - known.several(_FROM, at), len(tails))
    if rule.asymmetric:
        yield "asymmetric", Ratio(len(heads) - known.mutual(at), len(heads))
    if rule.irreflexive:
        yield "irreflexive", Ratio(len(heads) - len(known.having(_cell(_SELF, at))), len(heads))


class _Known:
    """What is known of the entities, each by its hash; those with too many facts are left out."""

    def __init__(self, facts: CellsBy, subclasses: Iterable[tuple[str, str]]) -> None:
        kept = ~np.isin(facts.key, facts.crowded)
        self._key, self._cell, self._above = facts.key[kept], facts.cell[kept], tuple(subclasses)
        self.typed = np.unique(self._key[(self._cell >> _OTHER_BITS) == _cell(_TYPE, 0)])

    def having(self, cell: int) -> NDArray[np.uint64]:
        """The entities with a cell."""
        kept: NDArray[np.uint64] = self._key[self._cell == cell]
        return kept

    def of(self, types: Iterable[str]) -> NDArray[np.uint64]:
        """The entities of one of some types, or of one below them."""
        wanted = {*types}
        while below := {sub for sub, above in self._above if above in wanted} - wanted:
            wanted |= below
        hashes = hash_array(pa.array(sorted(wanted), pa.string()))[:, 0]
        return np.unique(self._key[np.isin(self._cell, _with_other(_cell(_TYPE, 0), hashes))])

    def _ends(self, role: int, rule: int) -> _Found:
        """Entities, and what they are joined to in a role by the relation of a rule."""
        chosen = (self._cell >> _OTHER_BITS) == _cell(role, rule)
        return self._key[chosen], self._cell[chosen] & ((1 << _OTHER_BITS) - 1)

    def several(self, role: int, rule: int) -> int:
        """How many entities are joined to more than one."""
        counts = np.unique(self._ends(role, rule)[0], return_counts=True)[1]
        return int(np.count_nonzero(counts > 1))

    def mutual(self, rule: int) -> int:
        """How many entities are joined to one that is joined to them; to themselves too."""
        pairs = [np.stack([key.view(np.int64), other], 1) for key, other in (self._ends(role, rule) for role in (_TO, _FROM))]
        rows, counts = np.unique(np.concatenate(pairs), axis=0, return_counts=True)
        return len(np.unique(rows[counts > 1, 0]))


def _cell(role: int, rule: int) -> int:
    """A cell of a rule; above all cells of other roles, and below those with another end."""
    return 1 + rule * 6 + role


def _with_other(cell: NDArray[np.int64] | int, other: NDArray[np.uint64]) -> NDArray[np.int64]:
    joined: NDArray[np.int64] = (other >> np.uint64(64 - _OTHER_BITS)).astype(np.int64) + (
        np.asarray(cell, np.int64) << _OTHER_BITS
    )
    return joined


def _types(head: NDArray[np.uint64], tail: NDArray[np.uint64], typed: NDArray[np.bool_]) -> _Found:
    return head[typed], _with_other(_cell(_TYPE, 0), tail[typed])


def _facts(
    head: NDArray[np.uint64], tail: NDArray[np.uint64], rule: NDArray[np.int64], rules: tuple[Rule, ...]
) -> Iterator[_Found]:
    """Entities and cells, of the triples that a rule speaks of. The other end is kept only where a rule asks for it."""
    asked = {
        _TO: [one.functional or one.asymmetric for one in rules],
        _FROM: [one.inverse_functional or one.asymmetric for one in rules],
    }
    for role, mine, other in ((_HEAD, head, tail), (_TAIL, tail, head), (_TO, head, tail), (_FROM, tail, head)):
        wanted = np.array([*asked.get(role, [True] * len(rules)), False])[rule]
        cells = 1 + rule[wanted] * 6 + role
        yield mine[wanted], _with_other(cells, other[wanted]) if role in asked else cells
    same = (rule >= 0) & (head == tail)
    yield head[same], 1 + rule[same] * 6 + _SELF
