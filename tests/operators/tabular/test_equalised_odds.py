"""Odds against fairlearn's formulas and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from operators.table.scaled import scaled
from operators.table.task import task_of
from operators.tabular.equalised_odds import EqualisedOdds
from operators.tabular.tstr import prepared
from tests.operators.tabular.skilled_people import people, value_of
from tests.operators.tabular.tables import batch


def test_odds_are_those_of_fairlearn_formulas():
    data, real, held = people(600, 1, unfair=True), people(600, 2), people(700, 3)
    metric = EqualisedOdds(protected=("sex",))
    sides = scaled(*(metric.fold(batch(side)) for side in (data, real, held)))
    task = task_of(sides.names, "hired", sides.reference)
    trained, _, test = prepared(task, sides.subject, sides.reference, sides.holdout)
    said = task.fitted(trained)(test)[:, 1] >= 0.5
    sex = np.array([held["sex"][at] for at in test.ids])
    truth = np.array([held["hired"][at] for at in test.ids]) == "yes"
    rates = {}
    for group in "fm":
        (tn, fp), (fn, tp) = confusion_matrix(truth[sex == group], said[sex == group])
        rates[group] = tp / (tp + fn), fp / (fp + tn)
    value = value_of(metric, data, real, held)
    gaps = [abs(rates["f"][at] - rates["m"][at]) for at in (0, 1)]
    assert value.value == pytest.approx(max(gaps))
    assert value.parts["true positives alone"].value == pytest.approx(gaps[0])
    assert value.low > 0.3
    assert value.parts["trained on the reference"].value < 0.15
    assert value.parts["added by the data"].low > 0.2
    assert value.plot.labels in (("f", "m"), ("m", "f"))


def test_what_odds_need():
    table = people(300, 1)
    assert 'protected = ["..."]' in value_of(EqualisedOdds(), table, table, table).reason
    assert "'age'" in value_of(EqualisedOdds(protected=("age",)), table, table, table).reason
    assert "two labels" in value_of(EqualisedOdds(protected=("sex",), target="skill"), table, table, table).reason
    small = {name: cells[:40] for name, cells in table.items()}
    assert value_of(EqualisedOdds(protected=("sex",)), small, small, small).value is None
