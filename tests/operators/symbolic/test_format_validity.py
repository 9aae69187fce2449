import json
from pathlib import Path

import pyarrow as pa
import pytest

from operators.symbolic.format_validity import FormatValidity, fault

CASES = [
    ("2 + 2 = 4\n#### 4", ""),
    ("so \\boxed{4}.", ""),
    ("so \\boxed{\\frac{1}{2}} is it", ""),
    ("\\boxed{\\boxed{4}}", ""),
    ("\\boxed{4} again \\boxed{4.0}", ""),
    ("\\boxed{4} and #### 4", ""),
    ("A: 4", ""),
    ("The answer is 4.", ""),
    ("<think>hm</think>\n#### 4", ""),
    ("<think>a <b>bold</b></think>\n#### 4", ""),
    ("if a <b> c then #### 4\n#### 4", ""),
    ("```python\nx = 1\n```\n#### 4", ""),
    ("", "empty"),
    (" \n", "empty"),
    ("so \\boxed{4", "unclosed_box"),
    ("\\boxed{3} and \\boxed{\\frac{1}{2}", "unclosed_box"),
    ("<think>hm\n#### 4", "unpaired_tag"),
    ("hm</think>\n#### 4", "unpaired_tag"),
    ("<a><b></a></b>\n#### 4", "unpaired_tag"),
    ("<llm-code>\nx\n</llm-code>\n<llm-code-output>\n4\n#### 4", "unpaired_tag"),
    ("```python\nx = 1\n#### 4", "open_fence"),
    ("it is four", "no_answer"),
    ("####", "empty_answer"),
    ("\\boxed{}", "empty_answer"),
    ("A: ", "empty_answer"),
    ("\\boxed{4} or \\boxed{5}", "several_answers"),
    ("#### 4\n#### 5", "several_answers"),
]


def measure(solutions):
    columns = {
        "_id": pa.array(range(len(solutions)), pa.int64()),
        "_fault": pa.nulls(len(solutions), pa.string()),
        "solution": pa.array(solutions, pa.string()),
    }
    return FormatValidity().value(FormatValidity().fold(pa.RecordBatch.from_pydict(columns)))


@pytest.mark.parametrize(("solution", "expected"), CASES)
def test_verdicts_by_hand(solution, expected):
    assert fault(solution) == expected


def test_the_share_and_what_is_skipped():
    value = measure([*(solution for solution, _ in CASES), None, "x" * (2 << 20)])
    assert value.value == 12 / len(CASES)
    assert value.skipped == {"null": 1, "over 1,048,576 characters": 1}


@pytest.mark.parametrize("piece", ["<a>", "</a>", "\\boxed{", "\\boxed{1}", "####", "#### 1\n", "```", "{", "A: "])
def test_hostile_derivations(piece):
    fault(piece * (100_000 // len(piece)))


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic" / "gsm8k"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_gsm8k_is_well_formed_and_cut_solutions_are_not():
    answers = [json.loads(line)["answer"] for line in (SHARED / "test.jsonl").read_text().splitlines()]
    assert measure(answers).value == 1.0
    assert measure([answer[: len(answer) // 2] for answer in answers]).value == 0.0
