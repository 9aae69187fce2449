import numpy as np
import pytest
from scipy.stats import ks_2samp, wasserstein_distance

from engine.state import Quantiles
from operators.agent.kinematic_distance import KinematicDistance
from operators.kernels.side_distances import wasserstein
from tests.operators.agent.agent_given import batch_of
from tests.operators.agent.drive_given import actor, comma, needs_data, straight, telemetry

NAME = "agent.kinematic_distance"
T = np.arange(0, 30, 0.1)


def state(**columns):
    return KinematicDistance().fold(batch_of(NAME, **columns))


def drives(speeds):
    return [telemetry(t=T, speed=speed) for speed in speeds]


def test_a_distribution_is_not_apart_from_itself():
    rng = np.random.default_rng(0)
    side = state(telemetry=drives(10 + np.cumsum(rng.normal(size=(5, len(T))), 1) / 20))
    value = KinematicDistance().compare(side, side)
    assert value.value == 0.0
    assert all(part.value == 0.0 for part in value.parts.values())


def test_distances_of_speed_against_scipy():
    rng = np.random.default_rng(1)
    mine, theirs = rng.gamma(9.0, 1.0, (6, len(T))), rng.gamma(16.0, 0.8, (6, len(T)))
    value = KinematicDistance().compare(state(telemetry=drives(mine)), state(telemetry=drives(theirs)))
    assert value.parts["ks/speed"].value == pytest.approx(ks_2samp(mine.ravel(), theirs.ravel()).statistic, abs=0.01)
    assert value.parts["w1/speed"].value == pytest.approx(wasserstein_distance(mine.ravel(), theirs.ravel()), rel=0.02)
    edges = np.linspace(0, 50, 101)
    p, q = (np.histogram(side, edges)[0] / side.size for side in (mine, theirs))
    m = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (np.nansum(p * np.log2(p / m)) + np.nansum(q * np.log2(q / m))) / 2
    assert value.parts["jsd/speed"].value == pytest.approx(expected, abs=0.02)


def test_wasserstein_of_sketches():
    rng = np.random.default_rng(2)
    mine, theirs = rng.normal(0, 1, 500), rng.normal(2, 3, 700)
    found = wasserstein(Quantiles.of(mine), Quantiles.of(theirs))
    assert found == pytest.approx(wasserstein_distance(mine, theirs), rel=0.01)


def test_a_sensors_rate_has_no_weight():
    fine = np.arange(0, 30, 0.01)
    slow = [telemetry(t=T, speed=5 + 0.1 * T), telemetry(t=fine, speed=20 + 0.1 * fine)]
    even = [telemetry(t=T, speed=5 + 0.1 * T), telemetry(t=T, speed=20 + 0.1 * T)]
    value = KinematicDistance().compare(state(telemetry=slow), state(telemetry=even))
    assert value.parts["jsd/speed"].value < 0.001


def test_headway_and_time_to_collision_come_from_the_road_users():
    near, far = [[actor(x=gap + 4.5 + 10.0 * np.arange(0, 10.05, 0.1), y=0.0)] for gap in (11.0, 31.0)]
    sides = [state(telemetry=[straight(10.0)], actors=[scene]) for scene in (near, far)]
    value = KinematicDistance().compare(*sides)
    assert value.parts["w1/headway"].value == pytest.approx(20.0, rel=0.01)
    assert value.parts["jsd/headway"].value == pytest.approx(1.0)
    assert "jsd/min_ttc" not in value.parts  # nobody closes in
    closing = [[actor(x=gap + 4.5, y=0.0)] for gap in (150.0, 150.0)]
    sides = [state(telemetry=[straight(10.0)], actors=[scene]) for scene in closing]
    assert KinematicDistance().compare(*sides).parts["jsd/min_ttc"].value == 0.0


def test_a_side_without_motion_is_no_distance():
    value = KinematicDistance().compare(state(telemetry=[None]), state(telemetry=drives([5 + 0 * T])))
    assert value.value is None
    assert value.reason == "no drive of the subject has a motion that can be told"
    assert value.skipped == {"no telemetry that can be read": 1}


@needs_data
def test_a_real_minute_beside_a_robot_at_one_speed():
    real, robot = state(telemetry=[comma()]), state(telemetry=[straight(14.0, seconds=60.0)])
    value = KinematicDistance().compare(robot, real)
    assert value.parts["jsd/speed"].value > 0.7
    assert value.parts["jsd/lon_acceleration"].value > 0.3
    assert KinematicDistance().compare(real, real).value == 0.0
