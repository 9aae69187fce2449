"""Shapes of programs: what is the same and what is not, beside trees that were normalised by hand."""

import ast
import time

import pytest

from operators.kernels.program_shapes import program_shapes

PROGRAM = '''
from typing import List
import math

def distances(points: List[float], limit: float = 2.0) -> List[float]:
    """Distances below a limit."""
    found: List[float] = []
    for left in points:  # each
        for right in points:
            gap = math.fabs(left - right)
            if gap < limit:
                found.append(gap)
    return sorted(found, key=lambda gap: -gap)
'''
RENAMED = """
import math
def f(a, b=2.0):
    "Other words."
    c = []
    for d in a:
        for e in a:
            g = math.fabs(d-e)
            if (g < b): c.append(g)
            pass
    return sorted(c, key=lambda g: (-g))
"""
CHANGED = {
    "another constant": ("2.0", "3.0"),
    "another operator": ("gap < limit", "gap <= limit"),
    "another built-in": ("sorted", "reversed"),
    "another attribute": ("append", "insert"),
    "another module": ("math.fabs", "cmath.fabs"),
    "another keyword": ("key=", "reverse="),
    "names of two things swapped": ("left - right", "right - left"),
    "another statement": ("    return", "    found.pop()\n    return"),
}


def shapes(program, least=1, **options):
    return program_shapes([program], least, **options)[0]


def digests(program, **options):
    return [shape.digest for shape in shapes(program, **options).found]


def test_names_comments_annotations_and_layout_do_not_count():
    assert digests(PROGRAM) == digests(RENAMED)
    assert digests(PROGRAM) == digests(f"```python\n{PROGRAM}\n```")
    assert digests(ast.unparse(ast.parse(PROGRAM))) == digests(PROGRAM)


@pytest.mark.parametrize("how", CHANGED)
def test_what_it_does_counts(how):
    changed = PROGRAM.replace(*CHANGED[how])
    assert changed != PROGRAM
    assert set(digests(changed)).isdisjoint(digests(PROGRAM))


def test_constants_may_be_left_out_but_not_their_types():
    same = [digests(text, constants=False) for text in ("def f(x): return x + 1", "def f(x): return x + 22")]
    assert same[0] == same[1]
    assert same[0] != digests("def f(x): return x + '1'", constants=False)
    assert len({tuple(digests(f"def f(x): return x + {one}")) for one in ("1", "True", "1.0", "1j", "'1'", "b'1'")}) == 6


def test_functions_and_methods_have_shapes_of_their_own():
    program = "class A:\n  def m(self, x):\n    return self.k + x\n\nasync def g(y): return y\n\n"
    program += "def h(z):\n  def inner(): return 1\n  return inner"
    assert [shape.name for shape in shapes(program).found] == ["", "m", "g", "h"]
    alone = shapes("def other(me, value):\n    return me.k + value").found[1]
    assert alone[1:] == shapes(program).found[1][1:]


def test_nodes_are_those_of_the_tree_without_contexts():
    shape = shapes("def f(x: int) -> int:\n    'Doc.'\n    return x + 1").found[1]
    dropped = (ast.Load, ast.Module)
    kept = [node for node in ast.walk(ast.parse("def f(x):\n    return x + 1")) if not isinstance(node, dropped)]
    assert shape.nodes == len(kept) == 8
    assert [one.nodes for one in shapes("def f(x):\n    return x + 1", least=9).found] == [9]


def test_recursion_is_by_the_functions_own_name():
    assert digests("def a(n): return n * a(n - 1)") == digests("def b(k): return k * b(k - 1)")
    assert digests("def a(n): return n * a(n - 1)") != digests("def a(n): return n * other(n - 1)")


def test_every_statement_has_a_shape():
    program = """
import os.path, sys as system
from . import near
x: int = 1
y: int
def f(*args, a=1, **more):
    global x
    with open(args) as file, open(a): x += 1
    try: raise ValueError from None
    except (OSError, KeyError) as error: del error
    finally: assert x, f"{x!r:>{a}}"
    match args:
        case {"k": [1, *rest], **others} | rest: yield (b := rest)
        case str(name=n) if n: return
    while x: break
    else: return [i async for i in more if i], {**more}, {1}, x[1:2, ...], -x if x else not x
"""
    other = (
        program.replace("rest", "r").replace("error", "e").replace("file", "handle").replace("others", "o").replace("more", "m")
    )
    assert len(digests(program)) == 2
    assert digests(program) == digests(other)


def test_what_cannot_be_parsed_has_a_fault():
    faults = {
        "def f(": "not_python",
        "a\0b": "not_python",
        "\ud800": "not_python",
        "(" * 100_000: "not_python",
        "x" * 99: "too_large",
    }
    assert [shapes(text, max_bytes=98 if text[0] == "x" else 1 << 20).fault for text in faults] == list(faults.values())
    assert shapes("1" + "+1" * 50_000).fault in ("too_deep", "")
    assert shapes("-" * 90_000 + "1").fault == "too_deep"
    assert shapes("").found[0].nodes == 1


def test_hostile_programs_cost_no_more_than_ten_times_an_ordinary_one():
    ordinary = (PROGRAM * 400)[:100_000].rsplit("\ndef", 1)[0]
    deep = "".join(f"{' ' * at}def f{at}():\n" for at in range(90)) + " " * 90 + "x = 1\n"
    hostile = [
        f"x = 0x{'f' * 99_000}",
        "x = '" + "a" * 99_000 + "'",
        "[" * 99_000,
        "a." * 49_000 + "a",
        "lambda:" * 14_000 + "1",
    ]
    hostile += ["x = 1;" * 16_000, deep * 20, "f" + "()" * 49_000, "x = {" + "1:2," * 24_000 + "}", "a\n" * 49_000]

    def seconds(program):
        best = 9.0
        for _ in range(3):
            start = time.process_time()
            shapes(program)
            best = min(best, time.process_time() - start)
        return best

    most = 10 * seconds(ordinary)
    assert {program[:9]: spent for program in hostile if (spent := seconds(program)) > most} == {}
