import numpy as np
import pytest

from operators.agent.telemetry_validity import TelemetryValidity
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import comma, needs_data, telemetry

NAME = "agent.telemetry_validity"
T = np.arange(0, 60, 0.1)
SPEED = 15 + np.sin(T)


def with_(values, at, value):
    changed = list(values)
    changed[at] = value
    return changed


GAPS = T + 30 * (T > 20) + 15 * (T > 40)
CLOCKS = {"speed": {"t": T.tolist(), "value": SPEED.tolist()}}


@pytest.mark.parametrize(
    ("drive", "failed"),
    [
        (telemetry(t=T, speed=SPEED), ""),
        (telemetry(t=with_(T, 9, 0.85), speed=SPEED), ""),
        (telemetry(t=with_(T, 9, 0.7), speed=SPEED), "ordered"),
        (telemetry(t=GAPS, speed=SPEED), "steady"),
        (telemetry(t=T, speed=[None if at % 15 == 0 else v for at, v in enumerate(SPEED)]), "complete"),
        (telemetry(t=T, speed=with_(SPEED, 3, 130.0)), "plausible"),
        (telemetry(t=T, speed=SPEED, heading=3 * T + 100), "plausible"),
        (telemetry(t=T, speed=np.where((T > 20) & (T < 35), 15.0, SPEED)), "alive"),
        (telemetry(t=T, speed=np.where((T > 20) & (T < 35), 0.0, SPEED)), ""),
        (telemetry(t=T, speed=SPEED, gear=np.floor(T / 20)), ""),
        (telemetry(t=T, speed=SPEED, speed_limit=[20.0] * len(T)), ""),
        (telemetry(t=T, speed=[15.0] * len(T)), "alive"),
        ({**CLOCKS, "gps": {"t": (T[::10] + 0.04).tolist(), "value": SPEED[::10].tolist()}}, ""),
        ({**CLOCKS, "gps": {"t": (T[::10] + 90).tolist(), "value": SPEED[::10].tolist()}}, "synchronous"),
    ],
)
def test_planted_faults(drive, failed):
    value = measured(NAME, telemetry=[drive])
    assert {
        name for name in ("ordered", "steady", "complete", "plausible", "synchronous", "alive") if not value.parts[name].value
    } == set(failed.split())
    assert value.value == float(not failed)


def test_numbers_in_closed_form():
    uneven = np.cumsum(np.tile([0.1, 0.3], 100))
    clocks = {**CLOCKS, "gps": {"t": (T[::10] + 0.03).tolist(), "value": SPEED[::10].tolist()}}
    value = measured(NAME, telemetry=[telemetry(t=uneven, speed=np.sin(uneven))])
    steps = np.diff(uneven)
    assert value.parts["jitter"].value == pytest.approx(steps.std() / np.median(steps))
    value = measured(NAME, telemetry=[clocks])
    assert value.parts["sync_s"].value == pytest.approx(0.03)
    missing = measured(NAME, telemetry=[telemetry(t=T, speed=[None, *SPEED[1:]])]).parts["missing"].value
    assert missing == pytest.approx(1 / len(T))


def test_tolerances_are_the_plans():
    drive = telemetry(t=T, speed=np.where((T > 20) & (T < 35), 15.0, SPEED))
    assert measured(NAME, TelemetryValidity(frozen_s=20), telemetry=[drive]).value == 1.0


def test_no_telemetry_is_skipped():
    value = measured(NAME, telemetry=[None, "{", '{"t": []}', '{"t": [0], "speed": [1]}', "[[1]]"])
    assert (value.value, value.n) == (1.0, 1)
    assert value.skipped == {"no telemetry that can be read": 4}


@needs_data
def test_a_recorded_minute_of_a_real_car():
    """22 components of six sensors with five clocks."""
    value = measured(NAME, telemetry=[comma()])
    assert value.value == 1.0
    assert 0 < value.parts["sync_s"].value < 0.02
    assert 0.2 < value.parts["jitter"].value < 0.5
    broken = comma()
    broken["wheel_speed"]["value"][1000:2500] = [broken["wheel_speed"]["value"][1000]] * 1500
    assert measured(NAME, telemetry=[broken]).evidence[0].note.startswith("not alive: wheel_speed_")
