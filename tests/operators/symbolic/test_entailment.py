import itertools
import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.features.entailment_verdict import EntailmentVerdict
from operators.kernels.entailment import verdict
from operators.kernels.formulas import parse
from operators.symbolic.entailment import Entailment

SIGNS = {"and": "∧", "or": "∨", "xor": "⊕", "implies": "→", "iff": "↔"}
MEANS = {
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "xor": lambda a, b: a != b,
    "implies": lambda a, b: b or not a,
    "iff": lambda a, b: a == b,
}


def written(tree):
    """Every bracket that can stand does: what the parser makes of fewer is its own tests' business."""
    kind, *parts = tree
    if kind == "atom":
        return parts[0] if len(parts) == 1 else f"{parts[0]}({parts[1]})"
    if kind == "not":
        return f"¬{written(parts[0])}"
    if kind in ("all", "some"):
        return f"{'∀' if kind == 'all' else '∃'}{parts[0]} {written(parts[1])}"
    return f"({written(parts[0])} {SIGNS[kind]} {written(parts[1])})"


def holds(tree, world, domain=(), bound=None):
    """The meaning of a tree, straight from the definition."""
    kind, *parts = tree
    bound = bound or {}
    if kind == "atom":
        return world[parts[0]] if len(parts) == 1 else parts[0] in bound.get(parts[1], world.get(parts[1]))
    if kind == "not":
        return not holds(parts[0], world, domain, bound)
    if kind in ("all", "some"):
        each = (holds(parts[1], world, domain, {**bound, parts[0]: one}) for one in domain)
        return all(each) if kind == "all" else any(each)
    return MEANS[kind](*(holds(part, world, domain, bound) for part in parts))


def expected(models, conclusion):
    """The verdict from all models of the premises, each given as what the conclusion is in it."""
    found = {conclusion(model) for model in models}
    return {frozenset(): "contradictory", frozenset({True}): "true", frozenset({False}): "false"}.get(
        frozenset(found), "uncertain"
    )


def trees(atoms, quantified=False):
    def grown(inner):
        joined = st.tuples(st.sampled_from(list(SIGNS)), inner, inner) | st.tuples(st.just("not"), inner)
        return joined | st.tuples(st.sampled_from(["all", "some"]), st.just("v"), inner) if quantified else joined

    return st.recursive(atoms, grown, max_leaves=5)


NAMES = ("p", "q", "r", "s")
PROPOSITIONS = trees(st.sampled_from(NAMES).map(lambda name: ("atom", name)))


@settings(max_examples=120, deadline=None)
@given(st.lists(PROPOSITIONS, max_size=4), PROPOSITIONS)
def test_truth_tables(premises, conclusion):
    worlds = [dict(zip(NAMES, values, strict=True)) for values in itertools.product([False, True], repeat=len(NAMES))]
    models = [world for world in worlds if all(holds(premise, world) for premise in premises)]
    wanted = expected(models, lambda world: holds(conclusion, world))
    assert verdict([parse(written(p)) for p in premises], parse(written(conclusion))) == wanted


TYPES = [frozenset(of) for n in range(3) for of in itertools.combinations("PQ", n)]
MONADIC = trees(st.tuples(st.just("atom"), st.sampled_from("PQ"), st.sampled_from(["v", "a", "b"])), quantified=True)


@settings(max_examples=120, deadline=None)
@given(st.lists(MONADIC, max_size=3), MONADIC)
def test_all_models_of_monadic_logic(premises, conclusion):
    """Two predicates and two constants: a model is the kinds of individuals there are, and the kind of each constant, so that
    these 52 are all there are (Löwenheim 1915)."""
    close = [("all", "v", tree) for tree in (*premises, conclusion)]
    domains = [domain for n in range(1, 5) for domain in itertools.combinations(TYPES, n)]
    worlds = [(domain, {"a": a, "b": b}) for domain in domains for a in domain for b in domain]
    models = [(domain, world) for domain, world in worlds if all(holds(tree, world, domain) for tree in close[:-1])]
    wanted = expected(models, lambda model: holds(close[-1], model[1], model[0]))
    assert verdict([parse(written(tree)) for tree in close[:-1]], parse(written(close[-1]))) == wanted


@pytest.mark.parametrize(
    ("premises", "conclusion", "wanted"),
    [
        (["∀x (Man(x) → Mortal(x))", "Man(socrates)"], "Mortal(socrates)", "true"),
        (["∀x (Man(x) → Mortal(x))", "¬Mortal(zeus)"], "Man(zeus)", "false"),
        (["∀x (Man(x) → Mortal(x))", "Mortal(rex)"], "Man(rex)", "uncertain"),
        (["∀x ∃y Loves(x, y)"], "∃y ∀x Loves(x, y)", "uncertain"),
        (["∃y ∀x Loves(x, y)"], "∀x ∃y Loves(x, y)", "true"),
        (["a = b", "P(a)"], "P(b)", "true"),
        (["P(a)", "¬P(b)"], "a = b", "false"),
        (["P(a)"], "a = b", "uncertain"),  # two names may stand for one thing
        (["∀x P(x)"], "∃x P(x)", "true"),  # there is something
        (["f(a) = b"], "∃x (f(x) = b)", "true"),
        (["∀x P(f(x))"], "∀x P(x)", "uncertain"),
        (["P(a)", "¬P(a)"], "Q(b)", "contradictory"),
        (["P(a)"], "P(a, a)", "uncertain"),  # another number of terms, another predicate
        (["P(a)"], "P(P)", "uncertain"),
        ([], "P(a) ∨ ¬P(a)", "true"),
        ([], "P(a)", "uncertain"),
        ([], "⊥", "false"),
        (["A ⊕ B ⊕ C", "A", "B"], "C", "true"),  # an odd number of them
        (["∀x (∃x P(x) → Q(x))", "P(b)"], "Q(a)", "true"),
    ],
)
def test_verdicts_by_hand(premises, conclusion, wanted):
    assert verdict([parse(text) for text in premises], parse(conclusion)) == wanted


