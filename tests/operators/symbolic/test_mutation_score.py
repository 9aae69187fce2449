import ast
import gzip
import json
import subprocess
import sys
from math import isclose
from pathlib import Path

import pyarrow as pa
import pytest

from engine.sandbox import facilities
from operators.features.mutant_run import MutantRun
from operators.kernels.mutants import mutants
from operators.kernels.programs import meaning, parsed, unparsed
from operators.symbolic.mutation_score import MutationScore

needs_sandbox = pytest.mark.skipif(facilities().obstacle() is not None, reason=str(facilities().obstacle()))


def changes(code):
    return sorted(one.change.partition(": ")[2] for one in mutants(code, 100))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = a + b", ["a + b -> a - b", "x = a + b -> pass"]),
        ("x += a", ["x += a -> pass", "x += a -> x -= a"]),
        ("f(a and not b)", ["a and (not b) -> a or not b", "f(a and (not b)) -> pass", "not b -> b"]),
        ("if a >= b: pass", ["a >= b -> a > b", "a >= b -> not a >= b"]),
        ("while True: break", ["True -> False", "break -> pass"]),  # not True is the same bytecode
        ("return_ = 'a'", ["'a' -> 'XXaXX'", "return_ = 'a' -> pass"]),
        ("x: int = 0", ["0 -> -1", "0 -> 1"]),
        ("def f(a: int = 1) -> 'int':\n    'doc'\n    return", ["1 -> 0", "1 -> 2"]),
        ("f'{a:5}b'", ["f'{a:5}b' -> pass"]),
        ("a < b < c", ["a < b < c -> a < b <= c", "a < b < c -> a <= b < c", "a < b < c -> pass"]),
        ("def f(): return None", []),
        ("x = [a for a in b if a]", ["a -> not a", "x = [a for a in b if a] -> pass"]),
        ("'only a docstring'", []),
        ("x = (", []),
        ("", []),
    ],
)
def test_every_mutant(code, expected):
    assert changes(code) == sorted(expected)


def test_mutants_compile_differ_and_leave_no_trace():
    code = (
        "def f(n):\n    t = 0\n    for i in range(n):\n        if i % 2 == 0 and i != 4:\n            t += i * 3\n    return t"
    )
    made = mutants(code, 1000)
    meanings = [meaning(parsed(one.code)) for one in made]
    assert None not in meanings
    assert meaning(parsed(code)) not in meanings
    assert len(set(meanings)) == len(made) > 15
    assert mutants(code, 5) == made[:5], "a smaller draw is the start of a larger one"
    assert mutants(code, 1000) == made


@pytest.mark.parametrize("piece", ["(", "-", "not ", "[", "x = 1\n", "a + ", "f'{", "if x:\n ", "x."])
def test_hostile_programs(piece):
    for size in (300, 5_000, 100_000):
        for end in ("", "a"):
            mutants(piece * (size // len(piece)) + end, 3)


GOOD, WEAK = "assert top(3, 2) == 3\nassert top(2, 3) == 3\nassert top(2, 2) == 2", "assert top(3, 2) == 3"
TOP = "def top(a, b):\n    if a > b:\n        return a\n    return b"


def run(codes, tests, feature=None):
    batch = pa.RecordBatch.from_pydict({"code": pa.array(codes, pa.string()), "tests": pa.array(tests, pa.string())})
    return (feature or MutantRun(cpu_seconds=2)).open()(batch)


def measure(columns):
    n = len(columns["mutant_skip"])
    batch = pa.RecordBatch.from_pydict({"_id": range(n), "_fault": pa.nulls(n, pa.string()), **columns})
    return MutationScore().value(MutationScore().fold(batch))


@needs_sandbox
def test_by_hand():
    """Four mutants of `top`: >=, not >, and None for either return; `a >= b` is an equivalent one, which no test can kill."""
    assert changes(TOP) == ["a > b -> a >= b", "a > b -> not a > b", "return a -> return None", "return b -> return None"]
    forever = "def f(n):\n    while n > 0:\n        n -= 1\n    return 7"
    codes = [TOP, TOP, forever, TOP, "x = 1 +", None, "def g():\n    pass"]
    tests = [GOOD, WEAK, "assert f(5) == 7", "assert top(1, 2) == 1", "assert x", GOOD, "g()"]
    columns = run(codes, tests)
    value = measure(columns)
    # forever's: > -> >= passes, not > passes, 0 -> 1 and 0 -> -1 pass, n -= 1 left out never ends, += never ends,
    # 1 -> 2 passes, 1 -> 0 never ends, 7 -> 6 and 8, None: killed
    scores = [3 / 4, 2 / 4, 6 / 11]
    assert isclose(value.value, sum(scores) / 3)
    assert value.n == 3
    assert value.skipped == {"fails its tests": 2, "no mutant": 1, "no program or no tests": 1}
    assert value.parts["timed_out"].value == 3 / 19
    assert value.parts["return"].value == 4 / 5
    assert value.parts["comparison"].value == 0.0
    assert value.evidence[0].note.startswith("2 of 4 mutants pass: line ")
    assert [entry.record for entry in value.evidence] == [1, 2, 0]


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")


def humaneval():
    with gzip.open(SHARED / "humaneval" / "HumanEval.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


@needs_data
def test_writing_a_program_down_again_changes_nothing_but_its_look():
    codes = [r["prompt"] + r["canonical_solution"] for r in humaneval()]
    codes += [json.loads(line)["code"] for line in (SHARED / "mbpp" / "mbpp.jsonl").read_text().splitlines()]
    for code in codes:
        assert meaning(parsed(unparsed(parsed(code)))) == meaning(ast.parse(code)) is not None


@needs_sandbox
@needs_data
def test_verdicts_are_those_of_plain_subprocesses():
    records = humaneval()[:12]
    codes = [r["prompt"] + r["canonical_solution"] for r in records]
    columns = run(codes, [f"{r['test']}\n\n{r['entry_point']}" for r in records], MutantRun(mutants=3))
    for r, code, verdicts in zip(records, codes, columns["mutant_verdicts"].to_pylist(), strict=True):
        for mutant, verdict in zip(mutants(code, 3), verdicts, strict=True):
            assert mutant.operator == verdict["operator"]
            assert plainly(f"{mutant.code}\n{r['test']}\ncheck({r['entry_point']})\n") == (verdict["end"] == "passed")


def plainly(program):
    try:
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=3, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return False
    return ran.returncode == 0
