"""DCR share: by hand, against plain Python, and where SDMetrics is wrong."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from operators.tabular.dcr import Dcr
from operators.tabular.membership import Membership
from operators.tabular.nndr import Nndr
from tests.operators.tabular.census import halves
from tests.operators.tabular.real_distances import FEW, TABLE, arrow, plain_distance, records, spans_of, value_of


@FEW
@given(TABLE, TABLE, TABLE)
def test_distances_are_those_of_plain_python(subject, reference, holdout):
    size = min(len(reference["age"]), len(holdout["age"]))  # reference and holdout are cut to equal numbers otherwise
    reference, holdout = ({name: cells[:size] for name, cells in side.items()} for side in (reference, holdout))
    spans = spans_of(reference, holdout)
    near = [
        [min(plain_distance(a, b, spans) for b in records(side)) for a in records(subject)] for side in (reference, holdout)
    ]
    expected = np.mean([(t < h) + (t == h) / 2 for t, h in zip(*near, strict=True)])
    value = value_of(Dcr(), arrow(subject), arrow(reference), arrow(holdout))
    assert value.value == pytest.approx(expected, abs=1e-9)
    ratios = []
    for a in records(subject):
        far = sorted(plain_distance(a, b, spans) for b in records(reference))
        if len(far) > 1:
            ratios.append(far[0] / far[1] if far[1] else 1.0)
    nndr = value_of(Nndr(), arrow(subject), arrow(reference), arrow(holdout))
    if not ratios:
        assert nndr.value is None
        return
    ordered = sorted(ratios)
    assert nndr.value == pytest.approx(ordered[max(0, -(-5 * len(ordered) // 100) - 1)], abs=1e-9)


def test_by_hand():
    # Ranges: age 20..60, so 40. Row (30, x): to (20, x) 10/40/2 = .125, to (60, x) .375; ties count half.
    subject = {"age": [30, 30, 50], "city": ["x", "x", "y"]}
    value = value_of(Dcr(), subject, {"age": [20, 50], "city": ["x", "y"]}, {"age": [60, 40], "city": ["x", "y"]})
    # (30, x) twice: reference .125, holdout .375; (50, y): reference 0, holdout .125. All are nearer to the reference.
    assert value.value == 1.0
    assert value.parts["median distance to the holdout"].value == pytest.approx(0.375)
    assert [(one.record, one.score) for one in value.evidence] == [(0, 0.25), (2, 0.125)]
    same = value_of(Dcr(), subject, {"age": [20], "city": ["x"]}, {"age": [20], "city": ["x"]})
    assert same.value == 0.5


def test_one_scale_for_both_sides():
    # With a range of its own the reference's outlier would make every distance to it small: SDMetrics says 100 %.
    draw = random.Random(1)
    subject, holdout = ({"x": [draw.gauss(0, 1) for _ in range(400)]} for _ in range(2))
    reference = {"x": [draw.gauss(0, 1) for _ in range(399)] + [1e6]}
    value = value_of(Dcr(), subject, reference, holdout)
    assert value.low < 0.5 < value.high
    own = {"x": np.array(reference["x"]) / 1e6}, {"x": np.array(holdout["x"]) / 6.0}
    of_each = [np.abs(np.array(subject["x"])[:, None] / s - side["x"]).min(1) for s, side in zip((1e6, 6.0), own, strict=True)]
    assert (of_each[0] < of_each[1]).mean() > 0.99


def test_copies_of_what_both_have_leak_nothing_and_copies_of_the_reference_do():
    real = {"a": [str(at % 97) for at in range(400)], "b": [at % 89 for at in range(400)]}
    even, odd = halves(real)
    assert value_of(Dcr(), real, real, real).value == 0.5  # all ties: SDMetrics gives a perfect score, mostlyai-qa .5
    value = value_of(Dcr(), even, even, odd)
    assert value.low > 0.5
    assert "leaks" in value.reason
    assert value_of(Membership(), even, even, odd).low > 0.5


def test_larger_sides_have_no_advantage():
    draw = np.random.default_rng(5)
    subject, holdout = ({"x": draw.normal(size=500), "y": draw.integers(0, 3, 500)} for _ in range(2))
    reference = {"x": draw.normal(size=4000), "y": draw.integers(0, 3, 4000)}
    value = value_of(Dcr(), subject, reference, holdout)
    assert value.low < 0.5 < value.high


def test_kinds_of_the_plan_and_odd_cells():
    # A number that is a category by the plan is equal or not; an id does not count; other spellings are the same cell.
    types = {"zip": "category", "key": "id"}
    subject = {"zip": ["10001", " 10001"], "key": ["a", "b"], "day": ["2024-01-31", None]}
    reference = {"zip": ["10001", "10001.0"], "key": ["c", "d"], "day": ["2024-01-31T00:00:00", "NaN"]}
    assert value_of(Dcr(), subject, reference, reference, types).parts["median distance to the reference"].value == 0.0
    other = {**reference, "zip": ["10002", "10002"]}
    assert value_of(Dcr(), subject, other, other, types).parts["median distance to the reference"].value == 0.5
    hostile = {"x": ["1e308", "-1e308", "inf", "nan", "9" * 400, "\0"]}
    assert value_of(Dcr(), hostile, hostile, hostile).value == 0.5
    assert value_of(Dcr(), {"x": [1]}, {"y": [1]}, {"x": [1]}).reason == "the sides have no column in common"
    assert value_of(Dcr(), {"x": pa.array([], pa.int64())}, {"x": [1]}, {"x": [1]}).value is None
