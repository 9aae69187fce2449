import json
from pathlib import Path

import pyarrow as pa
import pytest

from operators.symbolic.ungrounded_numbers import UngroundedNumbers, ungrounded


def measure(problems, solutions):
    columns = {
        "_id": pa.array(range(len(problems)), pa.int64()),
        "_fault": pa.nulls(len(problems), pa.string()),
        "problem": pa.array(problems, pa.string()),
        "solution": pa.array(solutions, pa.string()),
    }
    return UngroundedNumbers().value(UngroundedNumbers().fold(pa.RecordBatch.from_pydict(columns)))


@pytest.mark.parametrize(
    ("problem", "solution", "nowhere"),
    [
        ("5 boxes of 8", "5*8=40", []),
        ("5 boxes of 8", "5*8=<<5*8=40>>40, then 7", ["7"]),
        ("five boxes of 1,000", "5 * 1000 = 5,000", []),
        ("a dozen", "12 eggs", []),
        ("half of them", "0.5 or 1/2", []),
        ("20% off", "0.2, 80, 0.8, 1.20 and 20", []),
        ("20% off", "30", ["30"]),
        ("it takes 3 hours", "3 * 60 = 180", []),
        ("it takes 3", "3 * 60 = 180", ["60"]),
        ("x", "9 and 9 and 8", ["9", "8"]),
        ("x", "version2 of x3", []),
        ("3.50 each", "3.5", []),
        ("x", "0, 1, 2, 10, 100", []),
    ],
)
def test_where_numbers_come_from(problem, solution, nowhere):
    assert ungrounded(problem, solution)[1] == nowhere


def test_what_is_skipped():
    value = measure(["3", "3", None, "3"], ["3 and 4", "words", "3", None])
    assert (value.value, value.n) == (0.5, 1)
    assert value.skipped == {"no number": 1, "no problem or no solution": 2}
    assert value.evidence[0].note == "from nowhere: 4"


@pytest.mark.parametrize("piece", ["1,", "1,000", "=", "=1", "<<", ".1", "9", "two ", "1%"])
def test_hostile_texts(piece):
    long = piece * (100_000 // len(piece))
    measure([long], [long])


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic" / "gsm8k"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_gsm8k_is_grounded_in_its_own_problems_only():
    records = [json.loads(line) for line in (SHARED / "test.jsonl").read_text().splitlines()]
    problems, answers = [r["question"] for r in records], [r["answer"] for r in records]
    assert measure(problems, answers).value < 0.02
    assert measure([*problems[1:], problems[0]], answers).value > 0.2
