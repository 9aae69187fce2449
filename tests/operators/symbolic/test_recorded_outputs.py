import json
import re
import time
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest

from engine.sandbox import facilities
from operators.features.trace_run import TraceRun
from operators.kernels.outputs import error_named, same_output
from operators.kernels.traces import recorded_blocks
from operators.symbolic.recorded_outputs import RecordedOutputs

needs_sandbox = pytest.mark.skipif(facilities().obstacle() is not None, reason=str(facilities().obstacle()))

SAME = [
    ("18", "18\n"),
    (" a  b \n\n", "a b"),
    ("0.33", "0.3333333333333333"),
    ("24", "24.0"),
    ("24.0", "24"),
    ("0.30000000000000004", "0.3"),
    ("1.5e3", "1500.0"),
    ("x = 2.50, y = 3", "x = 2.5, y = 3"),
    ("{1, 2, 3}", "{3, 2, 1}"),
    ("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"),
    ("Counter({'a': 1, 'b': 1})", "Counter({'b': 1, 'a': 1})"),
    ("{1,\n 2}", "{2, 1}"),
    ("", "\n"),
    ("-0.67", "-0.6666"),
]
OTHER = [
    ("18", "19"),
    ("24", "24.4"),
    ("0.333", "0.33"),
    ("0.33", "0.34"),
    ("[1, 2]", "[2, 1]"),
    ("{1, 2}", "{1, 3}"),
    ("{1, 2}", "[1, 2]"),
    ("1", "True"),
    ("a b", "ab"),
    ("1\n2", "1 2"),
    ("5", "-5"),
    ("9**9", "81"),
    ("", "0"),
    ("nan", "0"),
    ("Counter({'a': 1})", "Sounter({'a': 1})"),
    ("__import__('os').getpid()", "{1}"),
]


@pytest.mark.parametrize(("recorded", "ran"), SAME)
def test_the_same(recorded, ran):
    assert same_output(recorded, ran)


@pytest.mark.parametrize(("recorded", "ran"), OTHER)
def test_not_the_same(recorded, ran):
    assert not same_output(recorded, ran)


