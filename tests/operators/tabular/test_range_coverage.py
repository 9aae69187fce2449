"""Range coverage: by hand, and against the formula in numpy."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.tabular.range_coverage import RangeCoverage
from tests.operators.tabular.tables import compared

METRIC = RangeCoverage()


def test_by_hand():
    subject = {"x": [2, 8], "when": ["2020-01-05", "2020-01-07"], "fixed": [1, 2], "out": [50, 60]}
    reference = {"x": [0, 10], "when": ["2020-01-05", "2020-01-09"], "fixed": [1, 1], "out": [0, 10]}
    value = compared(METRIC, subject, reference)
    assert {n: p.value for n, p in value.parts.items()} == {"x": pytest.approx(0.6), "when": 0.5, "fixed": None, "out": 0.0}
    assert value.parts["fixed"].reason == "constant in the reference"


NUMBERS = st.lists(st.integers(-9, 9) | st.floats(-1e9, 1e9), min_size=1, max_size=30)


@given(NUMBERS, NUMBERS)
def test_as_the_formula_says(a, b):
    value = compared(METRIC, *({"x": pa.array(side, pa.float64())} for side in (a, b)))
    span = max(b) - min(b)
    if span == 0:
        assert value.value is None
        return
    lost = max(0.0, min(a) - min(b)) + max(0.0, max(b) - max(a))
    assert value.value == pytest.approx(np.maximum(1 - lost / span, 0), abs=1e-12)


def test_nothing_to_compare():
    assert compared(METRIC, {"c": ["a", "a"]}, {"c": ["b", "b"]}).value is None
