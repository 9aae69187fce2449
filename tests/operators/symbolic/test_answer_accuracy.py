import json
from pathlib import Path

import pyarrow as pa
import pytest

from operators.kernels.answers import final_answer, normalised, same_answer
from operators.symbolic.answer_accuracy import AnswerAccuracy

SAME = [
    ("18", "18.0"),
    ("$1,000", "1000"),
    ("1000 dollars", "$1,000.00"),
    ("\\frac{1}{2}", "0.5"),
    ("\\dfrac12", "1/2"),
    ("\\frac{3}{4}", "75\\%"),
    ("75%", "75"),
    ("x = 5", "5"),
    ("\\text{Yes}", "yes."),
    ("(B)", "B"),
    ("(1, 2)", "( 1,2 )"),
    ("[0.5, 2]", "[1/2, 2.0]"),
    ("\\boxed{7}", "7"),
    ("-3", "−3"),
    ("90^\\circ", "90"),
    ("2 \\times 3", "2 \\times 3"),
    ("1/3", "2/6"),
    ("(1, (2, 3))", "(1,(2,3))"),
]
OTHER = [
    ("18", "19"),
    ("1,000", "1,00"),
    ("(1, 2)", "(2, 1)"),
    ("[1, 2]", "(1, 2)"),
    ("1/3", "0.333"),
    ("9**9", "81"),
    ("", "0"),
    ("yes", "no"),
    ("1/0", "0"),
    ("5 apples", "six apples"),
    ("x", "y"),
    ("5", "-5"),
    ("0.75", "0.075"),
    ("(1, 2)", "1"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same(one, other):
    assert same_answer(one, other)
    assert same_answer(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_not_the_same(one, other):
    assert not same_answer(one, other)
    assert not same_answer(other, one)


@pytest.mark.parametrize(
    ("derivation", "answer"),
    [
        ("a\n#### 5", "5"),
        ("#### 4\n#### 5", "5"),
        ("\\boxed{4} and then #### 5", "5"),
        ("#### 5 so \\boxed{\\frac{1}{2}}.", "\\frac{1}{2}"),
        ("A: 5", "5"),
        ("Answer: 5 apples\n", "5 apples"),
        ("The final answer is: 12.", "12."),
        ("\\boxed{a", None),
        ("Data: 5", None),
        ("it is 5", None),
        ("", None),
    ],
)
def test_where_an_answer_stands(derivation, answer):
    assert final_answer(derivation) == answer


@pytest.mark.parametrize("piece", ["\\boxed{", "(", "[(", "\\frac{", "####", "A: ", "$", "1,", "\\text{", "x = ", "-"])
def test_hostile_answers_cost_little(piece):
    long = piece * (100_000 // len(piece))
    final_answer(long)
    normalised(long)
    assert not same_answer(long, "5")


def measure(solutions, gold):
    columns = {
        "_id": pa.array(range(len(solutions)), pa.int64()),
        "_fault": pa.nulls(len(solutions), pa.string()),
        "solution": pa.array(solutions, pa.string()),
        "gold": pa.array(gold, pa.string()),
    }
    return AnswerAccuracy().value(AnswerAccuracy().fold(pa.RecordBatch.from_pydict(columns)))


def test_no_answer_is_wrong_and_no_gold_is_skipped():
    value = measure(["A: 1", "A: 2", "silence", "A: 3", None], ["1", "#### 3", "1", None, "1"])
    assert (value.value, value.n) == (1 / 3, 3)
    assert value.skipped == {"no gold answer": 1, "no solution": 1}
    assert value.parts["stated"].value == 2 / 3
    assert [entry.note for entry in value.evidence] == ["answers '2', right is '3'", "states no answer"]


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic" / "gsm8k"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
@pytest.mark.parametrize("model", ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"])
def test_gsm8k_solutions_are_right_where_their_authors_say_so(model):
    records = [json.loads(line) for line in (SHARED / "example_model_solutions.jsonl").read_text().splitlines()]
    for record in records:
        value = measure([record[model]["solution"]], [record["ground_truth"]])
        assert (value.value == 1.0) == record[model]["is_correct"], record[model]["solution"]
    value = measure([record[model]["solution"] for record in records], [record["ground_truth"] for record in records])
    assert value.value == sum(record[model]["is_correct"] for record in records) / len(records)
