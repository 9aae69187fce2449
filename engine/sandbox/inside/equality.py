"""Comparisons in a test, in which nothing that the program under test made up has a say."""

import ast
import re
from typing import Any

PRELOADED = "bisect collections copy functools heapq itertools math operator re string typing"
_TYPES = re.compile(r"class|type\b|__|exec|eval|compile|import\s*\(|modules")
_IMPORT = re.compile(r"^[ \t]*(?:from\s+([\w.]+)|import\s+([^#\n]*))", re.MULTILINE)
_KNOWN = {*PRELOADED.split(), "bisect", "cmath", "datetime", "decimal", "hashlib", "json", "random", "statistics", "time"}
_HONEST = ("collections", "fractions")
_PLAIN = {int, float, str, bytes, bool, list, tuple, dict, set, frozenset, type(None), complex}


def same(left: Any, right: Any) -> Any:
    """``left == right``, where no type that the program made up has a say about a value of a built-in type."""
    if type(right) in _PLAIN and _has_opinion(left, 4):
        return False
    if type(left) in _PLAIN and _has_opinion(right, 4):
        return False
    return left == right


def may_make_types(program: str) -> bool:
    """Whether a program could make or find an object of a type with an equality written in Python.

    It could not where it has neither a class nor another way to make one, and imports only what is known to have none.
    """
    imported = {name.split(".")[0] for at in _IMPORT.finditer(program) for name in re.findall(r"[\w.]+", at[1] or at[2])}
    return bool(_TYPES.search(program)) or not imported <= _KNOWN


def _has_opinion(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind in _PLAIN:
        inside = value.values() if kind is dict else value if kind in (list, tuple, set, frozenset) else ()
        return bool(depth) and any(_has_opinion(item, depth - 1) for item in inside)
    code = getattr(kind.__eq__, "__code__", None)
    return code is not None and kind.__module__ not in _HONEST


class Comparisons(ast.NodeTransformer):
    """Asks `same` for every ``==`` and ``!=`` of two operands."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """One comparison; a chain of them is left as it is."""
        self.generic_visit(node)
        if len(node.ops) > 1 or not isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            return node
        asked = ast.Call(ast.Name("__same__", ast.Load()), [node.left, node.comparators[0]], [])
        negated = isinstance(node.ops[0], ast.NotEq)
        return ast.copy_location(ast.UnaryOp(ast.Not(), asked) if negated else asked, node)
