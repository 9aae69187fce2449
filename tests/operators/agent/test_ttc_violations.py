import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.agent._scene import actors_of, contact_times, ego_of, encroachment
from operators.agent._signals import signals_of
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import actor, straight, telemetry

NAME = "agent.ttc_violations"


def track(drive, length=4.0, width=2.0):
    return ego_of(signals_of(drive), length, width)


@given(st.floats(5, 30), st.floats(0, 30), st.floats(20, 60))
def test_following_in_closed_form(mine, theirs, gap):
    """Time to contact is gap by closing speed, at every time, until the boxes touch."""
    ego = track(straight(mine, seconds=2.0))
    lead = actors_of([actor(length=4.0, x=gap + 4.0 + theirs * ego.t, y=0.0)], ego.t)
    clock, contact = contact_times(ego, lead, 1e3)
    closing = mine - theirs
    left = gap - closing * clock
    if closing > 0.1:
        apart = left > 1e-6
        np.testing.assert_allclose(contact[apart], (left / closing)[apart], rtol=1e-6, atol=1e-6)
    elif closing < -0.1:
        assert np.isinf(contact).all()


@given(st.floats(5, 20), st.floats(5, 20), st.floats(-3, 3))
def test_crossing_at_a_right_angle_in_closed_form(mine, theirs, late):
    """Both boxes reach the crossing; they touch where the times in which each covers it overlap."""
    ego = track(straight(mine, seconds=1.0, x=-40.0))
    start = -theirs * (40.0 / mine + late)
    other = actors_of([actor(length=4.0, width=2.0, x=0.0, y=start + theirs * ego.t, heading=np.pi / 2)], ego.t)
    contact = contact_times(ego, other, 1e3)[1][0]
    # Half extents along x and y: ego 2 and 1, other 1 and 2: along either axis they overlap within 3 m of each other.
    enter = max((40 - 3) / mine, (-start - 3) / theirs)
    leave = min((40 + 3) / mine, (-start + 3) / theirs)
    assert contact == (pytest.approx(enter, abs=1e-6) if enter < leave else pytest.approx(np.inf))


@given(st.floats(5, 20), st.floats(5, 20), st.floats(2.0, 4.0))
def test_post_encroachment_time_in_closed_form(mine, theirs, late):
    """The other enters the crossing when its front comes; the drive left it when its rear was past."""
    ego = track(straight(mine, seconds=12.0, x=-40.0, step=0.02))
    arrives = 40.0 / mine + late
    other = actors_of([actor(length=4.0, width=2.0, x=0.0, y=theirs * (ego.t - arrives), heading=np.pi / 2)], ego.t)
    gap = encroachment(ego, other)
    left, entered = (40.0 + 1.0 + 2.0) / mine, arrives - (1.0 + 2.0) / theirs
    if entered - left > 0.1:
        assert gap == pytest.approx(entered - left, abs=0.05)


def test_followers_have_no_post_encroachment_time():
    ego = track(straight(10.0))
    assert encroachment(ego, actors_of([actor(x=20.0 + 10.0 * ego.t, y=0.0)], ego.t)) is None


def test_the_share_of_time_below_the_bound():
    """At 10 m/s towards a standing car whose rear is 50 m ahead: below 0.95 s from 4.05 s on, of 5 s."""
    drive = straight(10.0, seconds=5.0)
    value = measured(NAME, telemetry=[drive, drive], actors=[[actor(x=50.0 + 4.5, y=0.0)], []])
    assert value.value == pytest.approx((0.95 / 5 + 0) / 2, abs=0.02)
    assert value.parts["drives"].value == 0.5
    assert value.parts["least_ttc_s"].value == pytest.approx(0.0, abs=1e-6)
    assert value.evidence[0].record == 0


def test_who_is_behind_or_meets_a_standing_drive_does_not_count():
    still = telemetry(t=np.arange(0, 5, 0.1), x=np.zeros(50), y=np.zeros(50), heading=np.zeros(50))
    behind = [actor(x=-30.0 + 20.0 * np.arange(0, 2.05, 0.1), y=0.0)]
    towards = [actor(x=40.0 - 8.0 * np.arange(0, 5, 0.1), y=0.0)]
    assert measured(NAME, telemetry=[straight(10.0, seconds=2.0)], actors=[behind]).value == 0.0
    assert measured(NAME, telemetry=[still], actors=[towards]).value == 0.0


def test_what_cannot_be_told_is_skipped():
    drive = straight(10.0)
    value = measured(
        NAME, telemetry=[None, drive, drive, telemetry(t=[0, 1, 2, 3, 4], speed=[1] * 5)], actors=[[], None, "[", []]
    )
    assert value.value is None
    assert value.skipped == {
        "no telemetry that can be read": 1,
        "no road users that can be read": 2,
        "no position over time": 1,
    }
