"""Telling data from real rows: halves, copies, other data, and Adult."""

import pytest

from operators.tabular.detection import Detection
from tests.operators.tabular.census import columns, halves
from tests.operators.tabular.model_tables import ADULT, made_up, value_of


def test_two_halves_are_not_told_apart_and_other_data_is():
    real, fresh, held = made_up(900, 1), made_up(900, 2), made_up(900, 5)
    value = value_of(Detection(), fresh, real, held)
    assert value.low < 0.5 < value.high
    assert value.parts["propensity mean squared error"].value < 0.01
    null = value.parts["holdout told from the reference"]
    assert null.low < 0.5 < null.high
    other = {**fresh, "x": fresh["x"] + 2.0}
    told = value_of(Detection(), other, real)
    assert told.value > 0.9
    assert told.parts["SDMetrics' LogisticDetection"].value < 0.2
    copied = value_of(Detection(), real, real)
    assert copied.value == pytest.approx(0.5, abs=0.02)  # copies in other folds would be told by the other side's label
    assert value_of(Detection(), {"x": [1, 2]}, {"x": [1, 2]}).value is None


@ADULT
def test_adult_is_told_as_its_publishers_say():
    real, held = (columns(f"mostlyai_adult/data/adult_{name}.csv.gz") for name in ("trn", "hol"))
    even, odd = halves(real)
    metric = Detection(size=2500)
    value = value_of(metric, even, odd, held)
    assert value.low < 0.5 < value.high
    found = {}
    for name in ("mostlyai", "mostlyai_DP_eps1.6_noise1.5", "synthcity-ctgan"):
        found[name] = value_of(metric, columns(f"mostlyai_adult/data/adult_{name}.csv.gz"), real).value
    assert found["mostlyai"] < found["mostlyai_DP_eps1.6_noise1.5"] < found["synthcity-ctgan"]
