import statistics

import pytest

from tests.operators.agent.agent_given import measured
from tests.operators.agent.tau_given import airline, needs_data

NAME = "agent.step_efficiency"


def test_calls_needed_by_calls_made():
    value = measured(
        NAME,
        calls=["[f(), g(), h(), f()]", "f()", "[]", "f()", "[]", "[f(), f()]"],
        gold=[["f()", "g()"], ["f()", "g()"], [], [], ["f()"], ["f()"]],
    )
    assert value.value == pytest.approx(statistics.fmean([0.5, 1, 1, 0, 1, 0.5]))
    assert value.parts["made"].value == pytest.approx(8 / 6)
    assert value.evidence[0].note == "4 calls where 2 are needed"


def test_only_successes_count_where_there_are_rewards():
    value = measured(
        NAME,
        calls=["[f(), f()]", "f()", "f()", None, "f()", "f()"],
        gold=[["f()"], ["f()"], ["f()"], ["f()"], "words", None],
        reward=[1.0, 0.0, None, 1.0, 1.0, 1.0],
    )
    assert value.value == 0.5
    assert value.skipped == {"no calls": 1, "no gold calls": 2, "no reward": 1, "no success": 1}


@needs_data
def test_recorded_episodes_of_tau_bench():
    won = [episode for episode in airline() if episode["reward"] == 1.0]
    ratios = []
    for episode in won:
        made = sum(len(step.get("tool_calls") or []) for step in episode["traj"])
        needed = len(episode["info"]["task"]["actions"])
        ratios.append(1.0 if made <= needed else needed / made)
    value = measured(
        NAME,
        trajectory=[{"traj": episode["traj"]} for episode in airline()],
        gold=[episode["info"]["task"]["actions"] for episode in airline()],
        reward=[episode["reward"] for episode in airline()],
    )
    assert value.n == 84
    assert value.value == pytest.approx(statistics.fmean(ratios))
