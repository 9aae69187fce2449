import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest

from engine.sandbox import facilities
from operators.features.rewrite_run import RewriteRun
from operators.kernels.rewrites import NAMES, rewrites
from operators.symbolic.metamorphic_invariance import MetamorphicInvariance

needs_sandbox = pytest.mark.skipif(facilities().obstacle() is not None, reason=str(facilities().obstacle()))

REWRITTEN = [
    ("renamed", "def f(a):\n    b = a\n    return b", "def f(a):\n    renamed_0 = a\n    return renamed_0"),
    ("renamed", "def f(a):\n    a = 1\n    return a", None),  # a parameter: calls may name it
    ("renamed", "def f():\n    global b\n    b = 1", None),
    ("renamed", "b = 1", None),
    ("renamed", "def f():\n    renamed_0 = 1\n    return renamed_0", "def f():\n    renamed_1 = 1\n    return renamed_1"),
    ("renamed", "def f():\n    import b\n    b = b.c", None),
    ("renamed", "def f():\n    try:\n        g()\n    except E as b:\n        b = 1", None),
    ("renamed", "def f(a=b):\n    b = 1", None),  # the default is another b
    ("renamed", "def f():\n    class A:\n        b = 1\n    b = 2", None),
    (
        "renamed",
        "def f(n):\n    b = 1\n    def g(c):\n        nonlocal n\n        return b + c\n    return [b for b in g(b)]",
        "def f(n):\n    renamed_0 = 1\n\n    def g(c):\n        nonlocal n\n        return renamed_0 + c\n"
        "    return [renamed_0 for renamed_0 in g(renamed_0)]",
    ),
    (
        "dead_code",
        "def f():\n    'd'\n    return",
        'def f():\n    """d"""\n    unused_0 = None\n    if unused_0 is not None:\n        unused_0 = unused_0 + 1\n    return',
    ),
    ("dead_code", "x = 1", None),
    ("commuted", "x == 1", "1 == x"),
    ("commuted", "'a' != x", "x != 'a'"),
    ("commuted", "x == y", None),
    ("commuted", "1 < x", None),
    ("commuted", "x == 1 == y", None),
    ("commuted", "x + 1", None),  # x may be a string, or anything
    ("commuted", "'a' + 'b'", None),
    ("commuted", "2 * 'b'", None),
    ("commuted", "len(x) + 1", "1 + len(x)"),
    ("commuted", "len = f\nlen(x) + 1", None),
    ("commuted", "len(x) + len(y)", None),
    ("commuted", "True + 1", None),
    ("reordered", "a = 1\nb = []\nc = -2", "b = []\na = 1\nc = -2"),
    ("reordered", "a = 1\na = 2", None),
    ("reordered", "a = 1\nb = a", None),
    ("reordered", "a = b = 1\nc = 2", None),
    ("reordered", "class A:\n    a = 1\n    b = 2", None),  # an enumeration counts on the order
    ("reformatted", "x = (1)  # one", "x = 1"),
    ("reformatted", "x = (", None),
    ("reformatted", "", None),
]


@pytest.mark.parametrize(("name", "code", "expected"), REWRITTEN)
def test_rewritten(name, code, expected):
    assert rewrites(code).get(name) == expected


@pytest.mark.parametrize("piece", ["(", "-", "not ", "[", "x = 1\n", "a + ", "if x:\n ", "def f():\n x=1\n"])
def test_hostile_programs(piece):
    for size in (300, 5_000, 100_000):
        rewrites(piece * (size // len(piece)) + "a")


def run(codes, tests, feature=None):
    batch = pa.RecordBatch.from_pydict({"code": pa.array(codes, pa.string()), "tests": pa.array(tests, pa.string())})
    return (feature or RewriteRun(cpu_seconds=1)).open()(batch)


def measure(columns):
    n = len(columns["rewrites_kept"])
    batch = pa.RecordBatch.from_pydict({"_id": range(n), "_fault": pa.nulls(n, pa.string()), **columns})
    return MetamorphicInvariance().value(MetamorphicInvariance().fold(batch))


@needs_sandbox
def test_by_hand():
    plain = "def f(n):\n    two = 2\n    return two * n"
    by_name = "def f(n):\n    two = 2\n    return eval('two') * n"
    by_line = "import sys\n\n\ndef f(n):\n    return n * 2 if sys._getframe().f_lineno == 5 else 0"
    by_locals = "def f(n):\n    return n * 2 if len(locals()) == 1 else 0"
    wrong = "def f(n):\n    two = 3\n    return two * n"
    endless = "def f(n):\n    while True:\n        pass"
    codes = [plain, by_name, by_line, by_locals, wrong, endless, "def f(", None, plain]
    columns = run(codes, ["assert f(2) == 4"] * 8 + [None])
    kept = [each and set(each) for each in columns["rewrites_kept"].to_pylist()]
    assert columns["rewrites_broken"].to_pylist() == [
        [],
        ["renamed"],
        ["reformatted", "dead_code", "commuted"],
        ["dead_code"],
        [],
        [],
        [],
        None,
        None,
    ]
    assert kept[0] == kept[4] == {"reformatted", "renamed", "dead_code"}
    value = measure(columns)
    assert (value.value, value.n) == (2 / 5, 5)
    assert value.skipped == {"no program or no tests": 2, "no rewrite could be judged": 2}
    assert value.parts["renamed"].value == 2 / 3
    assert value.parts["reformatted"].value == 4 / 5
    assert value.parts["dead_code"].value == 3 / 5
    assert value.evidence[0].note == "dead_code: AssertionError"


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic"


@needs_sandbox
@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_programs_of_people_pass_however_they_are_written():
    with gzip.open(SHARED / "humaneval" / "HumanEval.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in lines]
    codes = [r["prompt"] + r["canonical_solution"] for r in records]
    tests = [f"{r['test']}\n\n{r['entry_point']}" for r in records]
    records = [json.loads(line) for line in (SHARED / "mbpp" / "mbpp.jsonl").read_text().splitlines()[:60]]
    codes += [r["code"] for r in records]
    tests += [json.dumps([r["test_setup_code"], *r["test_list"]]) for r in records]
    value = measure(run(codes, tests, RewriteRun(cpu_seconds=60)))
    assert (value.value, value.n) == (1.0, 224)
    assert set(value.parts) == set(NAMES)
    assert min(part.n for part in value.parts.values()) > 15
