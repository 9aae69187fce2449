import numpy as np
import pytest

from operators.agent.speed_in_band import SpeedInBand
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import telemetry

NAME = "agent.speed_in_band"


def test_the_time_in_the_band_with_uneven_steps():
    rng = np.random.default_rng(0)
    t = np.cumsum(rng.uniform(0.02, 0.5, 400))
    v = 10 + 5 * np.sin(t)
    value = measured(NAME, SpeedInBand(limit_mps=12.0, least_mps=8.0), telemetry=[telemetry(t=t, speed=v)])
    seconds = np.gradient(t)
    seconds[[0, -1]] /= 2
    share = seconds / seconds.sum()
    assert value.value == pytest.approx(share[(v >= 8) & (v <= 12)].sum())
    assert value.parts["over"].value == pytest.approx(share[v > 12].sum())
    assert value.parts["under"].value == pytest.approx(share[v < 8].sum())
    over = v > 12
    assert value.parts["over_mean_mps"].value == pytest.approx(np.average(v[over] - 12, weights=seconds[over]))
    assert value.parts["over_most_mps"].value == pytest.approx(v.max() - 12)
    assert value.parts["over_seconds"].value == pytest.approx(seconds[over].sum())


def test_limits_are_signals_too():
    t = np.arange(0, 10, 0.1)
    drive = telemetry(t=t, speed=[10.0] * 100, speed_limit=np.where(t < 5, 12, 9), least_speed=[5.0] * 100)
    assert measured(NAME, telemetry=[drive]).value == pytest.approx(0.5, abs=0.01)


def test_depths_are_those_of_drives_that_go_over():
    t = np.arange(0, 10, 0.1)
    drives = [telemetry(t=t, speed=[v] * 100, speed_limit=[10.0] * 100) for v in (9.0, 13.0)]
    value = measured(NAME, telemetry=drives)
    assert value.value == 0.5
    assert value.parts["over_mean_mps"].value == pytest.approx(3.0)
    assert value.parts["over_mean_mps"].n == 1


def test_without_a_limit_there_is_no_band():
    value = measured(NAME, telemetry=[telemetry(t=[0, 1, 2], speed=[1, 1, 1]), None])
    assert value.value is None
    assert value.skipped == {"no speed limit is told": 1, "no telemetry that can be read": 1}
