import numpy as np
import pytest

from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import straight, telemetry

NAME = "agent.progress_ratio"


def test_progress_by_the_experts():
    mine = [straight(speed, x=0.2) for speed in (0.0, 5.0, 10.0, 15.0)]
    value = measured(NAME, telemetry=mine, expert=[straight(10.0)] * 4)
    assert value.value == pytest.approx((0.02 + 0.5 + 1 + 1) / 4, abs=0.01)
    assert value.parts["expert_m"].value == pytest.approx(100.0)


def test_an_expert_that_hardly_moves_is_no_hurry():
    value = measured(NAME, telemetry=[straight(0.0)], expert=[straight(0.15)])
    assert value.value == 1.0
    still = measured(NAME, telemetry=[straight(3.0)], expert=[straight(0.0)])
    assert still.value == 1.0


def test_a_loop_is_followed_round():
    t = np.arange(0, 40, 0.1)

    def circle(share):
        return telemetry(t=t, x=30 * np.cos(share * t / 40 * 2 * np.pi), y=30 * np.sin(share * t / 40 * 2 * np.pi))

    value = measured(NAME, telemetry=[circle(0.25)], expert=[circle(0.9975)])
    assert value.value == pytest.approx(0.25, abs=0.02)


def test_what_is_missing_is_said():
    value = measured(NAME, telemetry=[None, straight(1.0)], expert=[straight(1.0), None])
    assert value.value is None
    assert value.skipped == {"no telemetry that can be read": 1, "the expert: no telemetry that can be read": 1}
