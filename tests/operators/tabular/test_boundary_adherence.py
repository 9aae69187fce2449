"""Boundaries: by hand, against pandas, beyond the cap, and records that show it."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.tabular.boundary_adherence import BoundaryAdherence
from tests.operators.tabular.tables import compared

METRIC = BoundaryAdherence()


def test_by_hand():
    subject = {"age": [5, 20, 30, 120], "when": ["2019-12-31", "2020-06-01", None, "x"], "c": ["a"] * 4}
    reference = {"age": [18, 90, 40, None], "when": ["2020-01-01", "2020-12-31", "2020-02-02", None], "c": ["b"] * 4}
    value = compared(METRIC, subject, reference)
    assert {name: part.value for name, part in value.parts.items()} == {"age": 0.5, "when": 0.5}
    assert (value.value, value.estimator) == (0.5, "exact")
    assert [(item.record, item.note) for item in value.evidence] == [
        (3, "column 'age': 120, the reference's greatest is 90"),
        (0, "column 'age': 5, the reference's least is 18"),
        (0, "column 'when': 2019-12-31, the reference's least is 2020-01-01"),
    ]
    assert value.evidence[0].score == pytest.approx(30 / 72)


NUMBERS = st.lists(st.none() | st.integers(-9, 9) | st.floats(-1e9, 1e9), min_size=1, max_size=30)


@given(NUMBERS, NUMBERS)
def test_as_pandas_says(a, b):
    subject, reference = (pd.Series(side, dtype=float).dropna() for side in (a, b))
    value = compared(METRIC, *({"x": pa.array(side, pa.float64())} for side in (a, b)), {"x": "number"})
    if subject.empty or reference.empty:
        assert value.value is None
        return
    assert value.value == pytest.approx(subject.between(reference.min(), reference.max()).mean())


def test_missing_cells_never_count():
    """SDMetrics counts them as outside where the real column has none: 0.5 here."""
    assert compared(METRIC, {"x": [1, None]}, {"x": [1, 2]}).value == 1.0


def test_many_numbers_are_within_the_interval():
    random = np.random.default_rng(4)
    a, b = random.normal(size=50_000), np.clip(random.normal(size=1000), -1.2345, 1.7654)
    value = compared(METRIC, {"x": a}, {"x": b})
    exact = np.mean((a >= b.min()) & (a <= b.max()))
    assert value.low <= exact <= value.high
    assert value.high - value.low < 0.003


def test_nothing_to_compare():
    assert compared(METRIC, {"c": ["a", "a"]}, {"c": ["b", "b"]}).reason.startswith("no column of numbers")
