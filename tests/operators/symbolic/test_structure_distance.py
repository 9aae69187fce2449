import ast
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from radon.visitors import ComplexityVisitor
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp

from operators.kernels.program_structure import structures
from operators.symbolic.structure_distance import StructureDistance


def fold(programs, metric=None):
    columns = {
        "_id": range(len(programs)),
        "_fault": pa.nulls(len(programs), pa.string()),
        "code": pa.array(programs, pa.string()),
    }
    return (metric or StructureDistance()).fold(pa.RecordBatch.from_pydict(columns))


def compare(subject, reference):
    return StructureDistance().compare(fold(subject), fold(reference))


def test_a_program_by_hand():
    program = (
        "import os\n\ndef f(x, y=-1):\n    if x < y and x:\n        return os.path.join(x, [].pop())\n    return x[0] + 1\n"
    )
    (found,) = structures([program])
    assert Counter(found.nodes) == {
        "Module": 1,
        "Import": 1,
        "alias": 1,
        "FunctionDef": 1,
        "arguments": 1,
        "arg": 2,
        "UnaryOp": 1,
        "Constant": 3,
        "If": 1,
        "BoolOp": 1,
        "Compare": 1,
        "Name": 6,
        "Return": 2,
        "Call": 2,
        "Attribute": 3,
        "List": 1,
        "BinOp": 1,
        "Subscript": 1,
    }
    assert sorted(found.operators) == ["Add", "And", "Lt", "USub"]
    assert sorted(found.calls) == [".pop", "os.path.join"]
    assert (found.lines, found.depth, found.complexity) == (5, 8, 3)


def test_what_is_no_program():
    assert (
        structures(["x = (", "", "# nothing", "\0", "(" * 10_000, "-" * 100_000 + "1", "```python\nx = 1\n```"])[:6]
        == [None] * 6
    )
    value = compare(["x = 1", "x = (", None, "y" * 300_000], ["x = 1"])
    assert (value.value, value.n) == (0.0, 1)
    assert value.skipped == {"no program": 1, "not Python": 1, "over 262144 characters": 1}
    assert compare(["x = ("], ["x = 1"]).reason == "no record of the subject has a Python program"
    assert compare(["x = 1"], []).reason == "no record of the reference has a Python program"


def test_the_same_programs_are_at_no_distance_and_names_do_not_count():
    programs = ["def f(a):\n    return a + 1", "for i in range(3):\n    print(i)"]
    value = compare(programs, programs)
    distances = [part.value for name, part in value.parts.items() if name != "same_source"]
    assert (value.value, distances) == (0.0, [0.0] * 5)
    other = ["def g(b):  # note\n\n    return b + 2", "for j in reversed(4):\n    print(j)"]
    assert compare(programs, other).value == 0.0
    assert compare(programs, other).parts["calls"].value > 0.0


def test_nothing_in_common():
    value = compare(["import a"] * 3, ["x < y"] * 3)
    assert 0.0 < value.value < 1.0  # both are modules
    assert value.parts["operators"].reason == "no program of the subject has operators"


def test_hostile_programs():
    for program in ("(" * 100_000, "a." * 50_000 + "b", "x = [" + "1," * 50_000 + "]", "f(" * 90 + ")" * 90, "a" * 100_000):
        fold([program])


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")


def mbpp():
    return [json.loads(line)["code"] for line in (SHARED / "mbpp" / "mbpp.jsonl").read_text(encoding="utf-8").splitlines()]


def codet():
    name = "HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_code_solution.jsonl"
    records = map(json.loads, (SHARED / "codet_humaneval" / name).read_text(encoding="utf-8").splitlines())
    return [record["prompt"] + record["samples"][at] for record in records for at in range(3)]


def parsed(programs):
    for program in programs:
        try:
            yield program, ast.parse(program)
        except (SyntaxError, ValueError):
            continue


@needs_data
def test_scipy_comes_to_the_same():
    sides = [mbpp(), codet()]
    value = compare(*sides)
    counts, lines = [], []
    for side in sides:
        trees = list(parsed(side))
        kinds = (ast.operator, ast.unaryop, ast.cmpop, ast.boolop, ast.expr_context)
        counts.append(Counter(type(n).__name__ for _, tree in trees for n in ast.walk(tree) if not isinstance(n, kinds)))
        lines.append([sum(1 for line in program.splitlines() if line.strip()) for program, _ in trees])
    names = sorted(counts[0] | counts[1])
    assert value.value == pytest.approx(jensenshannon(*([side[name] for name in names] for side in counts), base=2) ** 2)
    assert value.parts["lines"].value == pytest.approx(ks_2samp(*lines).statistic)
    assert value.n == len(lines[0])
    same = compare(sides[0][::2], sides[0][1::2])
    assert same.value < 0.01 < value.value
    assert same.parts["same_source"].value < value.parts["same_source"].value * 3


@needs_data
def test_radon_counts_the_same_decisions():
    """Radon leaves out what stands in a function's default values, in `assert` and in classes, and counts closures twice."""
    checked = 0
    for program, tree in parsed(mbpp()):
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        inner = any(isinstance(node, ast.FunctionDef) for f in functions for node in ast.walk(f) if node is not f)
        if inner or any(isinstance(node, ast.ClassDef | ast.Lambda) for node in ast.walk(tree)):
            continue
        assert structures([program])[0].complexity == ComplexityVisitor.from_ast(tree).total_complexity, program
        checked += 1
    assert checked > 700


def test_cuts_do_not_matter():
    programs = ["x = 1", "f(2)", "a and b", "for i in y:\n    pass"]
    whole, pieces = fold(programs), fold(programs[2:]) + fold(programs[:2])
    other = fold(["z = 3"])
    assert StructureDistance().compare(whole, other) == StructureDistance().compare(pieces, other)
    assert np.array_equal(whole["nodes"].cells, pieces["nodes"].cells)
