"""Rewrites of a program that leave its meaning as it is, as long as it does not look at itself."""

import ast
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from operators.kernels.programs import parsed, unparsed

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ClassDef,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
_NUMERIC_CALLS = {"len", "ord"}
_NUMERIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)


def rewrites(code: str) -> dict[str, str]:
    """The rewrites of a program that apply to it, by name; none where it has no tree, or is longer than 50,000 characters.

    - reformatted: written down anew from its tree, without comments.
    - renamed: the local variables of its outermost functions have other names. Parameters keep theirs, since calls name them.
    - dead_code: these functions begin with statements that do nothing.
    - commuted: the operands of ``==``, ``!=``, ``+`` and ``*`` change places, where one is a literal and, for ``+`` and
      ``*``, the other is certain to be a number (strings do not commute).
    - reordered: two statements in a row that give different names constants change places.

    >>> rewrites("def f(n):  # double\\n    two = 2\\n    return two * n")["renamed"].splitlines()[1:]
    ['    renamed_0 = 2', '    return renamed_0 * n']
    >>> sorted(rewrites("x = 1  # one"))
    ['reformatted']
    """
    every = {name: _rewritten(code, change) for name, change in _CHANGES.items()}
    return {name: other for name, other in every.items() if other is not None}


def _rewritten(code: str, change: Callable[[ast.Module], bool]) -> str | None:
    tree = parsed(code)
    try:
        return unparsed(ast.fix_missing_locations(tree)) if tree is not None and change(tree) else None
    except RecursionError:
        return None


def _reformat(tree: ast.Module) -> bool:
    return bool(tree.body)


def _outermost(tree: ast.Module) -> Iterator[_Function]:
    """The functions of a module and the methods of its classes."""
    for node in tree.body:
        yield from (one for one in getattr(node, "body", ()) if isinstance(node, ast.ClassDef) and isinstance(one, _Function))
        if isinstance(node, _Function):
            yield node


def _rename(tree: ast.Module) -> bool:
    names, changed = _fresh(tree, "renamed"), False
    for function in _outermost(tree):
        other = dict(zip(_renamable(function), names, strict=False))
        changed |= bool(other)
        for node in ast.walk(function):
            if isinstance(node, ast.Name):
                node.id = other.get(node.id, node.id)
    return changed


def _fresh(tree: ast.Module, stem: str) -> Iterator[str]:
    """Names that a program does not have."""
    taken = ast.dump(tree)
    return (name for at in count() if (name := f"{stem}_{at}") not in taken)


def _renamable(function: _Function) -> list[str]:
    """The variables that a function sets itself, and that stand nowhere in it as anything but a variable."""
    found: dict[str, None] = {}
    kept: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.ClassDef):
            return []
        if not isinstance(node, ast.Name | ast.Constant):
            kept.update(_spelled(node))
    for node in _own(function.body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = None
    parts = [*function.decorator_list, function.args, *filter(None, [function.returns])]
    outside = {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}
    return [name for name in found if name not in kept | outside and not name.startswith("__")]


def _spelled(node: ast.AST) -> Iterator[str]:
    """The names that stand in a node itself: of functions, parameters, attributes, imports, exceptions, globals."""
    for _, value in ast.iter_fields(node):
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield from (one, one.partition(".")[0])


def _own(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a function's own scope, not of those inside it."""
    waiting = [*body][::-1]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting += list(ast.iter_child_nodes(node))[::-1]


def _deaden(tree: ast.Module) -> bool:
    functions, name = list(_outermost(tree)), next(_fresh(tree, "unused"))
    for function in functions:
        at = int(ast.get_docstring(function, clean=False) is not None)
        function.body[at:at] = ast.parse(f"{name} = None\nif {name} is not None:\n    {name} = {name} + 1").body
    return bool(functions)


def _commute(tree: ast.Module) -> bool:
    changed = False
    shadowed = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    shadowed |= {node.name for node in ast.walk(tree) if isinstance(node, (*_SCOPES[:2], ast.ClassDef))}
    shadowed |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            if isinstance(node.left, ast.Constant) or isinstance(node.comparators[0], ast.Constant):
                node.left, node.comparators, changed = node.comparators[0], [node.left], True
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
            literal = isinstance(node.left, ast.Constant) or isinstance(node.right, ast.Constant)
            if literal and _is_number(node.left, shadowed) and _is_number(node.right, shadowed):
                node.left, node.right, changed = node.right, node.left, True
    return changed


def _is_number(node: ast.expr, shadowed: set[str]) -> bool:
    """Whether an expression is certain to be an int or a float."""
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, _NUMERIC) and _is_number(node.left, shadowed) and _is_number(node.right, shadowed)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and _is_number(node.operand, shadowed)
    called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    return called in _NUMERIC_CALLS and called not in shadowed


def _reorder(tree: ast.Module) -> bool:
    changed = False
    for node in ast.walk(tree):
        body = None if isinstance(node, ast.ClassDef) else getattr(node, "body", None)  # enumerations count on their order
        at = 0
        while isinstance(body, list) and at + 1 < len(body):
            one, other = _constant_to(body[at]), _constant_to(body[at + 1])
            if one and other and one != other:
                body[at], body[at + 1], changed = body[at + 1], body[at], True
                at += 1
            at += 1
    return changed


def _constant_to(node: ast.stmt) -> str:
    """The name that a statement gives a constant or an empty container; empty for any other statement."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        return ""
    value = node.value.operand if isinstance(node.value, ast.UnaryOp) else node.value
    empty = not getattr(value, "elts", True) or not getattr(value, "keys", True)
    return node.targets[0].id if isinstance(value, ast.Constant) or empty else ""


_CHANGES = {"reformatted": _reformat, "renamed": _rename, "dead_code": _deaden, "commuted": _commute, "reordered": _reorder}
NAMES = tuple(_CHANGES)
