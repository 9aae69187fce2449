import pytest

from operators.agent.driving_score import DrivingScore
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import leaderboard, needs_data, route

NAME = "agent.driving_score"


def test_completion_times_penalty():
    value = measured(NAME, drive=[route(80.0, penalty=0.5, red_light=1), route(100.0)])
    assert value.value == 70.0
    assert value.parts["completion"].value == 90.0
    assert value.parts["agrees"].value == 1.0
    again = measured(NAME, DrivingScore(penalty="2.1"), drive=[route(80.0, penalty=0.5, red_light=1), route(100.0)])
    assert again.value == pytest.approx((80 / 1.4 + 100) / 2)
    assert again.parts["agrees"].value == 0.5


def test_what_is_not_recorded_is_skipped():
    whole = route()
    value = measured(
        NAME, drive=[{**whole, "scores": {}}, {**whole, "scores": {"score_route": 50}}, {"Collision Metric": 1.0}, None, whole]
    )
    assert value.n == 1
    assert value.skipped == {
        "no completion is recorded": 2,
        "no penalty is recorded": 1,
        "no drive that can be read": 1,
    }


def test_a_recorded_penalty_above_one_raises_no_score():
    assert measured(NAME, drive=[route(90.0, penalty=1.09)]).value == 90.0


@needs_data
def test_recorded_scores_of_longest6():
    value = measured(NAME, drive=leaderboard()["records"])
    recorded = leaderboard()["global_record"]["scores"]
    assert value.n == 36
    assert value.value == pytest.approx(recorded["score_composed"], abs=1e-9)
    assert round(value.value, 3) == 74.487
    assert value.parts["completion"].value == pytest.approx(recorded["score_route"], abs=1e-9)
    assert value.parts["agrees"].value == 1.0
