"""Constraints of an ontology beside pyshacl's reports, and beside their definitions."""

import random

import pyarrow as pa
import pytest

from engine import catalog
from engine.errors import PlanError
from engine.state import encode
from operators.semistructured.relation_jsd import PARTS
from operators.semistructured.triple_constraints import Rule, TripleConstraints

RULES = (
    Rule("born in", domain=("person",), range=("city", "country"), functional=True),
    Rule("married to", asymmetric=True, irreflexive=True),
    Rule("capital of", inverse_functional=True),
)
DISJOINT = (("person", "place"),)
SUBCLASSES = (("city", "place"), ("country", "place"), ("capital", "city"))


def batch_of(triples):
    columns = dict(zip(PARTS, map(list, zip(*triples, strict=True)), strict=True))
    return pa.RecordBatch.from_pydict({"_fault": pa.nulls(len(triples), pa.string()), **columns})


def measure(triples, **parameters):
    metric = TripleConstraints(**parameters)
    return metric.value(metric.fold(batch_of(triples)))


def made(seed, n=300):
    draw = random.Random(seed)
    things = [f"e{at}" for at in range(40)]
    triples = [
        (draw.choice(things), draw.choice(["born in", "married to", "capital of", "likes"]), draw.choice(things))
        for _ in range(n)
    ]
    types = [(thing, "type", draw.choice(["person", "city", "country", "capital", "animal"])) for thing in things for _ in "ab"]
    return sorted({*triples, *draw.sample(types, 60)})


def by_definition(triples):
    """The entities that break each constraint, where what has no type breaks domain and range."""
    types = {}
    for head, relation, tail in triples:
        if relation == "type":
            types.setdefault(head, set()).add(tail)
    for _ in range(3):
        for sub, above in SUBCLASSES:
            for held in types.values():
                held |= {above} if sub in held else set()
    ends = {rule.relation: [(h, t) for h, r, t in triples if r == rule.relation] for rule in RULES}
    broken = {}
    for rule in RULES:
        pairs = ends[rule.relation]
        heads, tails = {h for h, _ in pairs}, {t for _, t in pairs}
        for name, allowed, side in (("domain", rule.domain, heads), ("range", rule.range, tails)):
            if allowed:
                broken[f"{name} of {rule.relation}"] = {e for e in side if not types.get(e, set()) & {*allowed}}
        if rule.functional:
            broken[f"functional {rule.relation}"] = {h for h in heads if len({t for g, t in pairs if g == h}) > 1}
        if rule.inverse_functional:
            broken[f"inverse functional {rule.relation}"] = {t for t in tails if len({h for h, u in pairs if u == t}) > 1}
        if rule.asymmetric:
            broken[f"asymmetric {rule.relation}"] = {h for h, t in pairs if (t, h) in pairs}
        if rule.irreflexive:
            broken[f"irreflexive {rule.relation}"] = {h for h, t in pairs if h == t}
    broken["disjoint person, place"] = {e for e, held in types.items() if {"person", "place"} <= held}
    return broken


def failing(value):
    return {name: round((1 - part.value) * part.n) for name, part in value.parts.items() if name != "violations per triple"}


@pytest.mark.parametrize("seed", range(5))
def test_what_breaks_is_what_the_definitions_say(seed):
    triples = made(seed)
    value = measure(triples * 2, rules=RULES, disjoint=DISJOINT, subclasses=SUBCLASSES, closed=True)
    expected = {name: len(entities) for name, entities in by_definition(triples).items()}
    assert failing(value) == expected
    assert value.value == pytest.approx(1 - sum(expected.values()) / value.n)
    assert value.parts["violations per triple"].value == pytest.approx(sum(expected.values()) / (2 * len(triples)))


SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix : <http://x/> .
:d a sh:NodeShape ; sh:targetSubjectsOf :born_in ; sh:class :person .
:r a sh:NodeShape ; sh:targetObjectsOf :born_in ; sh:or ( [ sh:class :city ] [ sh:class :country ] ) .
:f a sh:NodeShape ; sh:targetSubjectsOf :born_in ; sh:property [ sh:path :born_in ; sh:maxCount 1 ] .
:i a sh:NodeShape ; sh:targetObjectsOf :capital_of ; sh:property [ sh:path [ sh:inversePath :capital_of ] ; sh:maxCount 1 ] .
:a a sh:NodeShape ; sh:targetSubjectsOf :married_to ;
    sh:property [ sh:path [ sh:inversePath :married_to ] ; sh:disjoint :married_to ] .
