"""Associations: by hand, against scipy, torchmetrics and plain sums, and halves of a real table."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import pearsonr
from scipy.stats.contingency import association
from torchmetrics.functional.nominal import cramers_v

from operators.tabular.association_difference import AssociationDifference
from tests.operators.tabular.census import FOLDER, columns, halves
from tests.operators.tabular.tables import compared

METRIC = AssociationDifference()
KIND = {"c": "category", "d": "category"}


def test_by_hand():
    subject = {"c": ["a", "a", "b", "b"], "x": [1, 1, 2, 2], "y": [1, 2, 3, 4]}
    reference = {"c": ["a", "b", "a", "b"], "x": [1, 1, 2, 2], "y": [4, 3, 2, 1]}
    value = compared(METRIC, subject, reference, KIND)
    assert value.parts["c & x"].value == pytest.approx(
        1.0
    )  # x is the category in one, and has nothing to do with it in the other
    r = 2 / math.sqrt(5)
    assert value.parts["x & y"].value == pytest.approx(r)
    # y by c: means 1.5 and 3.5 around 2.5, of a variance of 5: eta² 4/5; in the reference means 3 and 2: 1/5
    assert value.parts["c & y"].value == pytest.approx(math.sqrt(4 / 5) - math.sqrt(1 / 5))
    assert value.parts["in the subject"].plot.values[0][1] == pytest.approx(1.0)


def eta(frame, category, number):
    groups = frame[[category, number]].dropna().groupby(category)[number]
    overall = frame[[category, number]].dropna()[number]
    between = (groups.size() * (groups.mean() - overall.mean()) ** 2).sum()
    return math.sqrt(between / ((overall - overall.mean()) ** 2).sum())


def test_as_others_say():
    random = np.random.default_rng(6)
    sides = []
    for strength in (0.2, 0.9):
        c = random.integers(0, 4, 2000)
        d = np.where(random.random(2000) < strength, c, random.integers(0, 4, 2000))
        x = np.round(c * strength + random.normal(size=2000), 1)
        y = np.round(x * strength + random.normal(size=2000), 1)
        gap = random.random(2000) < 0.1
        sides.append(
            {"c": [f"c{n}" for n in c], "d": [None if g else f"d{n}" for n, g in zip(d, gap, strict=True)], "x": x, "y": y}
        )
    value = compared(METRIC, *sides, KIND)
    frames = [pd.DataFrame(side) for side in sides]
    for name, frame in zip(("subject", "reference"), frames, strict=True):
        both = frame[["c", "d"]].dropna()
        table = pd.crosstab(both.c, both.d)
        v = value.parts["c & d"].parts[name].value
        assert v == pytest.approx(association(table.to_numpy(), "cramer"))
        codes = [torch.tensor(pd.factorize(both[n])[0]) for n in "cd"]
        assert v == pytest.approx(float(cramers_v(*codes, bias_correction=False)), abs=1e-5)
        assert value.parts["x & y"].parts[name].value == pytest.approx(pearsonr(frame.x, frame.y)[0])
        for category, number in itertools.product("cd", "xy"):
            assert value.parts[f"{category} & {number}"].parts[name].value == pytest.approx(eta(frame, category, number))


def test_many_numbers_make_eta_a_little_smaller():
    random = np.random.default_rng(7)
    c = random.integers(0, 3, 5000)
    side = {"c": [f"c{n}" for n in c], "x": c + random.normal(size=5000)}
    found = compared(METRIC, side, side, KIND).parts["c & x"].parts["subject"].value
    exact = eta(pd.DataFrame(side), "c", "x")
    assert exact - 0.02 < found <= exact + 1e-9


def test_constant_columns_have_none():
    value = compared(METRIC, {"c": ["a", "a"], "x": [1, 2]}, {"c": ["a", "b"], "x": [1, 2]}, KIND)
    assert value.value == 1.0  # eta of a single group is 0: it explains nothing
    value = compared(METRIC, {"c": ["a", "b"], "x": [1, 1]}, {"c": ["a", "b"], "x": [1, 2]}, KIND)
    assert value.parts["c & x"].reason == "one of the columns is constant in the subject"


@pytest.mark.skipif(not FOLDER.exists(), reason="the shared data is not here")
def test_halves_of_a_census_are_alike():
    assert compared(METRIC, *halves(columns("anonymeter_adult/adults_train.reconstructed.csv"))).value < 0.01
