import pytest

from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import SHARED, needs_data
from tests.operators.agent.scenario_given import OPEN, carla, recorded

NAME = "agent.scenario_validity"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (carla(), None),
        (f"<routes>{carla()}</routes>", None),
        (OPEN, None),
        (carla().replace("</route>", ""), "malformed"),
        ("<!DOCTYPE route>" + carla(), "malformed"),
        (f"<routes>{carla()}{carla()}</routes>", "unknown_layout"),
        ("<scenarios/>", "unknown_layout"),
        (carla().replace('id="1" ', ""), "missing_attribute"),
        (carla().replace('town="Town01"', ""), "missing_attribute"),
        (carla().replace('<position x="300" y="0" z="0"/><position x="300" y="0" z="0"/>', ""), "too_few_waypoints"),
        (carla().replace('x="300" y="0"', 'x="nan" y="0"', 1), "not_a_number"),
        (carla().replace('x="300" y="0"', 'y="0"', 1), "missing_attribute"),
        (carla().replace('x="5" y="0"', 'x="five" y="0"'), "not_a_number"),
        (carla().replace('type="Accident"', ""), "missing_attribute"),
        (carla(cloudiness="thick"), "not_a_number"),
        (carla(cloudiness="5000"), "out_of_range"),
        (carla().replace("trigger_point", "trigger"), "missing_element"),
        (OPEN.replace('entityRef="adversary"', 'entityRef="ghost"'), "unknown_reference"),
        (OPEN.replace('name="adversary"', 'name="hero"', 1), "duplicate_name unknown_reference"),
        (OPEN.replace("$speed", "$velocity"), "undeclared_parameter"),
        (OPEN.replace("<StopTrigger/>", ""), "missing_element"),
        (OPEN.replace("RoadNetwork", "Road"), "missing_element"),
        (OPEN.replace('name="hero"', "", 1), "missing_attribute unknown_reference"),
    ],
)
def test_planted_faults(text, fault):
    value = measured(NAME, scenario=[text])
    assert value.value == float(fault is None)
    assert {name for name, part in value.parts.items() if part.value} == set((fault or "").split())


def test_the_share_and_the_evidence():
    value = measured(NAME, scenario=[carla(), OPEN.replace("<StopTrigger/>", ""), None])
    assert (value.value, value.n, value.skipped) == (0.5, 2, {"no scenario": 1})
    assert value.evidence[0].note == "missing element: Storyboard StopTrigger"


def test_faults_are_bounded():
    many = "<route>" + "<position/>" * 100_000 + "</route>"
    assert measured(NAME, scenario=[many]).evidence[0].score == 100


@needs_data
def test_recorded_routes_are_whole():
    """CARLA's 112 routes and longest6's 36; and each spoilt in one place."""
    routes = recorded()
    value = measured(NAME, scenario=routes)
    assert (value.n, value.value) == (148, 1.0)
    spoilt = [route.replace('y="', 'y="?', 1) for route in routes]
    assert measured(NAME, scenario=spoilt).value == 0.0
    assert measured(NAME, scenario=[(SHARED / "carla_leaderboard" / "routes_devtest.xml").read_text()]).value == 0.0
