"""Programs held against benchmarks of programs, in the ways that these are written."""

import json

import pyarrow as pa

from operators.features.benchmark_programs import BenchmarkPrograms

PROMPT = 'from typing import List\n\n\ndef total(numbers: List[int]) -> int:\n    """Sum of squares."""\n'
SOLUTION = "    found = 0\n    for number in numbers:\n        found += number ** 2\n    return found - len(numbers)\n"
COPY = "def g(a):\n    b = 0\n    for c in a: b += c**2  # squares\n    return b - len(a)"
OTHER = "def g(a):\n    return sum(c ** 2 for c in a if c != 3 and c != 4)"


def written(tmp_path, *rows, name="b.jsonl"):
    (tmp_path / name).write_text("\n".join(map(json.dumps, rows)))
    return str(tmp_path / name)


def columns(feature, programs):
    found = feature.open()(pa.RecordBatch.from_pydict({"code": pa.array(programs, pa.string())}))
    return {name: column.to_pylist() for name, column in found.items()}


def test_prompt_and_solution_are_one_program(tmp_path):
    feature = BenchmarkPrograms(
        {"b": written(tmp_path, {"prompt": PROMPT, "canonical_solution": SOLUTION, "test": "assert 1"})}
    )
    assert feature.obstacle() is None
    found = columns(feature, [COPY, OTHER, f"import os\n{COPY}", None, "def f(", "x = 1", "\0"])
    assert [
        None if row is None else [(hit["item"], hit["whole"], hit["name"]) for hit in row] for row in found["program_hits"]
    ] == [
        [(0, True, "")],
        [],
        [(0, False, "g")],
        None,
        None,
        None,
        None,
    ]
    assert found["program_fault"] == [None, None, None, None, "not_python", "small", "not_python"]


def test_a_prompt_that_is_no_program_is_left_out(tmp_path):
    feature = BenchmarkPrograms({"b": written(tmp_path, {"prompt": "Write a sum of squares.", "code": PROMPT + SOLUTION})})
    assert [len(row) for row in columns(feature, [COPY, OTHER])["program_hits"]] == [1, 0]


def test_columns_are_the_plans(tmp_path):
    path = written(tmp_path, {"answer": COPY, "code": OTHER})
    assert [len(row) for row in columns(BenchmarkPrograms({"b": path}), [COPY, OTHER])["program_hits"]] == [0, 1]
    assert [len(row) for row in columns(BenchmarkPrograms({"b": path}, ("answer",)), [COPY, OTHER])["program_hits"]] == [1, 0]
    nothing = BenchmarkPrograms({"b": written(tmp_path, {"q": "x"}, name="c.jsonl")}).obstacle()
    assert nothing == "the benchmark b has none of prompt, canonical_solution, code, solution: say which columns"


def test_small_functions_and_common_ones_do_not_count(tmp_path):
    rows = [{"code": COPY}] * 3 + [{"code": OTHER}, {"code": "def f(x): return x"}, {"code": "no python ("}]
    path = written(tmp_path, *rows)
    feature = BenchmarkPrograms({"b": path}, common=2)
    found = columns(feature, [COPY, OTHER, "def f(x): return x"])
    assert [None if row is None else len(row) for row in found["program_hits"]] == [0, 1, None]
    (size,) = json.loads(found["program_sizes"][0])
    assert size == {"name": "b", "items": 6, "items that cannot be found": 5, "shapes too common to count": 2}
    assert [
        len(row) for row in columns(BenchmarkPrograms({"b": path}, least_nodes=1), [COPY, "def f(y): return y"])["program_hits"]
    ] == [3, 1]


def test_constants_can_be_left_out(tmp_path):
    path = written(tmp_path, {"code": COPY})
    three = COPY.replace("**2", "**3")
    assert columns(BenchmarkPrograms({"b": path}), [three])["program_hits"] == [[]]
    assert len(columns(BenchmarkPrograms({"b": path}, constants=False), [three])["program_hits"][0]) == 1
