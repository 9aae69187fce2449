import json
import re
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest

from operators.symbolic.arithmetic_steps import ArithmeticSteps


def batch_of(solutions, faults=None):
    columns = {
        "_id": pa.array(range(len(solutions)), pa.int64()),
        "_fault": pa.array(faults or [None] * len(solutions), pa.string()),
        "solution": pa.array(solutions, pa.string()),
    }
    return pa.RecordBatch.from_pydict(columns)


def measure(solutions, faults=None):
    metric = ArithmeticSteps()
    return metric.value(metric.fold(batch_of(solutions, faults)))


def test_by_hand():
    value = measure(["He has 48/2 = <<48/2=24>>24, so <<24+1=26>>26.", "3 + 4 = 7", "nothing", None, "1+1=3, 2+2=5, 3+3=6"])
    assert (value.value, value.n) == (0.5, 6)
    assert value.skipped == {"no step": 1, "null": 1}
    assert value.parts["sound_records"].value == pytest.approx(1 / 3)
    assert [(e.record, e.score, e.note) for e in value.evidence] == [
        (4, 2.0, "2 of 3 steps do not hold, the first is step 1"),
        (0, 1.0, "1 of 2 steps do not hold, the first is step 2"),
    ]


@pytest.mark.parametrize(
    ("text", "n", "holds"),
    [
        ("- 48 / 2 = 24 clips", 1, 1),
        ("1. 48 / 2 = 24", 1, 1),
        ("Step 1) $1,500 - $20.50 = $1,479.50", 1, 1),
        ("Total:13+26=39.", 1, 1),
        ("(3 + 4) × 2 = 14", 1, 1),
        ("so 2 x 3 = 6 and 6 + 1 = 8", 2, 1),
        ("y + 3 * 2 = 12", 0, 0),
        ("2y + 3 * 2 = 12", 0, 0),
        ("3 + 2^2*4 = 19", 0, 0),
        ("60 apples * 2/3 = 40", 0, 0),
        ("8 * 2 + 4 = 16 + 4 = 20", 0, 0),
        ("1 - 3/5 = 2/5", 0, 0),
        ("1 1/2 + 2 = 3", 0, 0),
        ("3 / 2 = 1 1/2", 0, 0),
        ("1 + 1\n= 3", 0, 0),
        ("x = 5", 0, 0),
    ],
)
def test_what_is_a_step(text, n, holds):
    value = measure([text])
    assert value.n == n
    assert value.value == (holds / n if n else None)


def test_nothing_to_evaluate():
    value = measure([None, None, "words"], ["cut off", None, None])
    assert (value.value, value.skipped) == (None, {"no step": 1, "null": 1, "unreadable": 1})
    assert measure([]).value is None


def test_hostile_text_is_linear():
    value = measure(["(" * 100_000, "1+" * 200_000, "1 = " * 100_000, "9" * 100_000 + " + 1 = 2", "<<" * 100_000])
    assert value.value is None


def test_cuts_do_not_matter():
    batch, metric = batch_of(["1+1=2", "1+1=3", None, "<<2*2=4>> and <<2*2=5>>", "a"] * 5), ArithmeticSteps()
    assert metric.fold(batch[:3]) + metric.fold(batch[3:]) == metric.fold(batch) == metric.fold(batch) + metric.zero()


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic" / "gsm8k"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_gsm8k_holds():
    answers = [json.loads(line)["answer"] for line in (SHARED / "test.jsonl").read_text().splitlines()]
    value = measure(answers)
    assert value.value > 0.998
    # Another reading of the annotations: Python's own evaluation, of those without a name, a zero lead or a percent sign.
    simple = [
        s for a in answers for s in re.findall(r"<<([\d.+*/()\-]+)=(-?[\d.]+)>>", a) if not re.search(r"\b0\d|//|\*\*", s[0])
    ]
    simple = [(left, right) for left, right in simple if re.search(r"\d[-+*/]", left)]
    literal = re.compile(r"\d*\.\d+|\d+")
    held = [
        abs(eval(literal.sub(lambda m: f"Fraction('{m[0]}')", left)) - Fraction(right))
        <= Fraction(1, 2 * 10 ** len(right.partition(".")[2]))
        for left, right in simple
    ]
    mine = measure([f"<<{left}={right}>>" for left, right in simple])
    assert mine.n == len(held) > 4000
    assert mine.value == sum(held) / len(held)