def test_a_negated_conclusion_turns_the_verdict_round():
    given = [parse("∀x (P(x) → Q(x))"), parse("P(a)"), parse("¬Q(b)")]
    turned = {"true": "false", "false": "true", "uncertain": "uncertain"}
    for claim in ("Q(a)", "P(b)", "P(c)"):
        assert verdict(given, parse(f"¬({claim})")) == turned[verdict(given, parse(claim))]


INFINITE = [
    "∀x ∀y ∀z (f(f(x, y), z) = f(x, f(y, z)))",
    "∀x L(x, f(x, a))",
    "∀x ¬L(x, x)",
    "∀x ∀y ∀z (L(x, y) ∧ L(y, z) → L(x, z))",
]


def test_what_z3_gives_up_on_is_unknown_whatever_the_order_and_what_came_before():
    code = [parse(text) for text in INFINITE]
    assert {verdict(order, parse("L(a, b)"), 20_000) for order in itertools.permutations(code)} == {"unknown"}
    assert verdict(code, parse("L(a, f(a, a))"), 20_000) == "true"  # shown, though z3 finds no model of the premises
    assert verdict(code, parse("¬L(a, f(a, a))"), 20_000) == "false"


def columns(premises, conclusions, feature=None):
    from engine.schema import TEXTS

    batch = pa.RecordBatch.from_pydict(
        {"premises": pa.array(premises, TEXTS), "conclusion": pa.array(conclusions, pa.string())}
    )
    return (feature or EntailmentVerdict()).open()(batch)


def measure(labels, written):
    table = {"_id": range(len(labels)), "_fault": pa.nulls(len(labels), pa.string()), "label": pa.array(labels, pa.string())}
    batch = pa.RecordBatch.from_pydict({**table, **written})
    return Entailment().value(Entailment().fold(batch))


def test_the_feature_says_where_it_stumbled():
    found = columns(
        [["P(a)", "Q(b"], ["P(a)", None], ["P(a)"], None, ["P(a)"], [], ["∀x P(x) → Q(x)", "P(a)"], ["P(a)"] * 40_000],
        ["R(c)", "P(a)", "P(a)) ", "P(a)", None, "A → A", "Q(a)", "P(a)"],
    )
    kinds = ["unbalanced", "empty", "unbalanced", None, None, "true", "unbound_variable", "too_long"]
    assert found["entailment"].to_pylist() == kinds
    assert found["entailment_error"].to_pylist()[:3] == [
        "premise 2: the end where ',' or ')' should stand at character 4",
        "premise 2: nothing stands in it",
        "conclusion: ')' closes nothing at character 5",
    ]
    wide = columns([["∀x P(x) → Q(x)", "P(a)"]], ["Q(a)"], EntailmentVerdict(scope="rest"))
    assert wide["entailment"].to_pylist() == ["true"]


def test_agreement_confusions_and_skipped():
    verdicts = ["true", "true", "uncertain", "false", "contradictory", "unknown", "unbalanced", None, "true", "true"]
    labels = [" TRUE", "unknown", "neutral", "__DISPROVED__", "True", "True", "True", "True", None, "maybe"]
    errors = ["premise 1: x" if verdict == "unbalanced" else verdict and "" for verdict in verdicts]
    written = {"entailment": pa.array(verdicts, pa.string()), "entailment_error": pa.array(errors, pa.string())}
    value = measure(labels, written)
    assert (value.value, value.n) == (3 / 5, 5)
    assert value.skipped == {
        "another label": 1,
        "does not parse: unbalanced": 1,
        "no formulas": 1,
        "no label": 1,
        "undecided": 1,
    }
    parts = {name: (part.value, part.n) for name, part in value.parts.items()}
    assert parts == {
        "parsed": (8 / 9, 9),
        "undecided": (1 / 8, 8),
        "contradictory": (1 / 7, 7),
        "true_but_contradictory": (1 / 5, 5),
        "uncertain_but_true": (1 / 5, 5),
    }
    assert {(entry.record, entry.note) for entry in value.evidence} == {
        (1, "labelled uncertain, but the premises say true"),
        (4, "labelled true, but the premises say contradictory"),
        (6, "premise 1: x"),
    }


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic" / "folio"


def folio(name):
    return [json.loads(line) for line in (SHARED / f"folio-{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_folio():
    """Of FOLIO v0.0's validation set five records do not parse, for a bracket or a comma of the annotators', and of the others
    191 of 199 labels are what their formulas say (`benchmarks/folio.py` names the eight)."""
    records = folio("validation")
    premises, labels = [r["premises-FOL"] for r in records], [r["label"] for r in records]
    written = columns(premises, [r["conclusion-FOL"] for r in records])
    value = measure(labels, written)
    assert (value.n, round(value.value * value.n)) == (199, 191)
    assert value.skipped == {"does not parse: unbalanced": 4, "does not parse: unexpected": 1}
    assert (value.parts["undecided"].value, value.parts["contradictory"].value) == (0.0, 0.0)
    some = list(range(0, len(records), 10))
    turned = columns([premises[row][::-1] for row in some], [records[row]["conclusion-FOL"] for row in some])
    assert turned["entailment"].to_pylist() == [written["entailment"][row].as_py() for row in some]
