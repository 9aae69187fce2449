"""Order of speakers against a regular expression over role letters, and hand-made conversations."""

import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.schema import MESSAGES
from operators.features.prompt_response_messages import PromptResponseMessages
from operators.text.role_turns import RoleTurns

METRIC = RoleTurns()
DATA = Path(__file__).resolve().parents[4] / "shared/data"
ROLES = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}


def judge(talks, kind=MESSAGES):
    columns = [pa.array(np.arange(len(talks))), pa.array(talks, kind)]
    return METRIC.value(METRIC.fold(pa.RecordBatch.from_arrays(columns, ["_id", "messages"])))


def talk(roles, last="done"):
    turns = [{"role": ROLES[letter], "content": "said"} for letter in roles]
    return [*turns[:-1], {**turns[-1], "content": last}] if turns else turns


def faults(conversation):
    return {name for name, part in judge([conversation]).parts.items() if part.value}


@pytest.mark.parametrize(
    ("conversation", "expected"),
    [
        (talk("ua"), set()),
        (talk("suaua"), set()),
        (talk("uatta"), set()),
        (talk("au"), {"out_of_order", "no_final_answer"}),
        (talk("uaa"), {"out_of_order"}),
        (talk("usa"), {"late_system_turn", "out_of_order"}),
        (talk("u"), {"no_final_answer"}),
        (talk("s"), {"no_final_answer"}),
        ([], {"no_turn"}),
        ([{"role": "narrator", "content": "x"}, {"role": "assistant", "content": "y"}], {"unknown_role"}),
        ([{"role": None, "content": "x"}, {"role": "assistant", "content": "y"}], {"unknown_role"}),
        ([{"role": "user", "content": "x"}, None, {"role": "assistant", "content": "y"}], {"unknown_role", "empty_turn"}),
        ([{"role": "Human", "content": "x"}, {"role": "GPT", "content": "y"}], set()),
        (talk("ua", last=" \n\u3000"), {"empty_turn"}),
        (talk("ua", last=None), {"empty_turn"}),
        (talk("ua", last="```py\nx = 1"), {"truncated_answer"}),
        (talk("ua", last="```py\nx = 1\n```\nThat is it."), set()),
        (talk("ua", last="  ~~~~\n~~~\n"), {"truncated_answer"}),
        (talk("ua", last="````\n```\n````"), set()),
        (talk("ua", last="```a``` is code within a line"), set()),
        (talk("ua", last='{"a": {"b": "}}"}'), {"truncated_answer"}),
        (talk("ua", last='{"a": {"b": "\\"}}"}}'), set()),
        (talk("ua", last='[{"a": 1}, {"a":'), {"truncated_answer"}),
        (talk("ua", last='["open string'), {"truncated_answer"}),
        (talk("ua", last="[see above"), set()),
        (talk("ua", last="The set {1, 2"), set()),
    ],
)
def test_faults_by_hand(conversation, expected):
    assert faults(conversation) == expected


def test_a_turn_that_calls_a_tool_may_be_empty():
    conversation = talk("uata")
    conversation[1]["content"] = None
    assert faults(conversation) == set()


def test_missing_conversations_are_skipped():
    value = judge([talk("ua"), None, talk("u")])
    assert (value.value, value.n, value.skipped) == (0.5, 2, {"missing": 1})
    assert judge([None]).value is None
    assert [entry.record for entry in value.evidence] == [2]
    assert value.evidence[0].note == "no final answer"


@given(st.lists(st.text("suat", max_size=7), min_size=1, max_size=6))
def test_order_is_a_regular_language(orders):
    sound = re.compile(r"s?(ua(t+a)*)+")
    value = judge([talk(order) for order in orders])
    assert value.value == sum(bool(sound.fullmatch(order)) for order in orders) / len(orders)


def test_slices_and_wide_strings():
    wide = pa.list_(pa.struct([("role", pa.large_string()), ("content", pa.large_string())]))
    columns = [pa.array([7, 8, 9]), pa.array([talk("u"), None, talk("ua", last="```\nx")], wide)]
    batch = pa.RecordBatch.from_arrays(columns, ["_id", "messages"]).slice(1)
    value = METRIC.value(METRIC.fold(batch))
    assert (value.value, value.n, value.evidence[0].record) == (0.0, 1, 9)


@pytest.mark.skipif(not DATA.exists(), reason="no real data beside the checkout")
def test_alpaca_answers_are_sound_conversations():
    rows = json.loads((DATA / "text/alpaca_en_demo/alpaca_en_demo.json").read_text())
    prompts, answers = [row["instruction"] for row in rows], [row["output"] for row in rows]
    messages = PromptResponseMessages().open()(pa.RecordBatch.from_pydict({"prompt": prompts, "response": answers}))
    columns = [pa.array(np.arange(len(rows))), messages["messages"]]
    value = METRIC.value(METRIC.fold(pa.RecordBatch.from_arrays(columns, ["_id", "messages"])))
    assert value.n == 999
    assert value.value > 0.98
