import os
import subprocess
import sys
import warnings
from pathlib import Path

import pyarrow as pa
import pytest

from operators.symbolic.python_syntax import PythonSyntax

TABLE = [
    ("x = 1\n", ""),
    ("def f(a, /, *, b=2):\n    return a ** b\n", ""),
    ("return 1", ""),  # the parser's business ends before scopes
    ("# only a comment", ""),
    ("print('\\d')", ""),  # a doubtful escape is a warning
    ("match x:\n    case [1, *rest]:\n        pass\n", ""),
    ("```python\nx = 1\n```", ""),
    ("```\nx = [\n```", "unterminated"),
    ("x = (1", "unterminated"),
    ("x = 'abc", "unterminated"),
    ('"""doc', "unterminated"),
    ("def f():\nreturn 1", "indentation"),
    ("if x:\n\ty\n        z\n", "indentation"),
    ("print 'hello'", "python_2"),
    ("x = = 1", "syntax"),
    ("for i in range(3) print(i)", "syntax"),
    ("function f() { return 1; }", "syntax"),
    ("x = " + "1" * 5000, "syntax"),
    ("  \n\t", "empty"),
    ("", "empty"),
    ("x = 1\n\0", "null_byte"),
    ("(" * 500 + ")" * 500, "too_deep"),
    ("-" * 100_000 + "1", "too_deep"),
    ("a" + ".b" * 100_000, "too_deep"),
    ("".join(" " * depth + "if x:\n" for depth in range(200)) + " " * 200 + "pass", "too_deep"),
]


def measure(programs, metric=None, faults=None):
    metric = metric or PythonSyntax()
    columns = {
        "_id": pa.array(range(len(programs)), pa.int64()),
        "_fault": pa.array(faults or [None] * len(programs), pa.string()),
        "code": pa.array(programs, pa.string()),
    }
    return metric.value(metric.fold(pa.RecordBatch.from_pydict(columns)))


@pytest.mark.parametrize(("program", "fault"), TABLE)
def test_verdicts_by_hand(program, fault):
    value = measure([program])
    assert value.value == (0.0 if fault else 1.0)
    assert set(value.parts) == ({fault} if fault else set())


def test_parts_and_lines():
    value = measure(["a", "b", "x\ny = = 1", "x = (", None])
    assert (value.value, value.n, value.skipped) == (0.5, 4, {"null": 1})
    assert {name: part.value for name, part in value.parts.items()} == {"syntax": 0.25, "unterminated": 0.25}
    assert [(e.record, e.note) for e in value.evidence] == [(2, "syntax at line 2"), (3, "unterminated at line 1")]


def test_agrees_with_the_interpreter_in_a_process_of_its_own(tmp_path):
    for at, (program, fault) in enumerate(TABLE):
        if "```" in program or "\0" in program or not program.strip() or program.startswith("return"):
            continue
        path = tmp_path / f"p{at}.py"
        path.write_text(program)
        script = "import ast, sys; ast.parse(open(sys.argv[1]).read())"
        run = subprocess.run([sys.executable, "-W", "ignore", "-c", script, str(path)], capture_output=True)
        assert (run.returncode != 0) == bool(fault), program[:40]


def test_a_fence_is_kept_where_told_so():
    assert measure(["```python\nx = 1\n```"], PythonSyntax(strip_fence=False)).value == 0.0
    assert measure(["Here:\n```python\nx = 1\n```"]).value == 0.0


def test_a_program_over_the_limit_is_skipped():
    value = measure(["x" * 101, "x"], PythonSyntax(max_bytes=100))
    assert (value.value, value.skipped) == (1.0, {"over 100 bytes": 1})


def test_nothing_to_parse():
    value = measure([None, None], faults=["broken line", None])
    assert (value.value, value.skipped) == (None, {"null": 1, "unreadable": 1})
    assert measure([]).value is None


def test_nothing_runs(tmp_path):
    measure([f"open({str(tmp_path / 'made')!r}, 'w')"])
    assert os.listdir(tmp_path) == []


def test_warning_filters_of_the_caller_do_not_matter():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert measure(["'\\d' is 1"]).value == 1.0


def test_verdicts_do_not_depend_on_the_depth_of_the_caller():
    programs = ["a" + ".b" * n for n in range(900, 1100, 10)]

    def deep(levels):
        return deep(levels - 1) if levels else measure(programs).value

    assert deep(0) == deep(300)


def test_slices_and_cuts():
    programs = [program for program, _ in TABLE]
    batch = pa.RecordBatch.from_pydict(
        {"_id": list(range(len(programs))), "_fault": pa.nulls(len(programs), pa.string()), "code": programs}
    )
    metric = PythonSyntax()
    assert metric.fold(batch[:7]) + metric.fold(batch[7:]) == metric.fold(batch) == metric.fold(batch) + metric.zero()


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_written_by_people():
    import json

    lines = (SHARED / "mbpp" / "mbpp.jsonl").read_text().splitlines()
    assert measure([json.loads(line)["code"] for line in lines]).value > 0.99
