"""Distances of single columns: by hand, against scipy, and where others go wrong."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from operators.tabular.marginal_distances import MarginalDistances
from tests.operators.tabular.census import FOLDER, columns, halves
from tests.operators.tabular.tables import compared

METRIC = MarginalDistances()


def test_by_hand():
    value = compared(METRIC, {"c": ["a", "a", "b"]}, {"c": ["a", "b", "c"]}, {"c": "category"})
    p, q = np.array([2, 1, 0]) / 3, np.array([1, 1, 1]) / 3
    assert value.value == pytest.approx(jensenshannon(p, q, 2))
    assert value.parts["Hellinger distance"].value == pytest.approx(np.sqrt(1 - np.sqrt(p * q).sum()))
    value = compared(METRIC, {"x": [0, 5, 15]}, {"x": [0, 5, 10]})
    assert value.parts["Wasserstein distance"].value == pytest.approx(5 / 3 / 10)


def test_nothing_in_common_is_far_apart():
    """0.184 for synthcity's Jensen-Shannon and 0 for syntheval's Hellinger of {0, 1} and {1, 2}, which is sqrt(1/2)."""
    value = compared(METRIC, {"c": ["a"] * 3}, {"c": ["b"] * 3}, {"c": "category"})
    assert (value.value, value.parts["Hellinger distance"].value) == (1.0, 1.0)
    value = compared(METRIC, {"c": ["0", "1"]}, {"c": ["1", "2"]}, {"c": "category"})
    assert value.parts["Hellinger distance"].value == pytest.approx(0.5**0.5)


NUMBERS = st.lists(st.integers(-9, 9) | st.floats(-1e3, 1e3), min_size=2, max_size=30)


@given(NUMBERS, NUMBERS)
def test_numbers_as_scipy_says(a, b):
    span = max(b) - min(b)
    value = compared(METRIC, *({"x": pa.array(side, pa.float64())} for side in (a, b)))
    if span < 1e-6:
        return
    assert value.parts["Wasserstein distance"].value == pytest.approx(wasserstein_distance(a, b) / span, rel=1e-9, abs=1e-12)
    edges = np.linspace(min(b), max(b), 21)
    edges = np.concatenate([[-np.inf], edges[:-1], [np.nextafter(edges[-1], np.inf)], [np.inf]])
    p, q = (np.histogram(side, edges)[0] / len(side) for side in (a, b))
    assert value.value == pytest.approx(jensenshannon(p, q, 2), abs=1e-7)
    assert value.parts["Hellinger distance"].value == pytest.approx(np.sqrt(max(0, 1 - np.sqrt(p * q).sum())), abs=1e-7)


def test_many_numbers_are_within_the_interval():
    random = np.random.default_rng(8)
    a, b = random.lognormal(0, 1, 40_000), random.lognormal(0.1, 1, 40_000)
    part = compared(METRIC, {"x": a}, {"x": b}).parts["Wasserstein distance"]
    exact = wasserstein_distance(a, b) / np.ptp(b)
    assert part.low <= exact <= part.high
    assert part.value == pytest.approx(exact, rel=0.01)


def test_a_constant_reference_has_no_range():
    value = compared(METRIC, {"x": [1, 2]}, {"x": [1, 1]})
    assert value.value is None
    assert value.parts["x"].reason == "constant in the reference"


@pytest.mark.skipif(not FOLDER.exists(), reason="the shared data is not here")
def test_a_synthetic_census_is_further_than_a_half():
    real = columns("anonymeter_adult/adults_control.csv")
    near = compared(METRIC, *halves(real))
    far = compared(METRIC, columns("anonymeter_adult/adults_syn_ctgan.csv"), real)
    assert near.value < 0.05 < far.value
    p, q = (
        pd.Series(side["education"]).value_counts(normalize=True)
        for side in (columns("anonymeter_adult/adults_syn_ctgan.csv"), real)
    )
    p, q = p.align(q, fill_value=0)
    assert far.parts["education"].value == pytest.approx(jensenshannon(p, q, 2), abs=1e-9)
