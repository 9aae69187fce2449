import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.agent.pass_hat_k import PassHatK
from tests.operators.agent.agent_given import measured
from tests.operators.agent.tau_given import airline, needs_data

NAME = "agent.pass_hat_k"


def drawn(trials, k, every):
    """The share of the sets of k trials all of which succeed, or one of which does."""
    sets = list(itertools.combinations(trials, k))
    return statistics.fmean(map(all if every else any, sets))


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=5), min_size=1, max_size=5), st.integers(1, 4))
def test_is_the_share_of_all_draws(tasks, k):
    pairs = [(f"t{at}", float(won)) for at, trials in enumerate(tasks) for won in trials]
    value = measured(NAME, PassHatK(k), task=[task for task, _ in pairs], reward=[reward for _, reward in pairs])
    enough = [trials for trials in tasks if len(trials) >= k]
    if not enough:
        assert value.value is None
        return
    assert value.value == pytest.approx(statistics.fmean(drawn(trials, k, True) for trials in enough))
    assert value.parts[f"pass@{k}"].value == pytest.approx(statistics.fmean(drawn(trials, k, False) for trials in enough))
    won = statistics.fmean(statistics.fmean(trials) for trials in tasks)
    assert value.parts["pass^1"].value == pytest.approx(won)


def test_what_is_left_out():
    value = measured(
        NAME,
        PassHatK(2),
        task=["a", "a", "a", "b", None, "c", "c"],
        reward=[1.0, 1.0, 0.0, 1.0, 1.0, None, 1.0],
        error=[None, None, "crash", None, None, None, None],
    )
    assert value.value == 1.0
    assert value.n == 1
    skipped = {"broke outside the agent": 1, "no reward": 1, "no task": 1, "of tasks with fewer than 2 trials": 2}
    assert value.skipped == skipped


@needs_data
def test_the_recorded_trials_of_tau_bench():
    tasks = {}
    for episode in airline():
        tasks.setdefault(str(episode["task_id"]), []).append(episode["reward"] == 1.0)
    value = measured(NAME, task=[str(e["task_id"]) for e in airline()], reward=[e["reward"] for e in airline()])
    assert value.n == len(tasks) == 50
    for k in (1, 2, 3, 4):
        assert value.parts[f"pass^{k}"].value == pytest.approx(statistics.fmean(drawn(t, k, True) for t in tasks.values()))
    # as tau-bench's own README has them
    assert [round(value.parts[f"pass^{k}"].value, 3) for k in (1, 2, 3, 4)] == [0.42, 0.273, 0.22, 0.2]
