import gzip
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from engine.sandbox import facilities
from operators.features.repeat_run import RepeatRun
from operators.symbolic.determinism import Determinism

pytestmark = pytest.mark.skipif(facilities().obstacle() is not None, reason=str(facilities().obstacle()))


def run(codes, **parameters):
    batch = pa.RecordBatch.from_pydict({"code": pa.array(codes, pa.string())})
    return RepeatRun(cpu_seconds=1, **parameters).open()(batch)


def measure(columns):
    n = len(columns["repeat_verdict"])
    batch = pa.RecordBatch.from_pydict({"_id": range(n), "_fault": pa.nulls(n, pa.string()), **columns})
    return Determinism().value(Determinism().fold(batch))


CASES = [
    ("print(1)", "same"),
    ("x = 1", "silent"),
    ("import random; random.seed(1); print(random.random())", "same"),
    ("import random; print(random.random())", "output"),
    ("import random; x = random.random()", "silent"),
    ("import os; print(os.urandom(4))", "output"),
    ("import uuid; print(uuid.uuid4())", "output"),
    ("print({str(i) for i in range(50)})", "output"),
    ("print(sorted({str(i) for i in range(50)}))", "same"),
    ("print({i for i in range(50)})", "same"),
    ("print(hash('a'))", "output"),
    ("print(object())", "output"),
    ("import os; print(os.getcwd())", "output"),
    ("print(__name__)", "same"),
    ("import time; print(time.time_ns())", "output"),
    ("import time; print(time.perf_counter())", "output"),
    ("import datetime; print(datetime.date.today())", "output"),
    ("import datetime; print(datetime.datetime.now().strftime('%d'))", "output"),
    ("import time; print(time.strftime('%d', time.gmtime()))", "same"),  # the day in UTC is not shifted
    ("print(1 / 0)", "silent"),
    ("x = {str(i) for i in range(50)}; raise ValueError(x.pop())", "end"),
    ("import random; print(1); raise ValueError(random.random())", "end"),
    ("import sys; print(1); sys.exit(3)", "same"),
    ("while True: pass", "limit"),
    ("def f(:", "silent"),
    ("```python\nprint(1)\n```", "same"),
    (None, None),
]


def test_by_hand():
    columns = run([code for code, _ in CASES])
    assert dict(zip([code for code, _ in CASES], columns["repeat_verdict"].to_pylist(), strict=True)) == dict(CASES)
    value = measure(columns)
    assert (value.value, value.n) == (12 / 25, 25)
    assert value.skipped == {"ended by a limit": 1, "no program": 1}
    assert value.parts["silent"].value == 4 / 25
    assert value.parts["output"].value == 11 / 25
    assert value.parts["end"].value == 2 / 25


def test_two_runs_see_less_than_twenty():
    rare = "print(hash('a') % 4 == 0)"
    assert run([rare], runs=20)["repeat_verdict"].to_pylist() == ["output"]
    assert run([rare], runs=2)["repeat_verdict"].to_pylist()[0] in ("same", "output")


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_programs_of_people_are_deterministic_as_plain_subprocesses_say():
    """HumanEval's solutions with a call of each printed, beside fresh interpreters with other hash seeds."""
    with gzip.open(SHARED / "humaneval" / "HumanEval.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in lines][:40]
    codes = [f"{r['prompt']}{r['canonical_solution']}\nprint({{*dir()}})\nprint(len(dir()))" for r in records[:3]]
    codes += [f"{r['prompt']}{r['canonical_solution']}\nprint({r['entry_point']}.__name__)" for r in records]
    verdicts = run(codes)["repeat_verdict"].to_pylist()
    assert [verdict == "same" for verdict in verdicts] == [plainly(code) for code in codes]
    assert verdicts == ["output"] * 3 + ["same"] * 40


def plainly(code):
    outputs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, env={"PYTHONHASHSEED": str(seed)}).stdout
        for seed in range(3)
    }
    return len(outputs) == 1
