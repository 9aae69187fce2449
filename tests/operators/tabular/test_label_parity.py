"""Label parity against fairlearn's formulas in pandas, and on COMPAS."""

import pandas as pd
import pytest

from operators.tabular.k_anonymity import KAnonymity
from operators.tabular.label_parity import LabelParity
from operators.tabular.representation import Representation
from tests.operators.tabular.census import columns
from tests.operators.tabular.group_tables import COMPAS, people, value_of


def test_parity_is_that_of_fairlearn_formulas():
    table = people(900, 3)
    data = pd.DataFrame(table)
    metric = LabelParity(protected=("sex", "race"), label="hired", favourable="yes")
    value = value_of(metric, table)
    for name, by in (("sex", ["sex"]), ("race", ["race"]), ("sex & race", ["sex", "race"])):
        rates = data.assign(y=data.hired == "yes").groupby(by)["y"].agg(["mean", "size"])
        large = rates[rates["size"] >= 30]["mean"]
        part = value.parts[name]
        assert part.value == pytest.approx(large.max() - large.min())
        assert part.low <= part.value <= part.high
        assert part.parts["disparate impact"].value == pytest.approx(large.min() / large.max())
    assert value.value == max(value.parts[name].value for name in ("sex", "race", "sex & race"))
    assert value.parts["race"].parts["r"].value is None
    assert "fewer than 30" in value.parts["race"].parts["r"].reason


def test_what_cannot_be_said():
    table = people(200, 1)
    assert 'protected = ["..."]' in value_of(LabelParity(), table).reason
    assert 'quasi_identifiers = ["..."]' in value_of(KAnonymity(), table).reason
    assert 'protected = ["..."]' in value_of(Representation(), table, table).reason
    assert "'age'" in value_of(LabelParity(protected=("age",), label="hired"), table).reason
    assert "'maybe'" in value_of(LabelParity(protected=("sex",), label="hired", favourable="maybe"), table).reason
    assert "name favourable" in value_of(LabelParity(protected=("sex",), label="race"), table).reason
    small = {name: cells[:20] for name, cells in table.items()}
    assert value_of(LabelParity(protected=("sex",), label="hired"), small).value is None
    missing = {"sex": ["f", None] * 80, "y": ["1", "0", None, "1"] * 40}
    value = value_of(LabelParity(protected=("sex",), label="y"), missing)
    assert set(value.parts["sex"].parts) == {"disparate impact", "f", "nothing"}
    assert value.skipped == {"no label": 40}


@COMPAS
def test_compas():
    table = columns("compas/compas-scores-two-years.csv")
    data = pd.DataFrame(table)
    table["high"] = ["yes" if int(score) > 4 else "no" for score in table["decile_score"]]
    keep = {name: table[name] for name in ("race", "sex", "high")}
    value = value_of(LabelParity(protected=("race", "sex"), label="high", favourable="yes"), keep)
    shares = {name: part.value for name, part in value.parts["race"].parts.items()}
    rates = (data["decile_score"].astype(int) > 4).groupby(data["race"]).mean()
    assert shares["African-American"] == pytest.approx(rates["African-American"], abs=1e-12)
    assert shares["Caucasian"] == pytest.approx(rates["Caucasian"], abs=1e-12)
    assert round(shares["African-American"] - shares["Caucasian"], 3) == 0.240
    assert shares["Native American"] is None
