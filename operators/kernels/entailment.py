"""Whether a conclusion follows from premises: z3 over formulas that were read into postfix code."""

from collections.abc import Sequence
from typing import Any

from operators.kernels.formulas import Step, Term

VERDICTS = ("true", "false", "uncertain", "contradictory", "unknown")
"""The premises entail the conclusion; its negation; neither; both, since they cannot hold together; z3 found no answer."""

MEMORY_MB = 1024
"""Of all z3 in one process."""
TIMEOUT_MS = 120_000
"""Never reached before the bound on steps, unless the machine stands still: a verdict does not depend on the clock."""


def verdict(premises: Sequence[Sequence[Step]], conclusion: Sequence[Step], steps: int = 1_000_000) -> str:
    """One of `VERDICTS`.

    Individuals are of one sort that is not empty, names are uninterpreted, and two names may stand for the same individual.
    A predicate or function is its name and its number of terms. First-order logic is undecidable: z3 gives up after
    ``steps`` of its own resource count for each of two questions (1,000,000 are about a second). Where it shows that the
    premises entail the conclusion, and gives up on its negation, the verdict is ``true``; where it shows neither and gives up
    on one, ``unknown``. The order of the premises does not matter; nor does what was asked before.

    >>> from operators.kernels.formulas import parse
    >>> given = [parse("∀x (Cat(x) → Animal(x))"), parse("Cat(tom)")]
    >>> verdict(given, parse("Animal(tom)")), verdict(given, parse("¬∃x Animal(x)")), verdict(given, parse("Cat(jerry)"))
    ('true', 'false', 'uncertain')
    """
    import z3

    z3.set_param("memory_max_size", MEMORY_MB)
    context = z3.Context()  # a name that another record used would change z3's order of search
    try:
        given = [_expression(premise, context) for premise in sorted(set(map(tuple, premises)), key=repr)]
        claim = _expression(conclusion, context)
        against, with_it = (_check([*given, one], context, steps) for one in (z3.Not(claim), claim))
    except z3.Z3Exception:  # out of memory
        return "unknown"
    if z3.unsat in (against, with_it):
        return "contradictory" if against == with_it else "true" if against == z3.unsat else "false"
    return "unknown" if z3.unknown in (against, with_it) else "uncertain"


def _check(formulas: Sequence[Any], context: Any, steps: int) -> Any:
    import z3

    solver = z3.Solver(ctx=context)
    solver.set("rlimit", steps)
    solver.set("timeout", TIMEOUT_MS)
    solver.add(*formulas)
    return solver.check()


def _expression(code: Sequence[Step], context: Any) -> Any:
    import z3

    individuals, truth = z3.DeclareSort("individual", context), z3.BoolSort(context)
    join = {"and": z3.And, "or": z3.Or}
    stack: list[Any] = []
    for step in code:
        match step.kind:
            case "predicate":
                terms = [_term(term, individuals) for term in step.terms]
                stack.append(z3.Function(f"P:{step.name}", *[individuals] * len(terms), truth)(*terms))
            case "equal":
                left, right = (_term(term, individuals) for term in step.terms)
                stack.append(left == right)
            case "truth":
                stack.append(z3.BoolVal(step.name == "1", context))
            case "not":
                stack.append(z3.Not(stack.pop()))
            case "∀" | "∃":
                quantify = z3.ForAll if step.kind == "∀" else z3.Exists
                stack.append(quantify([z3.Const(f"v:{step.name}", individuals)], stack.pop()))
            case _:
                parts = [stack.pop() for _ in range(step.operands)][::-1]
                stack.append(join[step.kind](*parts) if step.kind in join else _folded(step.kind, parts))
    return stack.pop()


def _folded(kind: str, parts: Sequence[Any]) -> Any:
    import z3

    whole = parts[0]
    for part in parts[1:]:
        whole = {"xor": z3.Xor, "iff": lambda a, b: a == b, "implies": z3.Implies}[kind](whole, part)
    return whole


def _term(term: Term, individuals: Any) -> Any:
    import z3

    if term.terms is None:
        return z3.Const(f"{'v' if term.bound else 'c'}:{term.name}", individuals)
    terms = [_term(inner, individuals) for inner in term.terms]
    return z3.Function(f"f:{term.name}", *[individuals] * len(terms), individuals)(*terms)
