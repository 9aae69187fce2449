import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.sem.logic import Expression

from operators.kernels.formulas import FAULTS, MAX_CHARACTERS, MAX_DEPTH, FormulaError, parse

BINDING = {"iff": 1, "implies": 2, "or": 3, "xor": 4, "and": 5, "not": 6, "all": 6, "some": 6}
SPELLINGS = {
    "iff": ("<->", "<=>", "↔", "⟷", "≡", "iff", "\\leftrightarrow"),
    "implies": ("->", "=>", "→", "⇒", "implies", "\\rightarrow", "\\to"),
    "or": ("|", "||", "∨", "or", "\\lor", "\\vee"),
    "xor": ("⊕", "<~>", "xor", "\\oplus"),
    "and": ("&", "&&", "∧", "and", "\\land", "\\wedge"),
    "not": ("¬", "~", "-", "!", "not ", "\\neg "),
    "all": ("∀", "forall ", "all ", "\\forall "),
    "some": ("∃", "exists ", "\\exists "),
}
ATOMS = st.sampled_from([("atom", name) for name in ("P(a)", "Q(a,b)", "rains", "R(f(a),b)", "a=b", "L-2(mr.smith)")])


def _grown(inner):
    joined = st.tuples(st.sampled_from(["iff", "implies", "or", "xor", "and"]), inner, inner)
    return joined | st.tuples(st.just("not"), inner) | st.tuples(st.sampled_from(["all", "some"]), st.just("x"), inner)


TREES = st.recursive(ATOMS, _grown, max_leaves=12)


def written(tree, draw, above=0, left=False):
    """A tree with no more brackets than it needs, and a spelling drawn for every sign."""
    kind = tree[0]
    if kind == "atom":
        return tree[1]
    sign = draw(st.sampled_from(SPELLINGS[kind]))
    if kind == "not":
        text = sign + written(tree[1], draw, 6)
    elif kind in ("all", "some"):
        text = f"{sign}{tree[1]} {written(tree[2], draw, 6)}"
    else:
        own = BINDING[kind]
        text = f"{written(tree[1], draw, own, True)} {sign} {written(tree[2], draw, own)}"
        if own < above or (own == above and left and kind == "implies"):
            return f"({text})"
    return text


def flat(tree):
    """A tree with chains of one associative connective as one."""
    if tree[0] == "atom":
        return tree
    if tree[0] in ("not", "implies"):
        return (tree[0], *map(flat, tree[1:]))
    if tree[0] in ("all", "some"):
        return (tree[0], tree[1], flat(tree[2]))
    parts = [part for branch in map(flat, tree[1:]) for part in (branch[1:] if branch[0] == tree[0] else [branch])]
    return (tree[0], *parts)


def shown(term):
    return term.name if term.terms is None else f"{term.name}({','.join(map(shown, term.terms))})"


def rebuilt(code):
    """Postfix code as a tree."""
    stack = []
    for step in code:
        if step.kind == "predicate":
            stack.append(("atom", f"{step.name}({','.join(map(shown, step.terms))})" if step.terms else step.name))
        elif step.kind == "truth":
            stack.append(("atom", step.name))
        elif step.kind == "equal":
            stack.append(("atom", "=".join(map(shown, step.terms))))
        elif step.kind == "not":
            stack.append(("not", stack.pop()))
        elif step.kind in "∀∃":
            stack.append(({"∀": "all", "∃": "some"}[step.kind], step.name, stack.pop()))
        else:
            parts = [stack.pop() for _ in range(step.operands)][::-1]
            stack.append((step.kind, *parts))
    assert len(stack) == 1
    return stack[0]


@settings(max_examples=300, deadline=None)
@given(st.data(), TREES)
def test_a_tree_comes_back_from_any_spelling(data, tree):
    text = written(tree, data.draw)
    assert flat(rebuilt(parse(text))) == flat(tree), text


@settings(max_examples=100, deadline=None)
@given(st.data(), TREES.filter(lambda tree: "xor" not in str(tree) and "f(a)" not in str(tree) and "L-2" not in str(tree)))
def test_nltk_reads_the_same(data, tree):
    text = nltk_written(tree, 0)
    assert Expression.fromstring(nltk_written(rebuilt(parse(text)), 9)) == Expression.fromstring(text), text


