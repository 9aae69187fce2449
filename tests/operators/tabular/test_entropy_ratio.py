"""Entropy ratios: by hand, against scipy on pandas' groups, and the pitfalls."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import entropy

from operators.tabular.entropy_ratio import EntropyRatio
from tests.operators.tabular.census import FOLDER, columns, halves
from tests.operators.tabular.tables import compared

METRIC = EntropyRatio()
KIND = {"c": "category", "d": "category"}


def test_by_hand():
    value = compared(METRIC, {"c": ["a", "a", "a", "b"]}, {"c": ["a", "a", "b", "b"]}, KIND)
    assert value.value == pytest.approx(-(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25)))
    collapsed = compared(METRIC, {"c": ["a"] * 4}, {"c": ["a", "a", "b", "b"]}, KIND)
    assert collapsed.value == 0.0


def test_columns_and_pairs_as_scipy_says():
    random = np.random.default_rng(5)
    sides = [
        {n: random.choice(list("abcd"), 400, p=p).tolist() for n in "cd"} for p in ([0.7, 0.1, 0.1, 0.1], [0.4, 0.3, 0.2, 0.1])
    ]
    value = compared(METRIC, *sides, KIND)
    frames = [pd.DataFrame(side) for side in sides]
    for names, part in ((["c"], value.parts["c"]), (["c", "d"], value.parts["pairs of columns"])):
        expected = entropy(frames[0].value_counts(names)) / entropy(frames[1].value_counts(names))
        assert part.value == pytest.approx(expected)


def test_numbers_are_cut_into_equal_shares_of_the_reference():
    x = np.arange(100)
    value = compared(METRIC, {"x": np.repeat(x[:50], 2)}, {"x": x})
    assert value.value == pytest.approx(np.log(5) / np.log(10))


def test_one_value_alone_has_no_entropy():
    assert compared(METRIC, {"c": ["a", "b"]}, {"c": ["a", "a"]}, KIND).parts["c"].reason == "one value alone in the reference"


@pytest.mark.skipif(not FOLDER.exists(), reason="the shared data is not here")
def test_halves_of_a_census_are_alike():
    value = compared(METRIC, *halves(columns("anonymeter_adult/adults_control.csv")))
    assert value.value == pytest.approx(1, abs=0.02)
    assert value.parts["pairs of columns"].value == pytest.approx(1, abs=0.02)
