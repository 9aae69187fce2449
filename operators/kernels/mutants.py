"""Mutants of a program: the program with one small fault."""

import ast
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from operators.kernels.programs import Place, meaning, parsed, places, unparsed

OPERATORS = ("arithmetic", "boolean", "comparison", "condition", "constant", "deletion", "off_by_one", "return")

_ARITHMETIC: dict[type[ast.AST], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
_COMPARISONS: dict[type[ast.AST], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_DELETED = (ast.Assign, ast.AugAssign, ast.Expr, ast.Raise, ast.Assert, ast.Break, ast.Continue, ast.Delete)
_SHOWN = 40


class Mutant(NamedTuple):
    """A program with one fault: the kind of fault, the program, and what was changed."""

    operator: str
    code: str
    change: str


class _Fault(NamedTuple):
    operator: str
    place: Place
    node: ast.AST


def mutants(code: str, most: int) -> list[Mutant]:
    """At most so many mutants of a program that compile, and to something else than it and each other.

    Which of them is drawn by a hash of the program. Faults: another arithmetic or bitwise operator, or a sign left out;
    ``and`` for ``or``, a ``not`` left out, ``True`` for ``False``; another comparison; a condition negated; a string or a float
    changed; a statement left out; an integer one more or one less; ``None`` returned. Annotations, decorators and docstrings
    are left as they are.

    >>> [one.change for one in mutants("def f(a):\\n    return a < 5", 9)]
    ['line 2: a < 5 -> a <= 5', 'line 2: 5 -> 4', 'line 2: 5 -> 6', 'line 2: return a < 5 -> return None']
    """
    tree = parsed(code)
    if tree is None or unparsed(tree) is None:
        return []
    faults = [fault for place in places(tree) for fault in _faults(place)]
    seen, found = {meaning(tree), None}, []
    for at in _drawn(code, len(faults)):
        mutant = _mutant(tree, faults[at], seen)
        if mutant:
            found.append(mutant)
        if len(found) == most:
            break
    return found


def _drawn(code: str, n: int) -> list[int]:
    seed = blake2b(code.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return sorted(range(n), key=lambda at: blake2b(at.to_bytes(8, "little"), key=seed, digest_size=8).digest())


def _mutant(tree: ast.Module, fault: _Fault, seen: set[object]) -> Mutant | None:
    """The mutant with a fault, unless there is one like it; the tree is left as it was."""
    fault.place.put(ast.copy_location(fault.node, fault.place.node))
    what, code = meaning(tree), unparsed(tree)
    fault.place.put(fault.place.node)
    if what in seen or code is None:
        return None
    seen.add(what)
    before, after = (" ".join((unparsed(node) or "").split())[:_SHOWN] for node in (fault.place.node, fault.node))
    return Mutant(fault.operator, code, f"line {getattr(fault.place.node, 'lineno', 0)}: {before} -> {after}")


def _faults(place: Place) -> Iterator[_Fault]:
    node = place.node
    for operator, other in (*_of_expressions(node), *_of_constants(place), *_of_statements(node)):
        yield _Fault(operator, place, other)
    if place.field in ("test", "ifs") and isinstance(node, ast.expr) and not isinstance(place.parent, ast.Assert):
        yield _Fault("condition", place, ast.UnaryOp(ast.Not(), node))


def _of_expressions(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield "arithmetic", ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        yield "arithmetic", ast.AugAssign(node.target, _ARITHMETIC[type(node.op)](), node.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub, ast.Invert)):
        yield "boolean" if isinstance(node.op, ast.Not) else "arithmetic", node.operand
    elif isinstance(node, ast.BoolOp):
        yield "boolean", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.Compare):
        for at, op in enumerate(node.ops):
            ops = [*node.ops[:at], _COMPARISONS[type(op)](), *node.ops[at + 1 :]]
            yield "comparison", ast.Compare(node.left, ops, node.comparators)


def _of_constants(place: Place) -> Iterator[tuple[str, ast.AST]]:
    value = place.node.value if isinstance(place.node, ast.Constant) else None
    if isinstance(value, bool):
        yield "boolean", ast.Constant(not value)
    elif isinstance(value, int):
        yield from (("off_by_one", ast.Constant(value + 1)), ("off_by_one", ast.Constant(value - 1)))
    elif isinstance(value, float):
        yield "constant", ast.Constant(value + 1)
    elif isinstance(value, str) and not isinstance(place.parent, ast.JoinedStr):
        yield "constant", ast.Constant(f"XX{value}XX")


def _of_statements(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, _DELETED):
        yield "deletion", ast.Pass()
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "return", ast.Return(ast.Constant(None))
