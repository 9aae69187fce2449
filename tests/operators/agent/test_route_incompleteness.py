import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.agent._path import completion, path_of, spaced
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import SHARED, leaderboard, needs_data, route, straight

NAME = "agent.route_incompleteness"
STRAIGHT = np.array([[0.0, 0.0], [200.0, 0.0]])
ANGLES = np.linspace(0, 2 * np.pi, 200)
LOOP = 50 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1)


def by_the_rule(path, driven):
    """CARLA's RouteCompletionTest, written out point by point over the same spacing."""
    points, along = spaced(path, 1.0)
    index, share = 0, 0.0
    for place in driven:
        for at in range(index, min(index + 3, len(points))):
            ahead = points[min(at + 1, len(points) - 1)] - points[min(at, len(points) - 2)]
            if np.dot(ahead, place - points[at]) > 0 and np.linalg.norm(place - points[at]) < 30:
                index, share = at, 100 * along[at] / along[-1]
    return 100.0 if share > 99 and min(np.linalg.norm(driven - points[-1], axis=1)) < 10 else share


@given(st.floats(1, 199), st.floats(-3, 3))
def test_a_straight_route_is_as_complete_as_it_is_long(metres, aside):
    driven = np.stack([np.arange(0, metres, 0.5), np.full(len(np.arange(0, metres, 0.5)), aside)], 1)
    assert completion(STRAIGHT, driven) == pytest.approx(100 * metres / 200, abs=1.0) or metres > 198


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_loop_is_not_complete_at_its_start(share):
    driven = LOOP[: int(share * len(LOOP))]
    assert completion(LOOP, driven) == pytest.approx(100 * share, abs=1.5)
    assert completion(LOOP, LOOP[:2]) < 2
    assert completion(LOOP, LOOP) == 100.0
    assert completion(LOOP, LOOP[::-1]) < 100 * 30 / 314  # the wrong way round, until it is back within 30 m of the start


@given(st.integers(0, 2**32 - 1))
def test_random_walks_against_the_rule_written_out(seed):
    rng = np.random.default_rng(seed)
    path = np.cumsum(rng.uniform(5, 20, (6, 2)), 0)
    driven = spaced(path, 0.5)[0][: rng.integers(5, 200)] + rng.normal(0, 2, 2)
    even = spaced(driven, 0.5)[0]
    assert completion(path, driven) == pytest.approx(by_the_rule(path, even))


def test_far_from_the_route_nothing_is_passed():
    driven = np.stack([np.arange(0, 200, 1.0), np.full(200, 31.0)], 1)
    assert completion(STRAIGHT, driven) == 0.0


def test_sparse_positions_go_as_far_as_dense_ones():
    assert completion(STRAIGHT, np.array([[0.0, 0.0], [120.5, 0.0]])) == pytest.approx(60.0)


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("[[0, 0], [1, 2]]", [[0, 0], [1, 2]]),
        ('[{"x": 0, "y": 0}, {"x": 1, "y": 2, "z": 9}]', [[0, 0], [1, 2]]),
        ('{"points": [[0, 0], [0, 0], [1, 2]]}', [[0, 0], [1, 2]]),
        ('<route><waypoints><position x="0" y="0" z="1"/><position x="1" y="2"/></waypoints></route>', [[0, 0], [1, 2]]),
        ('<routes><route><waypoint x="0" y="0"/><waypoint x="1" y="2"/></route></routes>', [[0, 0], [1, 2]]),
        ("[[0, 0]]", None),
        ("[[0, 0], [0, 0]]", None),
        ('[[0, 0], ["1", 2]]', None),
        ("[[0, 0], [1e9, 2]]", None),
        ("[[0, true], [1, 2]]", None),
        ('<route><position x="a" y="1"/><position x="2" y="1"/></route>', None),
        ("<!DOCTYPE r><r/>", None),
        ("{", None),
        (None, None),
    ],
)
def test_routes_as_people_write_them(text, points):
    found = path_of(text)
    assert (found is None) if points is None else found.tolist() == points


def test_the_mean_share_that_is_left():
    value = measured(NAME, drive=[route(100.0), route(40.0), None, {"Collision Metric": 1.0}])
    assert value.value == pytest.approx(0.3)
    assert value.parts["finished"].value == 0.5
    assert value.skipped == {"no drive that can be read": 1, "no completion is told": 1}
    assert value.evidence[0].note == "40.0 % driven: Failed - Agent got blocked"


def test_telemetry_along_a_route():
    value = measured(
        NAME, telemetry=[straight(10.0, x=0.2), straight(10.0, x=0.2)], route=["[[0, 0], [200, 0]]", "[[0, 0], [100, 0]]"]
    )
    assert value.value == pytest.approx(0.25, abs=0.005)
    assert value.parts["finished"].value == 0.5


@needs_data
def test_recorded_completions_of_longest6():
    value = measured(NAME, drive=leaderboard()["records"])
    assert value.value == pytest.approx(1 - leaderboard()["global_record"]["scores"]["score_route"] / 100, abs=1e-12)
    assert value.parts["finished"].value == sum(r["scores"]["score_route"] == 100 for r in leaderboard()["records"]) / 36


@needs_data
def test_recorded_routes_are_complete_when_they_are_driven():
    text = (SHARED / "carla_leaderboard" / "routes_devtest.xml").read_text()
    path = path_of(text)
    assert completion(path, path) == 100.0
    half = spaced(path, 1.0)[0]
    assert completion(path, half[: len(half) // 2]) == pytest.approx(50, abs=1)
