import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.agent._limits import limited
from operators.agent._signals import signals_of
from operators.agent.speed_limit_compliance import SpeedLimitCompliance
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import comma, needs_data, telemetry

NAME = "agent.speed_limit_compliance"
T = np.arange(0, 20.05, 0.1)


def test_nuplans_score():
    """Constant speeds above a limit of 10: 1 - over / 2.23, at least 0."""
    drives = [telemetry(t=T, speed=[v] * len(T), speed_limit=[10.0] * len(T)) for v in (9.0, 10.0, 11.115, 12.23, 15.0)]
    value = measured(NAME, telemetry=drives)
    assert value.value == pytest.approx((1 + 1 + 0.5 + 0 + 0) / 5)
    assert value.parts["compliant"].value == 0.4
    assert value.evidence[0].note in ("up to 2.2 m/s above the limit", "up to 5.0 m/s above the limit")


@given(st.lists(st.tuples(st.floats(0.01, 3), st.floats(0, 30)), min_size=5, max_size=40))
def test_uneven_steps_against_the_sum_written_out(steps):
    t = np.cumsum([step for step, _ in steps])
    v = np.array([speed for _, speed in steps])
    seconds = np.array([(t[min(i + 1, len(t) - 1)] - t[max(i - 1, 0)]) / 2 for i in range(len(t))])
    expected = max(0.0, 1 - sum(max(0.0, a - 12) * s for a, s in zip(v, seconds, strict=True)) / (2.23 * (t[-1] - t[0])))
    value = measured(NAME, telemetry=[telemetry(t=t, speed=v, speed_limit=[12.0] * len(t))])
    assert value.value == pytest.approx(expected, abs=1e-9)


def test_a_limit_holds_until_the_next_one_and_its_lack_is_unknown():
    drive = {
        "speed": {"t": [0, 1, 2, 3, 4], "value": [10, 10, 10, 10, 10]},
        "speed_limit": {"t": [0.5, 2.5, 3.5], "value": [12, 9, None]},
    }
    held = limited(signals_of(drive), None, 0.0)
    assert held.limit.tolist() == [12, 12, 12, 9]
    assert held.over.tolist() == [0, 0, 0, 1]


def test_the_plans_limit_and_units():
    drive = telemetry(t=T, speed_kmh=[56.0] * len(T))
    assert measured(NAME, SpeedLimitCompliance(limit_mps=50 / 3.6), telemetry=[drive]).value == pytest.approx(
        1 - 6 / 3.6 / 2.23
    )
    assert measured(NAME, telemetry=[drive]).skipped == {"no speed limit is told": 1}


def test_speed_may_come_from_positions():
    drive = telemetry(t=T, x=11 * T, y=0 * T, speed_limit=[10.0] * len(T))
    assert measured(NAME, telemetry=[drive]).value == pytest.approx(1 - 1 / 2.23)


def test_what_is_missing_is_said():
    value = measured(NAME, telemetry=[None, telemetry(t=[1, 0, 2], speed=[1] * 3, speed_limit=[1] * 3), telemetry(t=T, door=T)])
    assert value.value is None
    assert value.skipped == {
        "no telemetry that can be read": 1,
        "its times do not increase": 1,
        "no speed or position over time": 1,
    }


@needs_data
def test_a_recorded_minute_of_a_real_car():
    """7.97 to 19.84 m/s: above 20 never, above 10 for most of the time."""
    assert measured(NAME, SpeedLimitCompliance(limit_mps=20.0), telemetry=[comma()]).value == 1.0
    assert measured(NAME, SpeedLimitCompliance(limit_mps=10.0), telemetry=[comma()]).value == 0.0
