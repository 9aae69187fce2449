import json

from operators.agent.argument_pii import ArgumentPii
from tests.operators.agent.agent_given import asks, call, measured, says
from tests.operators.agent.tau_given import airline, needs_data

NAME = "agent.argument_pii"


def test_planted_findings():
    calls = [
        [{"name": "mail", "arguments": {"to": ["x", "ann@mail.org"]}}, {"name": "now", "arguments": {}}],
        [{"name": "login", "arguments": {"password": "correct-h0rse-Battery"}}],
        [{"name": "pay", "arguments": {"card": {"number": "4111 1111 1111 1111"}}}],
        [{"name": "pay", "arguments": {"card": {"number": "4111 1111 1111 1112"}}}],
        [{"name": "search", "arguments": {"q": "weather"}}],
        [],
        None,
    ]
    value = measured(NAME, calls=calls)
    assert value.value == 0.5
    assert value.n == 6
    places = {"email_address at $[].mail.to[]", "secret at $[].login.password", "credit_card at $[].pay.card.number"}
    assert places <= {*value.parts}
    assert value.skipped == {"no document": 1}
    assert "ann@mail.org" not in json.dumps([*value.parts, *(entry.note for entry in value.evidence)])


def test_types_of_the_plans_choice_and_broken_calls():
    assert measured(NAME, ArgumentPii(types=("credit_card",)), calls=["mail(to='ann@mail.org')"]).value == 0.0
    assert measured(NAME, calls=["no call", '[{"name": "f", "arguments": "{"}]']).value == 0.0


def test_what_is_said_beside_calls_does_not_count():
    talk = [says("user", "I am ann@mail.org"), asks(call("now"))]
    assert measured(NAME, trajectory=[talk]).value == 0.0


@needs_data
def test_recorded_calls_of_tau_bench_have_personal_data_in_few_arguments():
    value = measured(NAME, trajectory=[{"traj": episode["traj"]} for episode in airline()])
    assert value.n == 200
    assert not [part for part in value.parts if "secret" in part]
