import pytest

from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import KEYS, leaderboard, needs_data, route

NAME = "agent.infractions"


def test_per_kilometre_and_per_drive():
    value = measured(NAME, drive=[route(50.0, 2000.0, red_light=2, blocked=1), route(100.0, 3000.0, vehicle=1, min_speed=4)])
    assert value.value == pytest.approx(3 / 4)
    assert value.parts["per_km/red_light"].value == pytest.approx(2 / 4)
    assert value.parts["per_km/min_speed"].value == 1.0
    assert value.parts["mean_per_km/red_light"].value == 1.0
    assert value.parts["per_drive/blocked"].value == 0.5
    assert value.evidence[0].note == "2 infractions"


def test_a_kind_that_a_record_does_not_tell_of_is_unknown_there():
    without = route(100.0, 1000.0)
    del without["infractions"][KEYS["red_light"]]
    value = measured(NAME, drive=[without, route(100.0, 1000.0, red_light=1)])
    assert value.parts["per_km/red_light"].value == 1.0
    assert value.parts["per_km/red_light"].n == 1
    assert value.value == 0.5


def test_without_a_length_there_are_rates_by_drive_alone():
    value = measured(NAME, drive=[{"Collision Metric": 1.0}, {"Collision Metric": 0.0}])
    assert value.value is None
    assert value.parts["per_drive/vehicle"].value == 0.5
    assert value.skipped == {"no length of the drive": 2}


def test_safebench_states_are_read_to_the_greatest_counter():
    states = [
        {"driven_distance": 100.0, "collision": "Status.FAILURE", "run_red_light": 0, "lane_invasion": 1, "route_complete": 10},
        {"driven_distance": 500.0, "collision": "Status.SUCCESS", "run_red_light": 2, "lane_invasion": 1, "route_complete": 60},
    ]
    value = measured(NAME, drive=[states])
    assert value.value == pytest.approx(4 / 0.5)
    assert value.parts["per_drive/vehicle"].value == 1.0
    assert value.parts["per_drive/red_light"].value == 2.0


def test_hostile_records_are_skipped():
    odd = [
        {"infractions": {"red_light": "x"}},
        {"infractions": []},
        [1],
        [],
        "{",
        {"scores": 1, "infractions": {"red_light": []}},
    ]
    value = measured(NAME, drive=odd)
    assert value.value is None
    assert value.skipped == {"no drive that can be read": 5, "no length of the drive": 1}


@needs_data
def test_recorded_rates_of_longest6():
    """The recorded table sums the routes' rates, each with the completion in percent: our mean of rates times 36 by 100."""
    checkpoint = leaderboard()
    value = measured(NAME, drive=checkpoint["records"])
    recorded = checkpoint["global_record"]["infractions"]
    names = {key: kind for kind, key in KEYS.items()} | {"route_dev": "off_route", "route_timeout": "route_timeout"}
    for key, rate in recorded.items():
        assert value.parts[f"mean_per_km/{names[key]}"].value * 36 / 100 == pytest.approx(rate, abs=1e-12), key
    driven = sum(r["scores"]["score_route"] / 100 * r["meta"]["route_length"] / 1000 for r in checkpoint["records"])
    stops = sum(len(record["infractions"]["stop_infraction"]) for record in checkpoint["records"])
    assert value.parts["per_km/stop_sign"].value == pytest.approx(stops / driven)
