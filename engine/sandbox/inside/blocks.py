"""Runs the blocks of one program, in the child made for it."""

import ast
import builtins
import os
import sys
from typing import Any

from .equality import Comparisons, may_make_types, same

MESSAGE_CHARACTERS = 300
_BUILTINS = {**vars(builtins), "__same__": same}


def goes_on(status: str, after_exceptions: bool) -> bool:
    """Whether the next block is run after one that ended so."""
    return status == "passed" or (after_exceptions and status == "exception")


def run_blocks(blocks: list[str], judge: bool, values: bool, after_exceptions: bool, say: Any) -> None:
    """Run the blocks one after the other in one namespace, and say how each ended; stops where it does not go on.

    A test that judges has built-ins of its own, copied before the fork: what the program did to its own does not reach it.
    """
    namespace = {"__name__": "__main__", "__builtins__": builtins}
    write, flush, stack = os.write, sys.stdout.flush, sys.getrecursionlimit()
    for at, block in enumerate(blocks):
        judging = judge and at == len(blocks) - 1
        doubted = judging and any(map(may_make_types, blocks[:-1]))
        if judging:
            sys.settrace(None)
            sys.setprofile(None)
            sys.setrecursionlimit(stack)
            namespace["__builtins__"] = _BUILTINS
        try:
            _run_block(block, f"<block {at}>", namespace, doubted, values)
            status, error = "passed", ""
        except SystemExit as left:
            status, error = "exit", str(left.code)[:MESSAGE_CHARACTERS] if isinstance(left.code, int | str | None) else "?"
        except MemoryError:
            status, error = "memory", ""
        except BaseException as raised:
            status, error = "exception", _described(raised)
        try:
            flush()
        except BaseException:
            status = "exception"
        say(write, status, error)
        if not goes_on(status, after_exceptions):
            return


def _run_block(block: str, name: str, namespace: dict[str, Any], doubted: bool, values: bool) -> None:
    tree: Any = ast.parse(block, name) if doubted or values else block
    if doubted:
        tree = ast.fix_missing_locations(Comparisons().visit(tree))
    last = tree.body[-1] if values and tree.body and isinstance(tree.body[-1], ast.Expr) else None
    if last is not None:
        tree.body.pop()
    exec(compile(tree, name, "exec", dont_inherit=True), namespace)  # noqa: S102  (inside the sandbox)
    if last is not None:
        expression = compile(ast.Expression(last.value), name, "eval", dont_inherit=True)
        value = eval(expression, namespace)  # noqa: S307  (inside the sandbox)
        if value is not None:
            print(repr(value))


def _described(raised: BaseException) -> str:
    try:
        return f"{type(raised).__name__}: {raised}"[:MESSAGE_CHARACTERS]
    except BaseException:  # what a program raises may refuse to be shown
        return type(raised).__name__[:MESSAGE_CHARACTERS]
