"""Likeness by group against scipy and pandas."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from operators.tabular.group_fidelity import GroupFidelity
from tests.operators.tabular.skilled_people import people, value_of


def test_likeness_by_group_is_that_of_scipy_and_pandas():
    data, real = people(800, 4), people(700, 5)
    data["skill"] = np.where(data["sex"] == "f", data["skill"] + 1.5, data["skill"])
    value = value_of(GroupFidelity(protected=("sex",)), data, real)
    mine, theirs = pd.DataFrame(data), pd.DataFrame(real)
    scores = {}
    for group in "fm":
        a, b = (side[side["sex"] == group] for side in (mine, theirs))
        found = [1 - ks_2samp(a["skill"], b["skill"]).statistic]
        for name in ("city", "hired"):
            shares = [side[name].value_counts(normalize=True) for side in (a, b)]
            found.append(1 - shares[0].sub(shares[1], fill_value=0).abs().sum() / 2)
        scores[group] = np.mean(found)
        assert value.parts[group].value == pytest.approx(scores[group], abs=1e-9)
    assert value.value == pytest.approx(abs(scores["f"] - scores["m"]), abs=1e-9)
    assert value.low > value.parts["floor"].high
    fair = value_of(GroupFidelity(protected=("sex",)), people(800, 6), real)
    assert fair.value <= fair.parts["floor"].high
    assert "chance" in fair.reason
    assert value_of(GroupFidelity(), data, real).value is None
    assert value_of(GroupFidelity(protected=("sex",)), {"sex": ["f"] * 9}, {"sex": ["f"] * 9}).value is None


def test_declared_categories_have_their_names():
    table = {"g": ["1"] * 60 + ["2"] * 60, "x": list(range(120))}
    value = value_of(GroupFidelity(protected=("g",)), table, table, types={"g": "category"})
    assert set(value.parts) == {"floor", "1", "2"}
    assert value.value == 0.0
