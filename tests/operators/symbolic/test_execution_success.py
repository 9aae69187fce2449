import pyarrow as pa
import pytest

from engine.sandbox import facilities
from operators.features.program_run import ProgramRun
from operators.symbolic.execution_success import ExecutionSuccess

pytestmark = pytest.mark.skipif(facilities().obstacle() is not None, reason=str(facilities().obstacle()))

CASES = [
    ("print(1)", "passed"),
    ("import sys; sys.exit()", "passed"),
    ("import sys; sys.exit(0)", "passed"),
    ("import sys; sys.exit(3)", "exit"),
    ("raise SystemExit('no')", "exit"),
    ("import os; os._exit(0)", "exit"),
    ("1 / 0", "exception"),
    ("x = input()", "exception"),
    ("def f(:", "exception"),
    ("```python\nx = 1\n```", "passed"),
    ("while True: pass", "timeout"),
    ("x = bytearray(1 << 40)", "memory"),
    ("while True: print('x' * 999)", "output"),
    ("", "passed"),
    (None, None),
]


def test_by_hand():
    batch = pa.RecordBatch.from_pydict({"code": pa.array([code for code, _ in CASES], pa.string())})
    columns = ProgramRun(cpu_seconds=1).open()(batch)
    assert columns["run_status"].to_pylist() == [status for _, status in CASES]
    folded = pa.RecordBatch.from_pydict({"_id": range(len(CASES)), "_fault": pa.nulls(len(CASES), pa.string()), **columns})
    value = ExecutionSuccess().value(ExecutionSuccess().fold(folded))
    assert (value.value, value.n, value.skipped) == (5 / 14, 14, {"no program": 1})
    assert value.parts["exit"].value == 3 / 14
    notes = [entry.note for entry in value.evidence]
    assert "exception: ZeroDivisionError: division by zero" in notes
    assert "exit: 3" in notes


def test_what_a_program_does_stays_with_it():
    codes = ["import builtins; builtins.print = None", "print(1)", "open('f', 'w').write('x')", "open('f').read()"]
    columns = ProgramRun().open()(pa.RecordBatch.from_pydict({"code": codes}))
    assert columns["run_status"].to_pylist() == ["passed", "passed", "passed", "exception"]
