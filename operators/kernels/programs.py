"""Python programs as trees: read without being run, and told apart by what they compile to."""

import ast
import types
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

MAX_CHARACTERS = 50_000

_ANNOTATIONS = {"annotation", "returns", "format_spec", "type_comment", "decorator_list"}


class Place(NamedTuple):
    """Where a node stands: a field of another, or an item of the list in that field."""

    parent: ast.AST
    field: str
    at: int | None
    node: ast.AST

    def put(self, node: ast.AST) -> None:
        """Let another node stand there."""
        if self.at is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.at] = node


def parsed(code: str) -> ast.Module | None:
    """The tree of a program; None where it has none, or is too long or too deep.

    >>> parsed("x = (") is None, type(parsed("x = 1")).__name__
    (True, 'Module')
    """
    if len(code) > MAX_CHARACTERS:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None


def unparsed(tree: ast.AST) -> str | None:
    """The program of a tree; None where it cannot be written down.

    >>> unparsed(parsed("x = ( 1 )"))
    'x = 1'
    """
    try:
        return ast.unparse(tree)
    except (ValueError, RecursionError):  # an f-string that needs a backslash; nesting
        return None


def places(tree: ast.Module) -> Iterator[Place]:
    """Where the nodes of a program stand, without annotations, decorators and docstrings, in order of the source."""
    waiting = [Place(tree, "body", at, node) for at, node in enumerate(tree.body)][::-1]
    while waiting:
        place = waiting.pop()
        if _is_docstring(place):
            continue
        yield place
        waiting += list(_below(place.node))[::-1]


def _below(node: ast.AST) -> Iterator[Place]:
    for field, value in ast.iter_fields(node):
        if field in _ANNOTATIONS:
            continue
        if isinstance(value, ast.AST):
            yield Place(node, field, None, value)
        elif isinstance(value, list):
            yield from (Place(node, field, at, one) for at, one in enumerate(value) if isinstance(one, ast.AST))


def _is_docstring(place: Place) -> bool:
    return isinstance(place.node, ast.Expr) and isinstance(place.node.value, ast.Constant)


def meaning(tree: ast.Module) -> Any:
    """What a program compiles to, without line numbers; None where it does not compile. Compiling runs nothing.

    >>> meaning(parsed("x = 1 + 1")) == meaning(parsed("x = 2")), meaning(parsed("x = 1")) == meaning(parsed("x = True"))
    (True, False)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _meaning(compile(ast.fix_missing_locations(tree), "<record>", "exec", dont_inherit=True))
        except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
            return None


def _meaning(value: Any) -> Any:
    if isinstance(value, types.CodeType):
        names = (value.co_name, value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars)
        counts = (value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount, value.co_flags)
        return value.co_code, value.co_exceptiontable, names, counts, tuple(map(_meaning, value.co_consts))
    if isinstance(value, tuple):
        return tuple(map(_meaning, value))
    if isinstance(value, frozenset):
        return "frozenset", tuple(sorted(map(repr, value)))
    return type(value).__name__, repr(value)
