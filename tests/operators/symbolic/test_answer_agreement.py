import json
from pathlib import Path

import pyarrow as pa
import pytest

from operators.symbolic.answer_agreement import AnswerAgreement, last_result


def measure(solutions):
    columns = {
        "_id": pa.array(range(len(solutions)), pa.int64()),
        "_fault": pa.nulls(len(solutions), pa.string()),
        "solution": pa.array(solutions, pa.string()),
    }
    return AnswerAgreement().value(AnswerAgreement().fold(pa.RecordBatch.from_pydict(columns)))


@pytest.mark.parametrize(
    ("derivation", "result"),
    [
        ("2 + 3 = 5", "5"),
        ("2 + 3 = <<2+3=5>>5 apples", "5"),
        ("2 + 3 = $1,005.50.", "$1,005.50"),
        ("a = 5, b = 10, c", "10"),
        ("1/4 = 25%", "25%"),
        ("x = -3", "-3"),
        ("x = .5", ".5"),
        ("x = 2 + 3", None),
        ("x = 2(3)", None),
        ("x = 2^3", None),
        ("y = 2 = 2", "2"),
        ("x = 2k", None),
        ("none", None),
    ],
)
def test_the_last_result(derivation, result):
    assert last_result(derivation) == result


def test_by_hand():
    value = measure(["1+1=2\nA: 2.0", "1+1=2\nA: 3", "1+1=2", "A: 2", None])
    assert (value.value, value.n) == (0.5, 2)
    assert value.skipped == {"no answer": 1, "no equation": 1, "no solution": 1}
    assert value.evidence[0].note == "answers '3', the last step comes to '2'"


@pytest.mark.parametrize("piece", ["=", "= 1", "=1,", "= $", "= -", "1 = 2 +"])
def test_hostile_derivations(piece):
    measure([piece * (100_000 // len(piece)) + "\nA: 5"])


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic" / "gsm8k"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_gsm8k_answers_follow_and_others_do_not():
    answers = [json.loads(line)["answer"] for line in (SHARED / "test.jsonl").read_text().splitlines()]
    steps, finals = zip(*(answer.split("####") for answer in answers), strict=True)
    assert measure(answers).value > 0.98
    exchanged = [f"{step}####{final}" for step, final in zip(steps, (*finals[1:], finals[0]), strict=True)]
    assert measure(exchanged).value < 0.05
