import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.operators.agent.agent_given import measured
from tests.operators.agent.tau_given import airline, needs_data

NAME = "agent.mean_reward"


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_is_the_mean(rewards):
    value = measured(NAME, reward=rewards)
    assert value.value == pytest.approx(statistics.fmean(rewards), abs=1e-9)
    assert (value.parts["least"].value, value.parts["greatest"].value) == (min(rewards), max(rewards))


def test_what_broke_outside_is_no_reward_of_nothing():
    value = measured(NAME, reward=[0.5, 0.0, None], error=[None, "HTTP 503", None])
    assert value.value == 0.5
    assert value.skipped == {"broke outside the agent": 1, "no reward": 1}


@needs_data
def test_the_recorded_rewards_of_tau_bench():
    assert measured(NAME, reward=[episode["reward"] for episode in airline()]).value == pytest.approx(0.42)
