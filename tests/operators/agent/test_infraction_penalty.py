import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalog import PlanError, metric
from operators.agent._penalty import FACTORS, penalty
from operators.agent.infraction_penalty import InfractionPenalty
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import leaderboard, needs_data, route

NAME = "agent.infraction_penalty"
VERSIONS = ("1.0", "2.0", "2.1")


@pytest.mark.parametrize(
    ("infractions", "expected"),
    [
        ({}, (1.0, 1.0, 1.0)),
        ({"red_light": 1}, (0.7, 0.7, 0.7143)),
        ({"red_light": 1, "vehicle": 1}, (0.42, 0.42, 0.4762)),
        ({"pedestrian": 3}, (0.125, 0.125, 0.25)),
        ({"min_speed": ["Average speed is 130.0% of the surrounding traffic's one"]}, (1.0, 1.0, 1.0)),
        ({"min_speed": ["Average speed is 50.0% of the surrounding traffic's one"]}, (1.0, 0.85, 1 / 1.2)),
        ({"outside_lanes": ["for about 30.5 meters (25.0% of the completed route)"]}, (0.75, 0.75, 0.75)),
        ({"outside_lanes": ["(25.0% of the completed route)"], "stop_sign": 1}, (0.6, 0.6, 0.6)),
        ({"blocked": 2}, (1.0, 1.0, 1.0)),
        ({"yield": 1, "scenario_timeout": 1, "static": 1}, (0.3185, 0.3185, 1 / 2.4)),
    ],
)
def test_golden_penalties_by_version(infractions, expected):
    for version, factor in zip(VERSIONS, expected, strict=True):
        value = measured(NAME, InfractionPenalty(version_of_carla=version), drive=[route(**infractions)])
        assert value.value == pytest.approx(factor, abs=5e-5), version


@given(st.dictionaries(st.sampled_from(sorted(FACTORS)), st.integers(0, 4)))
def test_products_and_quotients_in_closed_form(counts):
    told = [(kind, None) for kind, n in counts.items() for _ in range(n)]
    product = math.prod(FACTORS[kind] ** n for kind, n in counts.items())
    assert penalty(told, "1.0") == pytest.approx(product)
    assert penalty(told, "2.0") == pytest.approx(product)
    cost = {"pedestrian": 1, "vehicle": 0.7, "static": 0.6, "red_light": 0.4, "stop_sign": 0.25}
    total = sum(n * cost.get(kind, 0.4) for kind, n in counts.items())
    assert penalty(told, "2.1") == pytest.approx(1 / (1 + total))


def test_a_percentage_that_is_not_recorded_is_no_penalty():
    value = measured(NAME, drive=[route(outside_lanes=1), route(), None, "no json", {"infractions": {}}])
    assert value.n == 1
    assert value.skipped == {"a percentage is not recorded": 1, "no drive that can be read": 3}


def test_it_is_held_against_the_recorded_penalty():
    value = measured(
        NAME, InfractionPenalty(version_of_carla="2.0"), drive=[route(penalty=0.7, red_light=1), route(penalty=0.5)]
    )
    assert value.parts["agrees"].value == 0.5
    assert value.parts["recorded"].value == pytest.approx(0.6)
    assert value.evidence[0].note == "0.7: red light"


def test_weights_are_of_kinds_that_have_one():
    with pytest.raises(PlanError, match="is no weight"):
        metric(NAME, {"weights": [["outside_lanes", 0.5]]})


@needs_data
def test_recorded_penalties_of_longest6():
    """TransFuser's leaderboard records stop signs without a penalty for them."""
    records = leaderboard()["records"]
    value = measured(NAME, InfractionPenalty(version_of_carla="1.0", weights=(("stop_sign", 1.0),)), drive=records)
    assert (value.n, value.parts["agrees"].value) == (36, 1.0)
    assert value.value == pytest.approx(leaderboard()["global_record"]["scores"]["score_penalty"], abs=1e-12)
    strict = measured(NAME, InfractionPenalty(version_of_carla="1.0"), drive=records)
    stopped = sum(bool(record["infractions"]["stop_infraction"]) for record in records)
    assert strict.parts["agrees"].value == pytest.approx(1 - stopped / 36)