def nltk_written(tree, above):
    """A tree as NLTK spells it: with brackets where ``above`` binds as tightly, and around quantified formulas."""
    kind, *parts = tree
    if kind == "atom":
        return parts[0]
    if kind == "not":
        return f"-({nltk_written(parts[0], 0)})"
    if kind in ("all", "some"):
        return f"({'all' if kind == 'all' else 'exists'} {parts[0]}.({nltk_written(parts[1], 0)}))"
    sign, own = {"iff": ("<->", 1), "implies": ("->", 2), "or": ("|", 3), "and": ("&", 4)}[kind]
    text = nltk_written(parts[0], max(above, own))
    for part in parts[1:]:  # a chain groups to the left
        text = f"{text} {sign} {nltk_written(part, max(above, own))}"
        text = f"({text})" if above >= own or len(parts) > 2 else text
    return text


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("∀x (P(x) → Q(x))", "∀x(P(x)->Q(x))"),
        ("A ∧ B ∨ C → D ↔ E", "(((A ∧ B) ∨ C) → D) ↔ E"),
        ("A ⊕ B ∧ C", "A ⊕ (B ∧ C)"),
        ("A ⊕ B ∨ C", "(A ⊕ B) ∨ C"),
        ("A → B → C", "A → (B → C)"),
        ("¬A ∧ B", "(¬A) ∧ B"),
        ("∀x P(x) ∧ Q(a)", "(∀x P(x)) ∧ Q(a)"),
        ("∀x. P(x) ∧ Q(a)", "∀x (P(x) ∧ Q(a))"),
        ("forall x: P(x) -> Q(x)", "∀x (P(x) → Q(x))"),
        ("all x y. (L(x, y))", "∀x ∀y L(x, y)"),
        ("A → (∀x. P(x) → B) → C", "A → ((∀x (P(x) → B)) → C)"),
        ("! [X, Y] : (p(X) => q(Y))", "∀X ∀Y (p(X) → q(Y))"),
        ("! [X] : p(X) => q(a)", "(∀X p(X)) → q(a)"),
        ("? [X] : ~ p(X)", "∃X ¬p(X)"),
        ("(∀x)(∃y) L(x, y)", "∀x ∃y L(x, y)"),
        ("[A ∨ {B ∧ C}].", "A ∨ (B ∧ C)"),
        ("a != b", "¬(a = b)"),
        ("∀x ∀x P(x)", "∀x (∀x P(x))"),
        ("Year(y1984)", "Year( y1984 )"),
        ("x ∧ y", "(x) ∧ (y)"),
    ],
)
def test_readings_by_hand(text, same_as):
    assert parse(text) == parse(same_as)


def test_a_quantifier_reaches_as_far_as_told():
    assert parse("∀x P(x) → Q(x)", wide=True) == parse("∀x (P(x) → Q(x))")
    assert parse("(∀x P(x)) → Q(a)", wide=True) == parse("(∀x P(x)) → Q(a)")
    assert parse("! [X] : p(X) => q(a)", wide=True) == parse("(∀X p(X)) → q(a)")


def test_variables_and_constants():
    (step,) = parse("Likes(ann, f(x1983))")
    assert [term.bound for term in step.terms] == [False, False]
    assert parse("∀x P(x, a)")[0].terms[0].bound
    assert parse("∃a P(a)")[0].terms[0].bound
    assert not parse("(∃x P(x)) ∧ P(a)")[2].terms[0].bound


@pytest.mark.parametrize(
    ("text", "kind", "at"),
    [
        ("", "empty", 0),
        (" . ", "empty", 0),
        ("P(a) ^ Q(a)", "character", 6),
        ("P(a) + Q(a)", "character", 6),
        ("P(a))", "unbalanced", 5),
        (")P(a)", "unbalanced", 1),
        ("(P(a)", "unbalanced", 1),
        ("P(a", "unbalanced", 4),
        ("(P(a)]", "unbalanced", 6),
        ("P(a) Q(a)", "unexpected", 6),
        ("P(captain america)", "unexpected", 11),
        ("P(a) ∧", "unexpected", 7),
        ("∧ P(a)", "unexpected", 1),
        ("P()", "unexpected", 3),
        ("P(Q(a) ∧ R(a))", "unexpected", 8),
        ("P(a), Q(a)", "unexpected", 5),
        ("a = ", "unexpected", 4),
        ("∀x x", "unexpected", 4),
        ("∀x P(x) → Q(x)", "unbound_variable", 13),
        ("P(x)", "unbound_variable", 3),
        ("∀who P(who) → Q(who)", "unbound_variable", 17),
        ("¬" * (MAX_DEPTH + 1) + "A", "too_deep", MAX_DEPTH + 1),
        ("P(" + "f(" * 40 + "a" + ")" * 41, "too_deep", 67),
        ("A" * (MAX_CHARACTERS + 1), "too_long", 0),
        ("All cats are animals", "unexpected", 5),
    ],
)
def test_faults_by_hand(text, kind, at):
    with pytest.raises(FormulaError) as found:
        parse(text)
    assert (found.value.kind, found.value.at) == (kind, at), found.value
    assert found.value.kind in FAULTS


@settings(max_examples=300, deadline=None)
@given(st.text("()[]∀∃xyPQa,.:¬-∧∨→⊕=<>!?'\" \\$", max_size=60) | st.text(max_size=40))
def test_any_text_is_a_formula_or_has_a_fault(text):
    fault = ""
    try:
        rebuilt(parse(text))
    except FormulaError as error:
        fault = error.kind
    assert fault in ("", *FAULTS)


@pytest.mark.parametrize(
    "piece", ["(", "∀x", "P(", "not ", "∀a ", "a,", "∀x,", "'", "! [", "a-", "a.", "[(", "f(a,", "∧", " ", "\\", "(∀x)"]
)
def test_hostile_formulas_cost_no_more_than_ten_times_an_ordinary_one(piece):
    ordinary = " ∧ ".join(["P(a) → Q(b)"] * 600)[:MAX_CHARACTERS].rsplit(" ∧ ", 1)[0]
    hostile = piece * (MAX_CHARACTERS // len(piece))
    assert seconds(hostile) < 10 * seconds(ordinary)


def seconds(text):
    best = 9.0
    for _ in range(3):
        start = time.process_time()
        with suppress(FormulaError):
            parse(text)
        best = min(best, time.process_time() - start)
    return best
