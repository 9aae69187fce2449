from itertools import pairwise

import numpy as np
import pytest

from operators.agent._path import distances
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import straight, telemetry

NAME = "agent.route_following"
ROUTE = "[[0, 0], [100, 0]]"


def test_distance_by_five_metres():
    value = measured(NAME, telemetry=[straight(10.0, y=y) for y in (0.0, 1.0, 2.5, 6.0)], route=[ROUTE] * 4)
    assert value.value == pytest.approx((1 + 0.8 + 0.5 + 0) / 4)
    assert value.parts["mean_m"].value == pytest.approx((0 + 1 + 2.5 + 6) / 4)
    assert value.evidence[0].note == "6.0 m from its route on average"


def test_a_stay_counts_by_its_time():
    """9 s at 4 m, then 1 s back on the route: not one half."""
    uneven = telemetry(t=[0, 9, 9.01, 10], x=[0, 90, 90.1, 100], y=[4, 4, 0, 0])
    assert measured(NAME, telemetry=[uneven], route=[ROUTE]).parts["mean_m"].value == pytest.approx(3.6, abs=0.01)


def test_distances_against_many_points_of_the_route():
    rng = np.random.default_rng(0)
    path, places = rng.uniform(0, 50, (8, 2)), rng.uniform(-10, 60, (40, 2))
    dense = np.concatenate([np.linspace(a, b, 5000) for a, b in pairwise(path)])
    nearest = [np.hypot(*(dense - place).T).min() for place in places]
    np.testing.assert_allclose(distances(path, places), nearest, atol=0.01)


def test_a_very_long_route_is_taken_at_fewer_points():
    x = np.linspace(0, 1000, 100_000)
    path = np.stack([x, np.zeros(len(x))], 1)
    np.testing.assert_allclose(distances(path, np.array([[500.0, 3.0]] * 1000)), 3.0)


def test_what_is_missing_is_said():
    value = measured(
        NAME, telemetry=[None, straight(1.0), telemetry(t=[0, 1, 2, 3, 4], speed=[1] * 5)], route=[ROUTE, "[]", ROUTE]
    )
    assert value.value is None
    assert value.skipped == {
        "no telemetry that can be read": 1,
        "no route that can be read": 1,
        "no position over time": 1,
    }
