"""Programs of a benchmark under other names, counted by hand and on real ones."""

import ast
import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.audit import audit, load
from engine.local import Local
from operators.features.benchmark_programs import BenchmarkPrograms
from operators.symbolic.ast_contamination import AstContamination

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "symbolic"
REAL = pytest.mark.skipif(not DATA.is_dir(), reason="no real data beside the checkout")
LOOP = "def total(numbers):\n  found = 0\n  for number in numbers:\n    found += number * 2\n  return found + len(numbers)\n"
BRANCH = "def pick(a, b):\n    if a > b and a > 0:\n        return [a, b]\n    return [b, a, a + b]\n"


def measured(programs, benchmarks, **settings):
    columns = BenchmarkPrograms(benchmarks, **settings).open()(
        pa.RecordBatch.from_pydict({"code": pa.array(programs, pa.string())})
    )
    batch = pa.RecordBatch.from_pydict({"_id": np.arange(len(programs)), **columns})
    return AstContamination().value(AstContamination().fold(batch))


def test_both_directions_by_hand(tmp_path):
    (tmp_path / "b.jsonl").write_text("\n".join(json.dumps({"code": code}) for code in (LOOP, BRANCH, f"{LOOP}\n\n{BRANCH}")))
    renamed = LOOP.replace("found", "z").replace("number", "y").replace("total", "f")
    programs = [
        renamed,
        f"import os\n{BRANCH}",
        BRANCH.replace("0", "1"),
        "x = 1",
        "def f(",
        None,
        "class A:\n  k = [1, 2, 3]\n" * 4,
    ]
    pq.write_table(pa.table({"code": programs}), tmp_path / "code.parquet")
    plan = tmp_path / "plan.toml"
    plan.write_text(
        '[subject]\npath = "code.parquet"\nmodality = "symbolic"\n[metrics."symbolic.ast_contamination"]\n'
        f'[features.benchmark_programs]\nbenchmarks = {{ b = "{tmp_path}/b.jsonl" }}\n'
    )
    value = audit(load(plan), Local(1), str(tmp_path / "out")).result("symbolic.ast_contamination").value
    assert (value.value, value.n) == (2 / 4, 4)
    assert value.skipped == {"no program": 1, "not python": 1, "small": 1}
    assert {name: part.value for name, part in value.parts.items()} == {
        "with all of an item": 1 / 4,
        "b": 2 / 4,
        "b: share of its items found": 1.0,
    }
    assert [one.note for one in value.evidence] == [
        "b, item 1: a function of it, 27 nodes, as pick",
        "b, item 0: all of it, 24 nodes",
    ]


def humaneval():
    with gzip.open(DATA / "humaneval/HumanEval.jsonl.gz", "rt") as lines:
        return [row["prompt"] + row["canonical_solution"] for row in map(json.loads, lines)]


def texts(name):
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


class Reversed(ast.NodeTransformer):
    """Arguments and assigned names, and the docstring, changed: by hand, without what is tested."""

    def __init__(self, tree):
        self.own = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        self.own |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}

    def visit_Name(self, node):
        return ast.Name(f"n_{node.id[::-1]}" if node.id in self.own else node.id, node.ctx)

    def visit_arg(self, node):
        return ast.arg(f"n_{node.arg[::-1]}")

    def visit_Constant(self, node):
        return ast.Constant("Another text.") if isinstance(node.value, str) and "\n" in node.value else node


@REAL
def test_every_copy_with_other_names_is_found_and_hardly_any_rephrased_one():
    benchmark = {"humaneval": str(DATA / "humaneval/HumanEval.jsonl.gz")}
    copies = [ast.unparse(ast.fix_missing_locations(Reversed(tree).visit(tree))) for tree in map(ast.parse, humaneval())]
    value = measured(copies, benchmark)
    assert value.value == 1
    assert value.n + value.skipped["small"] == 164
    assert value.parts["humaneval: share of its items found"].value == value.n / 164
    assert value.parts["humaneval: items that cannot be found"].value == value.skipped["small"]
    rephrased = measured([row["text"] for row in texts("contamination/humaneval_python.jsonl")], benchmark)
    assert 0.03 < rephrased.value < 0.15
    assert measured([row["text"] for row in texts("contamination/humaneval_js.jsonl")], benchmark).value is None


@REAL
def test_mbpp_is_clean():
    value = measured(
        [row["code"] for row in texts("mbpp/mbpp.jsonl")], {"humaneval": str(DATA / "humaneval/HumanEval.jsonl.gz")}
    )
    assert value.n > 700
    assert value.value * value.n == pytest.approx(2)  # a largest element and Fibonacci's numbers: they are the same programs
