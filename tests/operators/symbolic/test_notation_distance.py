import json
import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp

from operators.symbolic.notation_distance import NotationDistance


def fold(solutions):
    columns = {
        "_id": range(len(solutions)),
        "_fault": pa.nulls(len(solutions), pa.string()),
        "solution": pa.array(solutions, pa.string()),
    }
    return NotationDistance().fold(pa.RecordBatch.from_pydict(columns))


def compare(subject, reference):
    return NotationDistance().compare(fold(subject), fold(reference))


def test_by_hand():
    value = compare(["1 + 2 = 3\n\\frac{1}{2}", None], ["x - y = 3 \\\\ \\cdot"])
    # {+, =, \frac} beside {-, =, \\, \cdot}: only = is on both sides
    assert value.value == pytest.approx(jensenshannon([1, 1, 1, 0, 0, 0], [0, 1, 0, 1, 1, 1], base=2) ** 2)
    assert value.parts["operators"].value == pytest.approx(0.5)
    assert value.parts["commands"].value == 1.0
    assert (value.parts["signs"].value, value.parts["lines"].value) == (1.0, 1.0)
    assert (value.n, value.skipped) == (1, {"no solution": 1})


def test_nothing_to_compare():
    assert compare(["words"], ["1 + 1"]).reason == "no solution of the subject has an operator or a LaTeX command"
    assert compare(["1 + 1"], [None]).reason == "no solution of the reference has an operator or a LaTeX command"
    assert compare(["1 + 1"], ["2 + 2"]).parts["commands"].reason == "no solution of the subject has commands"


@pytest.mark.parametrize("piece", ["\\", "\\a", "+", "a", "\u200b", "\\{", "((((", "\n"])
def test_hostile_derivations(piece):
    fold([piece * (100_000 // len(piece))])


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic" / "gsm8k"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_gsm8k_scipy_comes_to_the_same():
    read = [json.loads(line) for line in (SHARED / "example_model_solutions.jsonl").read_text().splitlines()]
    sides = [[record["6b_finetuning"]["solution"] for record in read], [record["ground_truth"] for record in read]]
    value = compare(*sides)
    signs = [[re.findall(r"\\[a-zA-Z]+|\\[^a-zA-Z\s]|[-+*/^=<>≤≥≠≈±×÷·−√%!]", text) for text in side] for side in sides]
    counts = [Counter(sign for found in side for sign in found) for side in signs]
    names = sorted(counts[0] | counts[1])
    assert value.value == pytest.approx(jensenshannon(*([side[name] for name in names] for side in counts), base=2) ** 2)
    lengths = [[len(found) for found in side] for side in signs]
    assert value.parts["signs"].value == pytest.approx(ks_2samp(*lengths).statistic)
    same = compare(sides[1][::2], sides[1][1::2])
    assert same.value < 0.01
    assert compare(sides[0], sides[0]).value == 0.0
