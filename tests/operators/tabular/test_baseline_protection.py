"""Distances beside those of rows made up at random."""

import numpy as np

from operators.tabular.baseline_protection import BaselineProtection
from tests.operators.tabular.real_distances import value_of


def test_random_rows_are_the_baseline():
    draw = np.random.default_rng(6)
    real = {"x": draw.normal(size=600), "y": draw.integers(0, 3, 600).astype(str)}
    assert value_of(BaselineProtection(), real, real).value == 0.0
    noise = {"x": draw.uniform(real["x"].min(), real["x"].max(), 600), "y": draw.integers(0, 3, 600).astype(str)}
    value = value_of(BaselineProtection(), noise, real)
    assert value.low < 1.0 <= value.high
    again = value_of(BaselineProtection(), noise, real)
    assert (value.value, value.low) == (again.value, again.low)
    constant = value_of(BaselineProtection(), {"y": ["a", "a"]}, {"y": ["a", "a"]})
    assert constant.value is None
