"""Python programs as normalised syntax trees: two that differ in names, comments and layout only have the same shape."""

import ast
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from operators.kernels.fences import unfenced

_DROPPED = {"ctx", "annotation", "returns", "type_comment", "type_params", "type_ignores", "kind", "simple"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NAMED: dict[type, str] = {
    ast.Name: "id",
    ast.arg: "arg",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
    ast.alias: "asname",
    ast.ExceptHandler: "name",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.MatchMapping: "rest",
    ast.Global: "names",
    ast.Nonlocal: "names",
}
"""The field that holds a name which a program may choose; attributes and names of keywords are the interface of something."""
_ANNOTATING = ("typing", "typing_extensions", "__future__")


class Shape(NamedTuple):
    """A module (named ``""``) or a function: how many nodes its tree has, and a hash of the tree."""

    name: str
    nodes: int
    digest: int


class Shapes(NamedTuple):
    """The shapes of a program, or why it has none: not_python, too_deep, too_large; '' where it has."""

    found: tuple[Shape, ...]
    fault: str


def program_shapes(programs: Sequence[str], least: int, constants: bool = True, max_bytes: int = 1 << 20) -> list[Shapes]:
    """The shapes of each program: of the module, of its functions and of its classes' methods, with ``least`` nodes or more.

    Left out are comments, docstrings and other strings that stand alone, ``pass``, annotations, and the imports that serve only
    these. The names that a module (or, for the shape of a function, the function) gives itself are numbered in the order in
    which they come; names from elsewhere, attributes and keywords stay, so that ``min(x)`` is not ``max(x)``.

    Parsed, never compiled or run; in a thread of its own, since how deep a tree CPython accepts depends on the caller's stack.

    Args:
        programs: as text; one that stands whole in a Markdown fence is parsed without it.
        least: nodes, of which contexts and what is left out are none.
        constants: whether numbers and strings have to be the same, or only their types.
        max_bytes: larger programs are not parsed.

    >>> a, b, c = program_shapes(["def f(x: int):\\n  'Doc.'\\n  return x + 1", "def g(yy): return yy+1  # same", "def f("], 1)
    >>> [shape.name for shape in a.found], a.found[1][1:] == b.found[1][1:], c.fault
    (['', 'f'], True, 'not_python')
    """
    shapes: list[Shapes] = []

    def parse() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shapes.extend(_shapes(program, least, constants, max_bytes) for program in programs)

    thread = threading.Thread(target=parse)
    thread.start()
    thread.join()
    return shapes


def _shapes(program: str, least: int, constants: bool, max_bytes: int) -> Shapes:
    if len(program) > max_bytes:
        return Shapes((), "too_large")
    try:
        tree = ast.parse(unfenced(program), "<record>")
    except (MemoryError, RecursionError):
        return Shapes((), "too_deep")
    except (SyntaxError, ValueError):  # null bytes and lone surrogates are ValueErrors
        return Shapes((), "not_python")
    parts = [("", tree), *((function.name, function) for function in _functions(tree))]
    every = (Shape(name, *_digest(part, constants)) for name, part in parts)
    return Shapes(tuple(shape for shape in every if shape.nodes >= least), "")


def _functions(tree: ast.Module) -> Iterator[Any]:
    """Functions of the module and methods of its classes; not those inside functions, of which a tree may have 100 levels."""
    for node in tree.body:
        if isinstance(node, _FUNCTIONS):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from (inner for inner in node.body if isinstance(inner, _FUNCTIONS))


def _digest(root: ast.AST, constants: bool) -> tuple[int, int]:
    """How many nodes a tree has, and a hash of the tree, its names numbered."""
    own, numbers = _own_names(root), dict[str, int]()
    hashed, nodes = blake2b(digest_size=8), 0
    stack: list[Any] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, _Name):
            token = f"v{numbers.setdefault(item, len(numbers))}" if item in own else f"n{item}"
        elif isinstance(item, str):
            token = item
        elif isinstance(item, list):
            kept = [entry for entry in item if not _idle(entry)]
            stack += ["]", *reversed(kept)]
            token = "["  # noqa: S105
        elif item is None:
            token = "-"  # noqa: S105
        else:
            token, inner = _opened(item, constants)
            stack += [")", *reversed(inner)]
            nodes += 1
        hashed.update(token.encode("utf-8", "surrogatepass") + b"\0")
    return nodes, int.from_bytes(hashed.digest(), "little")


class _Name(str):
    """A name that a program may choose."""

    __slots__ = ()


def _opened(node: ast.AST, constants: bool) -> tuple[str, list[Any]]:
    """What stands for a node, and what is inside it."""
    if isinstance(node, ast.Constant):
        return f"({_constant(node.value, constants)}", []
    if isinstance(node, ast.AnnAssign):
        return "(Assign", [[node.target], node.value]
    return f"({type(node).__name__}", [
        inner for field in node._fields if field not in _DROPPED for inner in _field(node, field)
    ]


def _field(node: ast.AST, field: str) -> Iterable[Any]:
    value = getattr(node, field, None)
    named = _NAMED.get(type(node)) == field
    if isinstance(value, str):
        return [_Name(value) if named else f"={value}"]
    if isinstance(value, list) and value and isinstance(value[0], str):
        return ["[", *(_Name(one) if named else f"={one}" for one in value), "]"]
    return [f"={value}"] if isinstance(value, int) else [value]


def _constant(value: Any, constants: bool) -> str:
    kind = type(value).__name__
    if not constants:
        return kind
    return f"{kind} {hex(value) if type(value) is int else repr(value)}"  # a decimal of thousands of digits is refused


def _idle(entry: Any) -> bool:
    """Whether a statement does nothing."""
    if isinstance(entry, ast.Expr):
        return isinstance(entry.value, ast.Constant) and isinstance(entry.value.value, str)
    if isinstance(entry, ast.ImportFrom):
        return entry.module in _ANNOTATING
    if isinstance(entry, ast.Import):
        return all(alias.name in _ANNOTATING for alias in entry.names)
    return isinstance(entry, ast.Pass) or (isinstance(entry, ast.AnnAssign) and entry.value is None)


def _own_names(root: ast.AST) -> set[str]:
    """The names that a tree binds."""
    own: set[str] = set()
    for node in ast.walk(root):
        if isinstance(node, ast.Name):
            own.update(() if isinstance(node.ctx, ast.Load) else (node.id,))
        elif isinstance(node, ast.alias):
            own.add(node.asname or node.name.split(".")[0])
        elif (field := _NAMED.get(type(node))) and isinstance(name := getattr(node, field), str):
            own.add(name)
    return own
