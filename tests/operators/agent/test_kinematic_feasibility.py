import numpy as np
import pytest

from operators.agent._motion import motion_of
from operators.agent._signals import signals_of
from operators.agent.kinematic_feasibility import KinematicFeasibility
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import comma, needs_data, telemetry

NAME = "agent.kinematic_feasibility"
T = np.arange(0, 10, 0.1)


def accelerating(a, v=5.0, t=T):
    return telemetry(t=t, speed=v + a * (t - t[0]))


def circling(speed, radius, t=T):
    turn = speed / radius * t
    return telemetry(t=t, x=radius * np.sin(turn), y=radius * (1 - np.cos(turn)))


@pytest.mark.parametrize(
    ("drive", "broken"),
    [
        (accelerating(2.3), ""),
        (accelerating(2.5), "lon_acceleration"),
        (accelerating(-4.0, 50), ""),
        (accelerating(-4.1, 50), "lon_acceleration"),
        (circling(10.0, 21.0), ""),
        (circling(10.0, 20.0), "lat_acceleration"),
        (circling(4.0, 4.5), ""),
        (telemetry(t=T, speed=[0.1] * 100, heading=T), "yaw_rate"),
        (telemetry(t=T, speed=[0.1] * 100, heading=0.5 * np.cos(2 * T)), "yaw_rate yaw_acceleration"),
        (telemetry(t=T, speed=20 + np.sin(2.2 * T)), "lon_jerk"),
    ],
)
def test_drives_with_known_accelerations(drive, broken):
    value = measured(NAME, KinematicFeasibility(window_s=0.3), telemetry=[drive])
    assert value.value == float(not broken)
    for name, part in value.parts.items():
        if name != "time" and part.value is not None:
            assert part.value == float(name not in broken.split()), name


def test_uneven_steps_are_taken_as_they_are():
    t = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.3, 200))
    motion = motion_of(signals_of(telemetry(t=t, speed=3 + 0.4 * t + 0.05 * t * t)))
    np.testing.assert_allclose(motion.lon, 0.4 + 0.1 * t, atol=1e-8)
    np.testing.assert_allclose(motion.lon_jerk, 0.1, atol=1e-6)


def test_a_circle_has_its_centripetal_acceleration():
    motion = motion_of(signals_of(circling(8.0, 40.0)))
    np.testing.assert_allclose(motion.speed, 8.0, rtol=0.01)
    np.testing.assert_allclose(motion.lat, 64 / 40, rtol=0.02)
    np.testing.assert_allclose(motion.yaw_rate, 0.2, rtol=0.01)


def test_units_are_those_of_the_names():
    same = [
        telemetry(t=T, speed=10 + T),
        telemetry(time_ms=T * 1000, speed_kmh=(10 + T) * 3.6),
        telemetry(timestamp_ns=T * 1e9, speed_mph=(10 + T) / 0.44704),
        {"speed": {"t": T.tolist(), "value": [[v] for v in (10 + T).tolist()]}},
        [{"time": t, "v": 10 + t} for t in T.tolist()],
    ]
    for document in same:
        signal = signals_of(document)["speed"]
        np.testing.assert_allclose(signal.t, T, atol=1e-9)
        np.testing.assert_allclose(signal.value, 10 + T)


def test_what_cannot_be_told_is_skipped():
    back = telemetry(t=[0, 1, 1, 2, 3, 4], speed=[1] * 6)
    value = measured(
        NAME, telemetry=[accelerating(0), back, {"t": [0, 1]}, None, "{", telemetry(t=T, door=T), {"t": [1, 2], "speed": [1]}]
    )
    assert value.n == 1
    assert value.skipped == {
        "its times do not increase": 1,
        "no telemetry that can be read": 4,
        "no speed or position over time": 1,
    }


def test_the_share_of_time_and_the_evidence():
    t = np.arange(0, 20, 0.1)
    braking = np.where(t < 10, 40.0, 40 - 6 * (t - 10))
    value = measured(NAME, telemetry=[accelerating(0), telemetry(t=t, speed=braking)])
    assert value.parts["time"].value == pytest.approx((1 + 0.5) / 2, abs=0.02)
    assert value.evidence[0].record == 1
    assert "lon acceleration" in value.evidence[0].note


@needs_data
def test_a_recorded_minute_of_a_real_car():
    """Speed by the wheels beside that of the camera's positions on the Earth: two sensors, two clocks."""
    signals = signals_of(comma())
    motion = motion_of(signals)
    axes = [signals[f"frame_positions_{at}"] for at in range(3)]
    steps = np.sqrt(sum(np.diff(axis.value) ** 2 for axis in axes))
    assert motion.metres == pytest.approx(steps.sum(), rel=0.01)
    assert 59.9 < motion.seconds < 60.1
    by_position = steps / np.diff(axes[0].t)
    middle = (axes[0].t[1:] + axes[0].t[:-1]) / 2
    error = np.interp(middle, motion.t, motion.speed) - by_position
    assert np.abs(error).mean() < 0.15
    assert 7.9 < motion.speed.min() < motion.speed.max() < 20
    assert -2.6 < motion.lon.min() < -2 < 2 < motion.lon.max() < 2.4
    assert np.abs(motion.lon_jerk).max() < 4.13
    value = measured(NAME, telemetry=[comma()])
    assert (value.value, value.n) == (1.0, 1)
