import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.features.replay import Replay
from tests.operators.agent.agent_given import measured
from tests.operators.agent.toy_bank import recorded

NAME = "agent.replay_executability"
BANK = {"features.replay": {"environment": "tests.operators.agent.toy_bank:opened"}}
GOOD = [("balance", {"account": "a"}), ("transfer", {"source": "a", "target": "b", "amount": 4}), ("balance", {"account": "b"})]
accounts = st.sampled_from(["a", "b", "c"])
calls = st.lists(
    st.tuples(st.just("balance"), st.fixed_dictionaries({"account": accounts}))
    | st.tuples(
        st.just("transfer"), st.fixed_dictionaries({"source": accounts, "target": accounts, "amount": st.integers(1, 9)})
    ),
    min_size=1,
    max_size=6,
)


@given(st.lists(calls, min_size=1, max_size=4))
def test_what_was_recorded_runs_to_its_end(records):
    """Also where a call failed: it fails again."""
    assert measured(NAME, features=BANK, trajectory=[recorded(made)[0] for made in records]).value == 1.0


def test_calls_that_the_environment_does_not_know():
    whole, _ = recorded(GOOD)
    invented = [*whole[:2], {"role": "assistant", "tool_calls": [{"id": "x", "function": {"name": "fly", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "x", "content": "ok"}, *whole[2:]]  # fmt: skip
    broken = json.loads(json.dumps(whole).replace('{\\"account\\": \\"b\\"}', "{"))
    value = measured(NAME, features=BANK, trajectory=[whole, invented, broken, [{"role": "user", "content": "Hi"}], "no", None])
    assert value.value == pytest.approx(1 / 3)
    assert value.parts["raised"].value == value.parts["unreadable"].value == pytest.approx(1 / 3)
    assert value.parts["calls"].value == 6 / 10
    assert value.evidence[0].note.startswith("raised at step 3: fly, AttributeError")
    assert value.skipped == {"no call": 1, "no calls": 2}


def test_the_state_that_a_record_starts_from():
    steps, _ = recorded(GOOD, {"a": 4, "b": 1})
    start = {"a": 4, "b": 1}
    assert measured(NAME, features=BANK, trajectory=[steps], state=[start]).value == 1.0
    assert measured(NAME, features=BANK, trajectory=[steps], state=[{"a": 3}]).value == 0.0
    assert measured(NAME, features=BANK, trajectory=[steps], state=["no state"]).value == 0.0


def test_recorded_results_in_place_of_an_environment(tmp_path):
    lines = [{"name": "f", "arguments": {"a": 1, "b": 2}, "result": "x"}, {"name": "g", "result": {"n": 1}}]
    (tmp_path / "calls.jsonl").write_text("\n".join(map(json.dumps, lines)))
    features = {"features.replay": {"recordings": str(tmp_path / "calls.jsonl")}}
    assert len(Replay(recordings=str(tmp_path / "calls.jsonl")).identity()["recordings"]) == 16
    value = measured(NAME, features=features, calls=["f(b=2, a=1)", "[g(), f(a=1, b=2), g()]", "f(a=1)", "h()"])
    assert value.value == 0.5
    assert "no result of this call is recorded" in value.evidence[0].note


def test_an_environment_has_to_be_named():
    assert "name either an environment or recordings" in Replay().obstacle()
    assert "name either" in Replay("json:loads", "a.jsonl").obstacle()
    assert "not importable" in Replay("no_such_package:f").obstacle()
    assert Replay("json:loads").obstacle() is None
