import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.agent.scenario_diversity import ScenarioDiversity, rarefied
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import needs_data
from tests.operators.agent.scenario_given import OPEN, carla, recorded

NAME = "agent.scenario_diversity"


@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.data())
def test_rarefaction_against_binomials(counts, data):
    total = sum(counts)
    drawn = data.draw(st.integers(1, total))
    expected = sum(1 - math.comb(total - c, drawn) / math.comb(total, drawn) for c in counts)
    assert rarefied(np.array(counts), drawn) == pytest.approx(expected)


def test_distinct_tuples_by_scenarios():
    texts = [carla(), carla(), carla("Town02"), carla(kind="HardBreakRoute"), carla(cloudiness="80"), OPEN]
    value = measured(NAME, scenario=[*texts, "<a", None])
    assert value.value == pytest.approx(5 / 6)
    assert value.parts["agents"].value == pytest.approx(3 / 6)
    assert value.parts["road"].value == pytest.approx(3 / 6)
    assert value.parts["weather"].value == pytest.approx(3 / 6)
    p = np.array([4, 1, 1]) / 6
    assert value.parts["entropy/agents"].value == pytest.approx(-(p * np.log(p)).sum() / np.log(3))
    assert value.skipped == {"no scenario that can be read": 2}


def test_at_a_fixed_number_size_has_no_say():
    few, many = [carla(f"Town{at}") for at in range(10)], [carla(f"Town{at}") for at in range(10)] * 50
    assert measured(NAME, ScenarioDiversity(n=2), scenario=few).value == 1.0
    assert measured(NAME, ScenarioDiversity(n=2), scenario=many).value == pytest.approx((1 + 450 / 499) / 2)
    assert measured(NAME, scenario=few).reason == "of 10 scenarios: fewer than n"


def test_one_scenario_over_and_over_is_no_diversity():
    assert measured(NAME, ScenarioDiversity(n=100), scenario=[carla()] * 100).value == 0.01


@needs_data
def test_recorded_routes():
    value = measured(NAME, scenario=recorded())
    assert value.parts["road"].n == 148
    assert value.parts["weather"].value == pytest.approx(5 / 148)
    assert value.parts["road"].value < value.parts["agents"].value < value.value <= 1.0
