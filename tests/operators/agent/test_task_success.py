import math

from hypothesis import given
from hypothesis import strategies as st

from operators.agent.task_success import TaskSuccess
from tests.operators.agent.agent_given import measured
from tests.operators.agent.tau_given import airline, needs_data

NAME = "agent.task_success"
rewards = st.lists(st.tuples(st.floats(-2, 2) | st.none(), st.sampled_from([None, "", " ", "crash"])), min_size=1, max_size=20)


@given(rewards, st.sampled_from([0.0, 0.5, 1.0]))
def test_counts_what_a_loop_counts(pairs, least):
    value = measured(NAME, TaskSuccess(least), reward=[r for r, _ in pairs], error=[e for _, e in pairs])
    kept = [reward for reward, error in pairs if not (error or "").strip() and reward is not None]
    assert value.n == len(kept)
    if kept:
        assert value.value == sum(reward >= least - 1e-6 for reward in kept) / len(kept)
        broken = sum(error == "crash" for _, error in pairs)
        assert value.parts["broke_outside"].value == broken / (broken + len(kept))


def test_an_error_outside_is_neither_a_success_nor_a_failure():
    value = measured(NAME, reward=[1.0, 0.0, 0.0, 1.0], error=[None, None, "rate limit", "rate limit"])
    assert value.value == 0.5
    assert value.skipped == {"broke outside the agent": 2}
    assert [entry.record for entry in value.evidence] == [1]


def test_data_without_errors_and_odd_rewards():
    assert measured(NAME, reward=[1.0, 0.999_999_9, 0.99]).value == 2 / 3
    assert measured(NAME, reward=[math.inf, math.nan, 1e200, 1.0]).skipped == {"no reward": 3}


@needs_data
def test_the_recorded_rewards_of_tau_bench():
    value = measured(NAME, reward=[episode["reward"] for episode in airline()])
    assert (round(value.value * value.n), value.n) == (84, 200)
