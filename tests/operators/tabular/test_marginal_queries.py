"""Counting queries by hand and in expectation."""

import math

import numpy as np
import pytest

from operators.tabular.marginal_queries import MarginalQueries
from tests.operators.tabular.skilled_people import people, value_of


def test_queries_by_hand_and_in_expectation():
    data, real = {"sex": list("mmmf"), "age": list("yyyo")}, {"sex": list("mf") * 2, "age": list("yo") * 2}
    value = value_of(MarginalQueries(ways=1), data, real)
    assert value.value == pytest.approx(0.25)  # every query: 3/4 or 1/4 for 1/2
    assert value.parts["relative error"].value == pytest.approx(0.5)
    assert value_of(MarginalQueries(), real, real).value == 0.0
    a, b = people(3000, 7), people(3000, 8)
    found = value_of(MarginalQueries(), a, b)
    expected = found.parts["expected of two samples of one table"].value
    assert 0.5 * expected < found.value < 2 * expected
    worse = value_of(MarginalQueries(), {**a, "city": np.array(["a"] * 3000)}, b)
    assert worse.value > 4 * expected
    assert worse.plot.labels[0] == "city"
    assert math.isfinite(worse.high)
