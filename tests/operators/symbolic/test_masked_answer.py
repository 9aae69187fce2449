import json
import re
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest

from operators.features.masked_answer import MaskedAnswer as Feature
from operators.kernels.answers import final_answer, masked_answer, stated_answers
from operators.symbolic.masked_answer import MaskedAnswer


def last_number(tasks):
    """A judge that reads no problem: the last number right of an equals sign."""
    found = [re.findall(r"=\s*\$?(-?[\d,]*\.?\d+)", task["solution"]) for task in tasks]
    return [numbers[-1] if numbers else "" for numbers in found]


def echoes(tasks):
    return [task["solution"] for task in tasks]


def scores(tasks):
    return [{"answer": "5", "coherence": 5, "validity": 3, "completeness": 9, "relevance": True} for _ in tasks]


def falters(tasks):
    if any("boom" in task["problem"] for task in tasks):
        raise TimeoutError("no answer in time")
    return [None if "silent" in task["problem"] else "5" for task in tasks]


def miscounts(tasks):
    return ["5"]


def judge(name, monkeypatch, **parameters):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return Feature(judge=f"{Path(__file__).stem}:{name}", **parameters)


def measure(feature, solutions, problems=None):
    table = {
        "problem": pa.array(problems or ["p"] * len(solutions), pa.string()),
        "solution": pa.array(solutions, pa.string()),
    }
    columns = feature.open()(pa.RecordBatch.from_pydict(table))
    identity = {"_id": range(len(solutions)), "_fault": pa.nulls(len(solutions), pa.string())}
    batch = pa.RecordBatch.from_pydict({**identity, **table, **columns})
    return MaskedAnswer().value(MaskedAnswer().fold(batch))


@pytest.mark.parametrize(
    ("derivation", "masked"),
    [
        ("9*2=18\n#### 18", "9*2=18\n#### _"),
        ("18 of 118 is \\boxed{18}.", "18 of 118 is \\boxed{_}."),
        ("The answer is 18 eggs.\nA: 18", "The answer is _\nA: _"),
        ("\\boxed{\\frac{1}{2}}\n#### 0.5", "\\boxed{_}\n#### _"),
        ("#### 5\nno: #### 6", "#### 5\nno: #### _"),
        ("the answer is \\boxed{7}, as 3 + 4 = 7", "the answer is _"),
        ("it is 18", "it is 18"),
        ("", ""),
    ],
)
def test_the_mask_stands_at_the_answer_and_nowhere_else(derivation, masked):
    assert masked_answer(derivation, "_") == masked


def test_spans_are_where_the_answers_are():
    text = "x" * 70_000 + "so \\boxed{4} and\n#### 5"
    assert [text[start:stop] for start, stop in stated_answers(text)] == ["4", "5"]


@pytest.mark.parametrize("piece", ["\\boxed{", "#### ", "A: 5\n", "the answer is ", "\\boxed{5}"])
def test_hostile_derivations(piece):
    masked_answer(piece * (100_000 // len(piece)), "_")


def test_by_hand(monkeypatch):
    solutions = ["2 + 3 = 5\n#### 5", "2 + 3 = 5\n#### 6", "I think\n#### 5", "no answer = 5", None]
    value = measure(judge("last_number", monkeypatch), solutions)
    assert (value.value, value.n) == (1 / 3, 3)
    assert value.skipped == {"no solution": 1, "no stated answer": 1}
    assert (value.parts["judged"].value, value.parts["judged"].n) == (1.0, 3)
    assert [entry.note for entry in value.evidence] == [
        "answers '6', from its steps the judge comes to '5'",
        "answers '5', from its steps the judge comes to ''",
    ]


def test_a_judge_that_repeats_what_it_reads_finds_nothing(monkeypatch):
    assert measure(judge("echoes", monkeypatch), ["2 + 3 = 5\n#### 5", "so \\boxed{5}", "A: 5"]).value == 0.0


def test_scores(monkeypatch):
    value = measure(judge("scores", monkeypatch), ["#### 5", "#### 6"])
    assert value.value == 0.5
    assert {name: part.value for name, part in value.parts.items()} == {"judged": 1.0, "coherence": 1.0, "validity": 0.5}


def test_what_the_judge_fails_on_is_no_failure_of_the_record(monkeypatch):
    problems = ["a", "boom", "silent", "b"]
    value = measure(judge("falters", monkeypatch, batch=1), ["#### 5"] * 4, problems)
    assert (value.value, value.n, value.skipped) == (1.0, 2, {"the judge failed": 2})
    assert value.parts["judged"].value == 0.5
    all_at_once = measure(judge("falters", monkeypatch), ["#### 5"] * 4, problems)
    assert (all_at_once.value, all_at_once.reason) == (None, "the judge judged no record")
    wrong = measure(judge("miscounts", monkeypatch), ["#### 5"] * 3)
    assert (wrong.value, wrong.skipped) == (None, {"the judge failed": 3})


def test_a_judge_must_be_named():
    assert Feature().obstacle().startswith("needs [features.masked_answer] in the plan")
    assert "no_such_module" in Feature(judge="no_such_module:f").obstacle()


def test_a_language_model_says_what_is_likeliest(tmp_path):
    """A tiny model of random weights: what it says means nothing, and must be the likeliest token, six times."""
    import torch

    from operators.features.masked_answer import QUESTION
    from tests.operators.tiny_lm import WORDS, ids_of, model_of, write_lm

    model = model_of("llama", window=64, seed=3)
    folder = write_lm(tmp_path, model)
    (folder / "generation_config.json").write_text('{"do_sample": true, "repetition_penalty": 9.0, "temperature": 5.0}')
    feature = Feature(judge=str(folder), max_new_tokens=6)
    assert feature.obstacle() is None
    solutions = ["w1 w2 \n#### w3", "w4 w5 w6 \n#### w7", None]
    table = {"problem": pa.array(["w8 w9", None, "w1"]), "solution": pa.array(solutions)}
    said = feature.open()(pa.RecordBatch.from_pydict(table))["judge_answer"].to_pylist()
    for problem, solution, answer in zip(["w8 w9", ""], solutions[:2], said[:2], strict=True):
        spaced = QUESTION.format(problem=problem, solution=masked_answer(solution, "[MASK]"))
        words = re.findall(r"\w+|[^\w\s]+", spaced)  # as the tiny tokenizer splits
        ids = prompt = ids_of(" ".join(words))
        with torch.inference_mode():
            for _ in range(6):
                ids = [*ids, int(model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].argmax())]
                if ids[-1] == 1:
                    break
        wanted = [token for token in ids[len(prompt) :] if token > 2]
        assert answer.split() == [WORDS[token] for token in wanted]
        assert answer
    assert said[2] is None


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic" / "gsm8k"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_gsm8k(monkeypatch):
    """By people: the last value of nearly every derivation is its answer, and no masked text states it any more."""
    records = [json.loads(line) for line in (SHARED / "test.jsonl").read_text().splitlines()]
    for record in records:
        hidden = masked_answer(record["answer"], "[MASK]")
        assert final_answer(hidden) == "[MASK]"
        assert hidden.count("[MASK]") == 1
    value = measure(judge("last_number", monkeypatch), [record["answer"] for record in records])
    agreeing = [last_number([{"solution": record["answer"].split("####")[0]}])[0] for record in records]
    exact = sum(
        bool(said) and Fraction(said.replace(",", "")) == Fraction(record["answer"].split("####")[1].strip().replace(",", ""))
        for said, record in zip(agreeing, records, strict=True)
    )
    assert value.n == len(records)
    assert value.value * value.n == pytest.approx(exact)
    assert value.value > 0.9
