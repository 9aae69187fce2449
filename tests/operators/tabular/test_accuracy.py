"""Accuracy: by hand, against pandas on the same groups, and beside what two samples of one source have."""

import numpy as np
import pandas as pd
import pytest

from operators.tabular.accuracy import Accuracy, expected_l1
from tests.operators.tabular.census import FOLDER, columns, halves
from tests.operators.tabular.tables import compared

METRIC = Accuracy()
KIND = {"c": "category", "d": "category"}


def test_by_hand():
    subject = {"c": ["a", "a", "a", None], "d": ["x", "x", "y", "y"]}
    reference = {"c": ["a", "a", "b", "b"], "d": ["x", "x", "y", "y"]}
    value = compared(METRIC, subject, reference, KIND)
    # c: a 3/4 and 1/2, b 0 and 1/2, missing 1/4 and 0: 1 - 1/2; d: 1; the pair: ax 1/2 and 1/2, ay 1/4 0, -y 1/4 0, by 0 1/2
    assert value.parts["columns"].parts["c"].value == 0.5
    assert value.parts["columns"].value == 0.75
    assert value.parts["pairs of columns"].value == 0.5
    assert value.value == 0.625


def test_numbers_in_tenths_of_the_reference_and_the_commonest_categories():
    random = np.random.default_rng(9)
    sides = [
        {"x": random.integers(0, 100, 3000) // shift, "c": [f"c{n}" for n in random.zipf(1.5, 3000) % 40]} for shift in (1, 2)
    ]
    value = compared(METRIC, *sides, KIND)
    frames = [pd.DataFrame(side) for side in sides]
    top = frames[1].c.value_counts()
    top = sorted(top.index, key=lambda name: -top[name])[:10]
    shares = [f.c.where(f.c.isin(top), "other").value_counts(normalize=True) for f in frames]
    expected = 1 - shares[0].sub(shares[1], fill_value=0).abs().sum() / 2
    assert value.parts["columns"].parts["c"].value == pytest.approx(expected, abs=0.01)  # ties of the tenth
    # half of the subject lies above the reference's greatest number, in the last of ten bins: 1 - (9 * 0.05 + 0.45) / 2
    assert value.parts["columns"].parts["x"].value == pytest.approx(0.55, abs=0.03)


def test_what_two_samples_of_one_source_have():
    random = np.random.default_rng(10)
    p = np.array([0.5, 0.3, 0.1, 0.05, 0.05])
    draws = [np.abs(random.multinomial(400, p) / 400 - random.multinomial(900, p) / 900).sum() for _ in range(4000)]
    assert expected_l1(p * 400, p * 900) == pytest.approx(np.mean(draws), rel=0.03)


def test_one_column_has_no_pairs():
    assert compared(METRIC, {"c": ["a", "b"]}, {"c": ["a", "b"]}, KIND).value == 1.0
    assert compared(METRIC, {"c": ["q", "w"]}, {"c": ["a", "b"]}, {"c": "text"}).value is None


@pytest.mark.skipif(not FOLDER.exists(), reason="the shared data is not here")
def test_halves_of_a_census_are_as_near_as_they_can_be():
    value = compared(METRIC, *halves(columns("anonymeter_adult/adults_control.csv")))
    for name in ("columns", "pairs of columns"):
        assert value.parts[name].value == pytest.approx(value.parts[f"{name}, two samples of one source"].value, abs=0.01)
    far = compared(METRIC, columns("anonymeter_adult/adults_syn_ctgan.csv"), columns("anonymeter_adult/adults_control.csv"))
    assert far.value < value.value - 0.05
