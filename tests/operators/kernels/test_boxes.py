import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from operators.kernels.boxes import overlap, time_to_contact

BOX = st.tuples(st.floats(-6, 6), st.floats(-6, 6), st.floats(-7, 7), st.floats(0.5, 6), st.floats(0.5, 3))


def corners(box):
    x, y, heading, length, width = box
    along = np.array([np.cos(heading), np.sin(heading)])
    across = np.array([-along[1], along[0]])
    signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
    return np.array([(x, y) + a * length / 2 * along + b * width / 2 * across for a, b in signs])


def shared_area(one, other):
    """The area of two convex polygons' intersection, by clipping one at each side of the other (Sutherland-Hodgman)."""
    polygon = list(corners(one))
    edges = corners(other)
    for start, end in zip(edges, np.roll(edges, -1, 0), strict=True):
        side = [np.cross(end - start, point - start) for point in polygon]
        cut = []
        for at, point in enumerate(polygon):
            before, here = side[at - 1], side[at]
            if (before >= 0) != (here >= 0):
                cut.append(polygon[at - 1] + (point - polygon[at - 1]) * before / (before - here))
            if here >= 0:
                cut.append(point)
        polygon = cut
        if not polygon:
            return 0.0
    x, y = np.array(polygon).T
    return 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@given(BOX, BOX)
def test_boxes_overlap_where_their_shared_area_is_not_nothing(one, other):
    area = shared_area(one, other)
    assume(area == 0.0 or area > 1e-6)
    assert overlap(np.array([one]), np.array([other]))[0] == (area > 0) or _touching(one, other)


def _touching(one, other):
    grown = np.add([other], [[0, 0, 0, 1e-6, 1e-6]])
    return overlap(np.array([one]), grown)[0] and not overlap(np.array([one]), grown - [[0, 0, 0, 2e-6, 2e-6]])[0]


@given(st.floats(5, 60), st.floats(0.5, 20), st.floats(-3.1, 3.1))
def test_two_in_one_lane_meet_after_gap_by_speed(gap, closing, heading):
    """The whole scene is turned: the time does not change."""
    along = np.array([np.cos(heading), np.sin(heading)])
    ego = np.array([[0.0, 0.0, heading, 4.0, 2.0]])
    lead = np.array([[*(along * (gap + 4.0)), heading, 4.0, 2.0]])
    assert time_to_contact(ego, lead, -closing * along[None])[0] == pytest.approx(gap / closing)
    assert time_to_contact(ego, lead, closing * along[None])[0] == np.inf


@given(BOX, BOX, st.floats(-10, 10), st.floats(-10, 10))
def test_contact_is_where_the_moved_boxes_first_overlap(one, other, vx, vy):
    first, second, velocity = np.array([one]), np.array([other]), np.array([[vx, vy]])
    found = time_to_contact(first, second, velocity)[0]
    times = np.linspace(0, 5, 501)
    moved = np.repeat(second, len(times), 0)
    moved[:, :2] += times[:, None] * velocity
    hits = times[overlap(np.repeat(first, len(times), 0), moved)]
    if len(hits):
        assert found <= hits[0] + 1e-9
        assert found >= hits[0] - 0.01 - 1e-9
    elif np.isfinite(found) and found < 5:  # a corner is grazed between two steps
        moved = np.add(second, [[vx * (found + 1e-9), vy * (found + 1e-9), 0, 1e-6, 1e-6]])
        assert overlap(first, moved)[0]


def test_boxes_that_overlap_touch_now():
    box = np.array([[0.0, 0.0, 0.0, 4.0, 2.0]])
    assert time_to_contact(box, box, np.array([[0.0, 0.0]]))[0] == 0.0
    assert time_to_contact(box, np.add(box, [[5.0, 0, 0, 0, 0]]), np.array([[0.0, 0.0]]))[0] == np.inf