@pytest.mark.parametrize(
    "piece", ["1", "-", "{", "{1:", "(", "f(", "1.", "1e9999 ", "a.", "Error", "'", "\\d", "1e", "\u200b", "{}"]
)
def test_hostile_outputs_cost_little(piece):
    long, ordinary = (text * (100_000 // len(text)) for text in (piece, "x = 2.50\n"))
    started = time.process_time()
    same_output(ordinary, ordinary + "1")
    usual = time.process_time() - started
    started = time.process_time()
    assert not same_output(long[:60_000], "5" + long[1:60_000])
    same_output(long[:9_000], "{" + long[1:9_000])
    error_named(long)
    recorded_blocks(long)
    assert time.process_time() - started < 10 * usual + 0.5


@pytest.mark.parametrize(
    ("derivation", "blocks"),
    [
        ("", []),
        ("<llm-code>\na\n</llm-code>", [("a", None)]),
        ("<llm-code>a</llm-code><llm-code-output>b</llm-code-output>", [("a", "b")]),
        ("<llm-code>a</llm-code> so <llm-code-output>b</llm-code-output>", [("a", None)]),
        ("<llm-code-output>b</llm-code-output>", []),
        ("<llm-code>a", []),
        ("<llm-code>a</llm-code><llm-code-output>b", [("a", None)]),
        (
            "<llm-code>\nprint('```python')\n</llm-code>\n<llm-code-output>\n```python\n</llm-code-output>",
            [("print('```python')", "```python")],
        ),
        ("```python\na\n```\n\n```output\nb\n```\n```output\nc\n```", [("a", "b")]),
        ("```js\na\n```\n```output\nb\n```", []),
        ("```PY\nif x:\n    a\n```\n```stdout\n```", [("if x:\n    a", "")]),
        ("```python\na\n```\n```python\nb\n```\n```output\n1\n```", [("a", None), ("b", "1")]),
        ("```python\ns = '<llm-code>'\n```\n```output\n</llm-code-output>\n```", [("s = '<llm-code>'", "</llm-code-output>")]),
    ],
)
def test_blocks(derivation, blocks):
    assert [tuple(block) for block in recorded_blocks(derivation)] == blocks


@pytest.mark.parametrize(
    ("output", "name"),
    [
        ("ZeroDivisionError: division by zero", "ZeroDivisionError"),
        ("Traceback (most recent call last):\n  File\nValueError", "ValueError"),
        ("mod.Custom.OddException: x", "OddException"),
        ("the Error: x", None),
        ("Errors: 5", None),
        ("", None),
    ],
)
def test_errors_by_name(output, name):
    assert error_named(output) == name


def trace(*pairs):
    return "".join(
        f"step\n<llm-code>\n{code}\n</llm-code>\n"
        + ("" if output is None else f"<llm-code-output>\n{output}\n</llm-code-output>\n")
        for code, output in pairs
    )


def run(solutions, feature=None):
    batch = pa.RecordBatch.from_pydict({"solution": pa.array(solutions, pa.string())})
    return (feature or TraceRun(cpu_seconds=1)).open()(batch)


def measure(columns):
    n = len(columns["trace_verdicts"])
    batch = pa.RecordBatch.from_pydict({"_id": range(n), "_fault": pa.nulls(n, pa.string()), **columns})
    return RecordedOutputs().value(RecordedOutputs().fold(batch))


@needs_sandbox
def test_by_hand():
    cases = [
        (trace(("x = 6", None), ("x * 7", "42")), ["same"]),
        (trace(("print('a')\n1 / 4", "a\n0.25"), ("2", "3"), ("2", "2")), ["same", "differs", "same"]),
        (trace(("1 / 0", "ZeroDivisionError: division by zero"), ("5", "5")), ["same", "same"]),
        (trace(("1 / 0", "0"), ("y", "ZeroDivisionError"), ("5", "NameError: y")), ["raises", "other_error", "no_error"]),
        (trace(("1", "1"), ("while True: pass", "1"), ("2", "2")), ["same", "over_limit", "not_run"]),
        (trace(("import no_such_package", "1"), ("2", "2")), ["no_package", "not_run"]),
        (trace(("import no_such_package", None), ("2", "2")), ["not_run"]),
        (trace(("x = 1", None)), None),
        ("no program", None),
        (None, None),
    ]
    columns = run([solution for solution, _ in cases])
    assert columns["trace_verdicts"].to_pylist() == [verdicts for _, verdicts in cases]
    value = measure(columns)
    assert (value.value, value.n) == (3 / 5, 5)
    assert value.skipped == {"no recorded output": 3, "no output could be evaluated": 2}
    assert value.parts["outputs"].value == 6 / 10
    assert (value.parts["outputs"].n, value.parts["evaluated"].n, value.parts["evaluated"].value) == (10, 15, 10 / 15)
    assert [entry.note for entry in value.evidence] == [
        "differs: program 2: recorded '3', put out '2'",
        "raises: program 1: recorded '0', raises ZeroDivisionError: division by zero",
    ]


@needs_sandbox
def test_nothing_recorded_is_ever_run_outside(tmp_path):
    mark = tmp_path / "mark"
    bad = f"__import__('pathlib').Path({str(mark)!r}).touch()"
    run([trace(("1", bad), (bad, "{" + bad + "}"))])
    assert not mark.exists()


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic" / "gsm8k"


@needs_sandbox
@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_gsm8k_calculations_come_out_as_exact_fractions_say():
    """Every calculator annotation of 400 model solutions as a program with its recorded output; each seventh is made wrong."""
    records = [json.loads(line) for line in (SHARED / "example_model_solutions.jsonl").read_text().splitlines()[:400]]
    steps = [re.findall(r"<<([\d+*/.() -]+)=(-?[\d.]+)>>", record["6b_finetuning"]["solution"]) for record in records]
    steps = [
        [(sum_, str(1 + int(out)) if (at + row) % 7 == 0 and out.isdigit() else out) for at, (sum_, out) in enumerate(each)]
        for row, each in enumerate(steps)
        if each
    ]
    columns = run([trace(*each) for each in steps])
    mine = [[verdict == "same" for verdict in each] for each in columns["trace_verdicts"].to_pylist()]
    assert mine == [[holds(*step) for step in each] for each in steps]
    assert sum(map(len, mine)) > 500
    assert 0.05 < 1 - sum(map(sum, mine)) / sum(map(len, mine)) < 0.2


def holds(expression, written):
    """Whether an exact evaluation gives the written number at its precision and float64's; no Python: no."""
    exact = re.sub(r"\d+(?:\.\d*)?|\.\d+", lambda at: f"Fraction('{at[0].rstrip('.')}')", expression)
    try:
        compile(expression, "", "eval")
        value = eval(exact, {"Fraction": Fraction})
    except (SyntaxError, ZeroDivisionError, TypeError):
        return False
    decimals = len(written.partition(".")[2])
    half = Fraction(1, 2 * 10**decimals) if "." in written else 0
    return abs(value - Fraction(written)) <= max(half, abs(Fraction(written)) / 10**12)
