import numpy as np
import pytest

from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import comma, needs_data, telemetry

NAME = "agent.harsh_manoeuvres"
T = np.arange(0, 30.01, 0.1)


def braking_twice(depth):
    """Half of 30 s, in two pieces, at a deceleration; the rest at even speed."""
    a = np.where(((T > 5) & (T <= 12.5)) | ((T > 17.5) & (T <= 25)), -depth, 0.0)
    return telemetry(t=T, speed=120 + np.cumsum(a) * 0.1, acceleration=a)


def test_the_share_of_time_and_how_often_one_begins():
    hard, soft = braking_twice(6.0), braking_twice(3.0)
    value = measured(NAME, telemetry=[hard, soft])
    assert value.value == pytest.approx(0.25, abs=0.02)
    assert value.parts["braking"].value == value.value
    assert value.parts["accelerating"].value == 0.0
    km = sum(np.trapezoid(drive["speed"], T) for drive in (hard, soft)) / 1000
    assert value.parts["per_km/braking"].value == pytest.approx(2 / km)
    assert "per_km/turning" not in value.parts
    assert [e.record for e in value.evidence] == [0]


def test_turns_and_starts():
    turn = telemetry(t=T, speed=[10.0] * len(T), yaw_rate=[0.5] * len(T))
    start = telemetry(t=T, speed=3.0 * T)
    value = measured(NAME, telemetry=[turn, start])
    assert value.value == pytest.approx(1.0)
    assert value.parts["turning"].value == pytest.approx(1.0)
    assert value.parts["accelerating"].value == pytest.approx(0.5)


def test_without_motion_there_is_no_share():
    value = measured(NAME, telemetry=[None, "[]", telemetry(t=[0, 1], speed=[1, 2])])
    assert value.value is None
    assert value.skipped == {"no telemetry that can be read": 2, "no speed or position over time": 1}


@needs_data
def test_a_recorded_minute_of_a_real_car_is_smooth():
    value = measured(NAME, telemetry=[comma()])
    assert value.value == 0.0
    assert value.parts["per_km/braking"].value == 0.0
