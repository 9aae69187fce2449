import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import PlanError
from operators.agent._policy import parsed
from operators.agent.policy_violations import PolicyViolations
from tests.operators.agent.agent_given import measured
from tests.operators.agent.tau_given import airline, needs_data

NAME = "agent.policy_violations"
names = st.lists(st.sampled_from("abc"), max_size=8)
MEANINGS = {
    "never a": lambda w: all(x != "a" for x in w),
    "only a, b": lambda w: all(x in "ab" for x in w),
    "a before b": lambda w: all(any(w[i] == "a" for i in range(j)) for j in range(len(w)) if w[j] == "b"),
    "a then b": lambda w: all(any(w[j] == "b" for j in range(i + 1, len(w))) for i in range(len(w)) if w[i] == "a"),
    "at most 0 a": lambda w: w.count("a") == 0,
    "at most 2 a": lambda w: w.count("a") <= 2,
    "at most 1 a within 3 calls": lambda w: all(w[i : i + 3].count("a") <= 1 for i in range(len(w))),
    "at most 2 a within 4 calls": lambda w: all(w[i : i + 4].count("a") <= 2 for i in range(len(w))),
}
"""What each rule says of a sequence, in quantifiers."""


@pytest.mark.parametrize("rule", MEANINGS)
@given(word=names)
def test_a_rule_is_broken_where_its_formula_is_false(rule, word):
    assert bool(parsed(rule).broken(word)) == (not MEANINGS[rule](word))


@pytest.mark.parametrize("rule", MEANINGS)
def test_all_short_sequences(rule):
    for length in range(5):
        for word in itertools.product("abc", repeat=length):
            assert bool(parsed(rule).broken(word)) == (not MEANINGS[rule](list(word)))


def test_shares_of_records():
    metric = PolicyViolations(rules=("never drop_*", "login before *refund"))
    rows = ["[login(), refund()]", "[refund(), drop_table(), Drop_Index()]", "[x()]", "[]", None]
    value = measured(NAME, metric, calls=rows)
    assert value.value == 1 / 3
    assert [value.parts[rule].value for rule in metric.rules] == [1 / 3, 1 / 3]
    assert value.parts["per_record"].value == 1.0
    assert value.evidence[0].score == 3.0
    assert value.evidence[0].note == "never drop_*: drop_table at step 1"
    assert value.skipped == {"no call": 1, "no calls": 1}


def test_without_rules_nothing_is_measured():
    assert measured(NAME, calls=["f()"]).reason.startswith("no rule is given")


@pytest.mark.parametrize("rule", ["", "never", "a", "at most a", "at most -1 a", "a before", "only", "a then b then c"])
def test_what_is_no_rule(rule):
    with pytest.raises(PlanError, match="is not understood"):
        parsed(rule)


@needs_data
def test_recorded_episodes_of_tau_bench():
    rule = "get_reservation_details before cancel_reservation"
    talks = [[c["function"]["name"] for s in e["traj"] for c in s.get("tool_calls") or []] for e in airline()]
    first, second = rule.split(" before ")
    broken = [any(name == second and first not in talk[:at] for at, name in enumerate(talk)) for talk in talks if talk]
    value = measured(NAME, PolicyViolations(rules=(rule,)), trajectory=[{"traj": e["traj"]} for e in airline()])
    assert value.n == len(broken)
    assert value.value == sum(broken) / len(broken)
