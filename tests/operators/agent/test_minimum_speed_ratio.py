import numpy as np
import pytest

from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import leaderboard, needs_data, route, telemetry

NAME = "agent.minimum_speed_ratio"


def said(*shares):
    return [f"Average speed is {share}% of the surrounding traffic's one" for share in shares]


def test_percentages_are_capped_before_they_are_averaged():
    value = measured(NAME, drive=[route(min_speed=said(60.5, 130.0)), route(min_speed=said(250.0)), route()])
    assert value.value == pytest.approx((0.8025 + 1) / 2)
    assert value.parts["kept_up"].value == 0.5
    assert value.skipped == {"no checkpoint": 1}


def test_telemetry_is_looked_at_on_quarters_of_the_way():
    t = np.arange(0, 40, 0.1)
    drive = telemetry(t=t, speed=[10.0] * 400, traffic_speed=np.where(t < 20, 20.0, 5.0))
    alone = telemetry(t=t, speed=[10.0] * 400)
    value = measured(NAME, telemetry=[drive, alone])
    assert value.value == pytest.approx((0.5 + 0.5 + 1 + 1) / 4, abs=0.01)
    assert value.skipped == {"no checkpoint": 1}


def test_sentences_without_a_percentage_are_no_checkpoint():
    assert measured(NAME, drive=[route(min_speed=2), None]).skipped == {"no checkpoint": 1, "no drive that can be read": 1}


@needs_data
def test_longest6_does_not_tell():
    assert measured(NAME, drive=leaderboard()["records"]).reason == "no drive tells its speed beside the traffic's"
