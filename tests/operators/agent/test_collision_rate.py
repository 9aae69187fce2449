import numpy as np
import pytest

from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import actor, king, leaderboard, needs_data, route, straight

NAME = "agent.collision_rate"


def test_recorded_collisions_by_class_and_per_kilometre():
    value = measured(
        NAME,
        drive=[route(100.0, 1000.0, vehicle=2), route(50.0, 4000.0, pedestrian=1), route(100.0, 1000.0, red_light=3), None],
    )
    assert value.value == pytest.approx(2 / 3)
    assert value.parts["vehicle"].value == pytest.approx(1 / 3)
    assert value.parts["static"].value == 0.0
    assert value.parts["per_km"].value == pytest.approx(3 / 4)
    assert [e.note for e in value.evidence] == ["vehicle 2", "pedestrian 1"]
    assert value.skipped == {"no drive that can be read": 1}


@pytest.mark.parametrize(
    ("scene", "hit"),
    [
        ([], set()),
        ([actor(x=50.0, y=0.0)], {"vehicle"}),
        ([actor(x=50.0, y=1.99)], {"vehicle"}),
        ([actor(x=50.0, y=2.01)], set()),
        ([actor(x=50.0, y=3.2, heading=np.pi / 2)], {"vehicle"}),
        ([actor(x=50.0, y=3.26, heading=np.pi / 2)], set()),
        ([actor("walker.pedestrian.0001", 0.6, 0.6, x=20.0, y=1.2)], {"pedestrian"}),
        ([actor("static.prop", 1, 1, x=20.0, y=0.0), actor(x=50.0, y=1.0)], {"static", "vehicle"}),
        ([actor(t=[4.0, 6.0], x=[50.0, 50.0], y=[20.0, -20.0])], {"vehicle"}),
        ([actor(t=[0.0, 2.0], x=[50.0, 50.0], y=[20.0, -20.0])], set()),
        ([actor(t=[0.0, 1.0], x=[50.0, 50.0], y=[0.0, 0.0])], set()),
    ],
)
def test_boxes_that_overlap(scene, hit):
    value = measured(NAME, telemetry=[straight(10.0)], actors=[scene])
    assert value.value == float(bool(hit))
    assert {kind for kind in ("pedestrian", "vehicle", "static") if value.parts[kind].value} == hit
    assert value.parts["per_km"].value == pytest.approx(len(hit) / 0.1)


def test_fast_crossings_between_two_samples_are_seen():
    sparse = straight(30.0, step=2.0)
    crossing = actor(t=[0.0, 2.0], x=[30.0, 30.0], y=[25.0, -25.0])
    assert measured(NAME, telemetry=[sparse], actors=[[crossing]]).value == 1.0


def test_what_cannot_be_told_is_skipped():
    drive = straight(10.0)
    many = [actor(t=[0.0, 9.0], x=[0.0, 1.0], y=[500.0, 500.0])] * 20_001
    scenes = ["{", [actor(x="a", y=0.0)], many, [{"x": [1.0], "y": [1.0]}], [actor(x=50.0, y=0.0)]]
    value = measured(NAME, telemetry=[drive] * 5, actors=scenes)
    assert (value.value, value.n) == (1.0, 1)
    assert value.skipped == {"no collision could be told": 4}


@needs_data
def test_all_59_of_kings_scenarios_collide():
    value = measured(NAME, drive=king())
    assert (value.value, value.n, value.skipped) == (1.0, 59, {})
    assert value.parts["vehicle"].value == 1.0
    assert value.parts["per_km"].value is None
    clean = [{**result["all_iterations"]["0"]} for result in king() if result["all_iterations"]["0"]["Collision Metric"] == 0.0]
    before = measured(NAME, drive=king() + clean)
    assert before.value == pytest.approx(59 / (59 + len(clean)))


@needs_data
def test_recorded_collisions_of_longest6():
    records = leaderboard()["records"]
    value = measured(NAME, drive=records)
    hit = [
        sum(len(record["infractions"][f"collisions_{kind}"]) for kind in ("vehicle", "pedestrian", "layout"))
        for record in records
    ]
    assert value.value == sum(n > 0 for n in hit) / 36
    assert value.parts["pedestrian"].value == 2 / 36
