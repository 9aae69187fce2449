import gzip
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from engine.sandbox import facilities
from operators.features.test_run import TestRun, as_program
from operators.symbolic.unit_tests import UnitTests

pytestmark = pytest.mark.skipif(facilities().obstacle() is not None, reason=str(facilities().obstacle()))


def run(codes, tests, feature=None):
    batch = pa.RecordBatch.from_pydict({"code": pa.array(codes, pa.string()), "tests": pa.array(tests, pa.string())})
    return (feature or TestRun()).open()(batch)


def test_by_hand():
    good, wrong = "def f(x):\n    return x * x", "def f(x):\n    return x"
    humaneval = "def check(candidate):\n    assert candidate(3) == 9\n"
    cases = [
        (good, "assert f(3) == 9", "passed"),
        (wrong, "assert f(3) == 9", "exception"),
        (good, '["assert f(3) == 9", "assert f(0) == 0"]', "passed"),
        (wrong, '["assert f(0) == 0", "assert f(3) == 9"]', "exception"),
        (good, humaneval + "\n\nf", "passed"),
        (wrong, humaneval + "\n\nf", "exception"),
        (wrong, humaneval + "\ncheck(f)", "exception"),
        (wrong, humaneval, "no_call"),
        ("```python\n" + good + "\n```", "assert f(3) == 9", "passed"),
        ("def f(:", "assert True", "program_exception"),
        ("import sys; sys.exit(0)", "assert True", "program_exit"),
        ("while True: pass", "assert True", "program_timeout"),
        (None, "assert True", None),
        (good, None, None),
        (good, "", None),
    ]
    columns = run([c for c, _, _ in cases], [t for _, t, _ in cases], TestRun(cpu_seconds=1))
    assert columns["test_status"].to_pylist() == [status for _, _, status in cases]
    batch = pa.RecordBatch.from_pydict({"_id": range(len(cases)), "_fault": pa.nulls(len(cases), pa.string()), **columns})
    value = UnitTests().value(UnitTests().fold(batch))
    assert (value.value, value.n) == (4 / 12, 12)
    assert value.skipped == {"no program or no tests": 3}
    assert value.parts["program_timeout"].value == 1 / 12


def test_tests_as_a_program():
    assert as_program("[1, 2][0]") == "[1, 2][0]"
    assert as_program('["a", 1]') == '["a", 1]'
    assert as_program("def check(f):\n    assert f\ncheck(x)") == "def check(f):\n    assert f\ncheck(x)"


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")


@needs_data
def test_every_canonical_solution_of_humaneval_passes():
    with gzip.open(SHARED / "humaneval" / "HumanEval.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in lines]
    codes = [f"{r['prompt']}\n\n{r['canonical_solution']}" for r in records]
    columns = run(codes, [f"{r['test']}\n\n{r['entry_point']}" for r in records])
    assert columns["test_status"].to_pylist() == ["passed"] * 164


@needs_data
def test_every_solution_of_mbpp_passes():
    records = [json.loads(line) for line in (SHARED / "mbpp" / "mbpp.jsonl").read_text().splitlines()]
    tests = [json.dumps([r["test_setup_code"], *r["test_list"]]) for r in records]
    patient = TestRun(cpu_seconds=60)  # one of them takes seconds
    assert run([r["code"] for r in records], tests, patient)["test_status"].to_pylist() == ["passed"] * 974


@needs_data
def test_codet_verdicts_are_those_of_plain_subprocesses():
    folder = SHARED / "codet_humaneval"
    problems = [json.loads(line) for line in (folder / "HumanEval_for_code_generation.jsonl").read_text().splitlines()]
    by_prompt = {problem["prompt"]: problem for problem in problems}
    lines = next(folder.glob("*_solution.jsonl")).read_text().splitlines()
    cases = [
        (record["prompt"] + sample, by_prompt[record["prompt"]])
        for record in map(json.loads, lines)
        for sample in record["samples"][:2]
    ]
    feature = TestRun(packages=True, memory_mb=8192)  # some samples import numpy, unasked
    columns = run([code for code, _ in cases], [f"{p['test']}\n\n{p['entry_point']}" for _, p in cases], feature)
    mine = [status == "passed" for status in columns["test_status"].to_pylist()]
    assert mine == [plainly(code, problem) for code, problem in cases]
    assert 0 < sum(mine) < len(mine)


def plainly(code, problem):
    program = f"{code}\n{problem['test']}\ncheck({problem['entry_point']})\n"
    try:
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=10, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return False
    return ran.returncode == 0
