import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.operators.agent.agent_given import measured
from tests.operators.agent.test_replay_executability import BANK, GOOD, calls
from tests.operators.agent.toy_bank import recorded

NAME = "agent.state_transitions"


@given(st.lists(calls, min_size=1, max_size=4))
def test_what_was_recorded_is_what_it_gives(records):
    made = [recorded(one) for one in records]
    value = measured(NAME, features=BANK, trajectory=[steps for steps, _ in made], final_state=[state for _, state in made])
    assert value.value == value.parts["records"].value == value.parts["final_states"].value == 1.0


def test_invented_results_and_states():
    steps, state = recorded(GOOD)
    other = json.loads(json.dumps(steps).replace('\\"balance\\": 4', '\\"balance\\": 5'))
    ends = [state, {**state, "b": 9}]
    value = measured(NAME, features=BANK, trajectory=[steps, other], final_state=ends)
    assert value.value == 5 / 6
    assert value.parts["records"].value == 0.5
    assert value.parts["final_states"].value == 0.5
    assert [entry.record for entry in value.evidence] == [1]
    assert value.evidence[0].note.startswith("balance at step 5 gives")


def test_results_are_compared_as_json_or_as_text(tmp_path):
    lines = [{"name": "f", "result": {"a": 1, "b": [2]}}, {"name": "g", "result": "plain words "}, {"name": "h", "result": 7}]
    (tmp_path / "calls.jsonl").write_text("\n".join(map(json.dumps, lines)))
    features = {"features.replay": {"recordings": str(tmp_path / "calls.jsonl")}}
    results = {"f": '{"b": [2.0], "a": 1}', "g": "plain words", "h": "7"}
    for name, text in results.items():
        asked = {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": name, "arguments": "{}"}}]}
        for content, right in ((text, 1.0), (f"{text} more", 0.0)):
            talk = [asked, {"role": "tool", "tool_call_id": "1", "content": content}]
            assert measured(NAME, features=features, trajectory=[talk]).value == right


def test_without_recorded_results_nothing_is_judged():
    value = measured(NAME, features=BANK, calls=["balance(account='a')", None])
    assert value.value is None
    assert value.skipped == {"no call to judge": 2}
    assert value.reason == "no call with a recorded result was made again"


def test_one_of_three():
    steps, _ = recorded(GOOD)
    assert measured(NAME, features=BANK, trajectory=[steps, steps, steps]).n == 9
    assert pytest.approx(measured(NAME, features=BANK, trajectory=[steps]).low, abs=0.01) == 0.44
