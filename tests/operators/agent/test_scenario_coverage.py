import numpy as np
import pytest

from operators.agent._scenarios import density_of, geometry_of
from operators.agent.scenario_coverage import ScenarioCoverage
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import actor, comma, needs_data, straight, telemetry
from tests.operators.agent.scenario_given import OPEN, carla, recorded

NAME = "agent.scenario_coverage"


def test_cells_of_scenarios_against_a_set():
    texts = [carla(), carla(turn="300"), carla(sun="-5"), carla(cloudiness="80"), carla(), carla(kind="HardBreakRoute")]
    value = measured(NAME, scenario=[*texts, None])
    cells = {
        ("few", "straight", "clear", "Accident"),
        ("few", "bend", "clear", "Accident"),
        ("few", "straight", "night", "Accident"),
    }
    cells |= {("few", "straight", "cloudy", "Accident"), ("few", "straight", "clear", "HardBreakRoute")}
    assert value.value == pytest.approx(len(cells) / (4 * 3 * 6 * 2))
    assert value.parts["weather"].value == pytest.approx(3 / 6)
    assert value.parts["action"].value == 1.0
    p = np.array([2, 1, 1, 1, 1]) / 6
    assert value.parts["entropy"].value == pytest.approx(-(p * np.log(p)).sum() / np.log(5))
    assert value.skipped == {"no traits": 1}


def test_actions_may_be_listed():
    value = measured(NAME, ScenarioCoverage(actions=("Accident", "ParkingExit", "YieldToEmergencyVehicle")), scenario=[carla()])
    assert value.value == pytest.approx(1 / (4 * 3 * 6 * 3))
    assert value.parts["action"].value == pytest.approx(1 / 3)


def test_a_scenario_of_several_actions_is_in_a_cell_for_each():
    two = carla().replace(
        "<scenarios>", '<scenarios><scenario name="b" type="ParkingExit"><trigger_point x="1" y="1"/></scenario>'
    )
    assert measured(NAME, scenario=[two]).value == pytest.approx(2 / (4 * 3 * 6 * 2))


def test_open_scenario_has_its_manoeuvres():
    value = measured(NAME, scenario=[OPEN])
    assert (value.n, value.parts["action"].value) == (1, 1.0)


def test_telemetry_has_speed_geometry_and_density():
    t = np.arange(0, 60, 0.1)
    round_ = telemetry(t=t, x=50 * np.cos(t / 10), y=50 * np.sin(t / 10))
    value = measured(NAME, telemetry=[straight(10.0), straight(30.0), round_], actors=[[], [actor(x=0.0, y=0.0)] * 4, []])
    assert value.value == pytest.approx(3 / (5 * 4 * 3))
    assert value.parts["speed"].value == pytest.approx(3 / 5)
    assert value.parts["geometry"].value == pytest.approx(2 / 3)
    assert value.parts["density"].value == pytest.approx(2 / 4)


def test_classes():
    assert [density_of(n) for n in (0, 1, 3, 4, 10, 11)] == ["none", "few", "few", "some", "some", "many"]
    assert geometry_of(np.zeros((0, 2))) == "straight"
    zigzag = np.array([[0, 0], [10, 0], [10, 10], [20, 10], [20, 20]], float)
    assert geometry_of(zigzag) == "winding"


@needs_data
def test_recorded_routes_and_drives():
    routes = measured(NAME, scenario=recorded())
    assert 0 < routes.value < 0.5
    assert routes.parts["geometry"].value == pytest.approx(1 / 3)  # all of them wind
    assert routes.parts["weather"].value == pytest.approx(5 / 6)
    assert measured(NAME, telemetry=[comma()]).value == pytest.approx(1 / 5)
