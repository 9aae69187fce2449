import numpy as np
import pytest

from operators.agent.displacement_error import DisplacementError
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import straight, telemetry

NAME = "agent.displacement_error"
T = np.arange(0, 8, 0.1)


def drive(x, y, t=T, **others):
    return telemetry(t=t, x=x, y=y, **others)


def test_a_parallel_way_is_as_far_as_it_is_beside():
    value = measured(NAME, telemetry=[straight(10.0, y=1.5)], expert=[straight(10.0)])
    assert value.value == pytest.approx(1.5)
    assert value.parts["fde_m"].value == pytest.approx(1.5)
    assert value.parts["miss_rate"].value == 0.0
    assert value.parts["heading_rad"].value == pytest.approx(0.0)


def test_a_speed_that_differs_grows_with_time():
    value = measured(NAME, telemetry=[straight(11.0, seconds=8.0)], expert=[straight(10.0, seconds=8.0, step=1.0)])
    times = np.arange(0, 8.05, 0.1)
    assert value.value == pytest.approx(times.mean())
    assert (value.parts["fde_m"].value, value.parts["miss_rate"].value) == (pytest.approx(8.0), 1.0)
    assert value.parts["greatest_m"].value == pytest.approx(8.0)


def test_random_ways_against_plain_numpy():
    rng = np.random.default_rng(0)
    ways = rng.normal(size=(4, 2, len(T))).cumsum(-1)
    experts = ways + rng.normal(size=ways.shape)
    value = measured(NAME, telemetry=[drive(*way) for way in ways], expert=[drive(*way) for way in experts])
    away = np.linalg.norm(ways - experts, axis=1)
    assert value.value == pytest.approx(away.mean(1).mean())
    assert value.parts["fde_m"].value == pytest.approx(away[:, -1].mean())
    assert value.parts["miss_rate"].value == (away[:, -1] > 2).mean()
    assert value.evidence[0].record == away.mean(1).argmax()


def test_headings_are_wrapped():
    one = drive(T, T, heading=np.full(len(T), np.pi - 0.1))
    other = drive(T, T, heading=np.full(len(T), -np.pi + 0.1))
    assert measured(NAME, telemetry=[one], expert=[other]).parts["heading_rad"].value == pytest.approx(0.2)


def test_only_times_in_common_count():
    late = drive(10 * T, 0 * T, T + 4)
    value = measured(NAME, telemetry=[late], expert=[straight(10.0, seconds=8.0)])
    assert value.value == pytest.approx(40.0)
    assert value.parts["covered"].value == pytest.approx(0.5)
    never = drive(T, T, T + 100)
    assert measured(NAME, telemetry=[never], expert=[straight(10.0)]).skipped == {"fewer than two times in common": 1}


def test_what_is_missing_is_said():
    value = measured(
        NAME,
        DisplacementError(miss_m=5.0),
        telemetry=[None, straight(1.0), telemetry(t=T, speed=T), straight(1.0)],
        expert=[straight(1.0), "{", straight(1.0), straight(1.0)],
    )
    assert (value.value, value.n) == (0.0, 1)
    assert value.skipped == {
        "no telemetry that can be read": 1,
        "the expert: no telemetry that can be read": 1,
        "no position over time": 1,
    }