:x a sh:NodeShape ; sh:targetClass :person ; sh:not [ sh:class :place ] .
"""
SAME = {
    "domain of born in": "ClassConstraintComponent",
    "range of born in": "OrConstraintComponent",
    "asymmetric married to": "DisjointConstraintComponent",
    "disjoint person, place": "NotConstraintComponent",
}


@pytest.mark.parametrize("seed", range(3))
def test_pyshacl_reports_the_same(seed):
    pyshacl, rdflib = pytest.importorskip("pyshacl"), pytest.importorskip("rdflib")
    triples = made(seed)
    space, data = rdflib.Namespace("http://x/"), rdflib.Graph()
    named = {"type": rdflib.RDF.type}
    for head, relation, tail in triples:
        data.add((space[head], named.get(relation, space[relation.replace(" ", "_")]), space[tail]))
    for sub, above in SUBCLASSES:
        data.add((space[sub], rdflib.RDFS.subClassOf, space[above]))
    shapes = rdflib.Graph().parse(data=SHAPES, format="turtle")
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes)
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    found = {}
    for result in report.subjects(rdflib.RDF.type, sh.ValidationResult):
        kind = report.value(result, sh.sourceConstraintComponent).split("#")[1]
        if kind == "MaxCountConstraintComponent":
            kind += " inverse" if (report.value(result, sh.resultPath), sh.inversePath, None) in report else ""
        found.setdefault(kind, set()).add(report.value(result, sh.focusNode))
    ours = failing(measure(triples, rules=RULES, disjoint=DISJOINT, subclasses=SUBCLASSES, closed=True))
    same = {**SAME, "functional born in": "MaxCountConstraintComponent"}
    same["inverse functional capital of"] = "MaxCountConstraintComponent inverse"
    assert {name: ours[name] for name in same} == {name: len(found.get(kind, ())) for name, kind in same.items()}


def test_no_order_and_no_cut_changes_it():
    triples = made(9)
    metric = TripleConstraints(rules=RULES, disjoint=DISJOINT, size=16)
    whole = metric.zero() + metric.fold(batch_of(triples))
    random.Random(1).shuffle(triples)
    pieces = sum((metric.fold(batch_of(triples[at : at + 7])) for at in range(0, len(triples), 7)), metric.zero())
    assert encode(pieces) == encode(whole)
    assert metric.value(pieces).estimator == "sample"
    assert 0 < metric.value(pieces).value < 1


def test_what_is_not_known_is_not_wrong():
    triples = [("ann", "born in", "rome"), ("ann", "type", "person"), ("bob", "born in", "oslo")]
    rules = (Rule("born in", domain=("person",), range=("city",)),)
    value = measure(triples, rules=rules)
    assert (value.value, value.n, value.skipped) == (1.0, 1, {"untyped": 3})
    assert measure(triples, rules=rules, closed=True).value == 0.25
    assert measure(triples[2:], rules=rules).reason == "no constraint speaks of any entity"
    assert "name [[metrics" in measure(triples).reason


def test_a_hub_with_too_many_facts_is_skipped_and_said():
    triples = [(f"e{at}", "capital of", "rome") for at in range(600)]
    value = measure(triples, rules=(Rule("capital of", inverse_functional=True, functional=True),))
    assert value.skipped == {"entities with too many facts": 1}
    assert value.parts["functional capital of"].value == 1


def test_rules_are_read_from_a_plan():
    given = {"rules": [{"relation": "born in", "domain": ["person"], "functional": True}], "disjoint": [["a", "b"]]}
    metric = catalog.metric("semistructured.triple_constraints", given)
    assert metric.rules == (Rule("born in", domain=("person",), functional=True),)
    with pytest.raises(PlanError, match="Unexpected keyword"):
        catalog.metric("semistructured.triple_constraints", {"rules": [{"relation": "r", "domian": ["person"]}]})
    with pytest.raises(PlanError, match="two rules"):
        catalog.metric("semistructured.triple_constraints", {"rules": [{"relation": "r"}, {"relation": "r"}]})
