"""What Python programs are built of: the nodes, operators and calls of their syntax trees, and how large these are."""

import ast
import threading
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from operators.kernels.fences import unfenced

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_OPERATORS = frozenset(kind for of in (ast.operator, ast.unaryop, ast.cmpop, ast.boolop) for kind in of.__subclasses__())
_PROPER = frozenset(kind for of in ast.AST.__subclasses__() for kind in (of, *of.__subclasses__())) - _OPERATORS
_PROPER -= {*ast.expr_context.__subclasses__()}
"""Nodes that are neither operators nor contexts; what else a field holds is a name, a constant or nothing."""
_DECIDING = {*_LOOPS, ast.If, ast.IfExp, ast.Assert, ast.BoolOp, ast.comprehension, ast.Try, ast.TryStar, ast.Match}
_CALL_CHARACTERS = 200
_PARTS = 8


class Structure(NamedTuple):
    """A program's parts, each as often as it stands there.

    ``nodes``: the types of syntax nodes, without operators and contexts; ``operators``: those of ``a + b``, ``-a``, ``a < b``,
    ``a and b``; ``calls``: what is called, as far as it is a name (``os.path.join``; ``.append`` where the object has none);
    ``lines`` that are not blank; ``depth``: the nodes on the longest way down the tree; ``complexity``: McCabe's, one more
    than the decisions of the whole program.
    """

    nodes: list[str]
    operators: list[str]
    calls: list[str]
    lines: int
    depth: int
    complexity: int


def structures(programs: Sequence[str]) -> list[Structure | None]:
    """The structure of each program; None for one that CPython's parser refuses, or that is blank.

    In a thread of its own: how deep a tree CPython accepts depends on how deep the caller's stack is.

    >>> found = structures(["if a and b:\\n    print(-a)\\n", "x = ("])
    >>> found[0].operators, found[0].calls, found[0].depth, found[0].complexity, found[1]
    (['And', 'USub'], ['print'], 6, 3, None)
    """
    found: list[Structure | None] = []

    def parse() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.extend(_structure(unfenced(program)) for program in programs)

    thread = threading.Thread(target=parse)
    thread.start()
    thread.join()
    return found


def _structure(program: str) -> Structure | None:
    try:
        tree = compile(program, "<record>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    if not isinstance(tree, ast.Module) or not tree.body:
        return None
    nodes: list[str] = []
    operators: list[str] = []
    calls: list[str] = []
    level: list[Any] = [tree]
    depth, complexity = 0, 1
    while level:
        depth += 1
        below: list[Any] = []
        for node in level:
            kind = type(node)
            nodes.append(kind.__name__)
            if kind in _DECIDING:
                complexity += decisions(node)
            elif kind is ast.Call:
                calls.append(called(node.func))
            for name in kind._fields:
                child = getattr(node, name, None)
                if type(child) is list:
                    below += child
                elif child is not None:
                    below.append(child)
        operators += [type(node).__name__ for node in below if type(node) in _OPERATORS]
        level = [node for node in below if type(node) in _PROPER]
    return Structure(nodes, operators, calls, sum(bool(line.strip()) for line in program.splitlines()), depth, complexity)


def decisions(node: ast.AST) -> int:
    """How many more ways through a program a node opens, as radon counts them (an ``else`` of a loop or ``try`` is one)."""
    if isinstance(node, _LOOPS):
        return 1 + bool(node.orelse)
    if isinstance(node, ast.If | ast.IfExp | ast.Assert):
        return 1
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    if isinstance(node, ast.Try | ast.TryStar):
        return len(node.handlers) + bool(node.orelse)
    if isinstance(node, ast.Match):
        wild = any(getattr(case.pattern, "pattern", False) is None for case in node.cases)
        return max(0, len(node.cases) - wild)
    return 0


def called(function: ast.expr) -> str:
    """The dotted name of what is called, its last parts; those of an object without a name begin with a dot.

    >>> [called(ast.parse(text, mode="eval").body.func) for text in ("f(1)", "a.b.c()", "[].append(1)", "f()()")]
    ['f', 'a.b.c', '.append', '()']
    """
    parts: list[str] = []
    while isinstance(function, ast.Attribute) and len(parts) < _PARTS:
        parts.append(function.attr)
        function = function.value
    first = function.id if isinstance(function, ast.Name) else "" if parts else "()"
    return ".".join([first, *reversed(parts)])[-_CALL_CHARACTERS:]
