"""Shares of groups by hand."""

import pytest

from operators.tabular.representation import Representation
from tests.operators.tabular.group_tables import value_of


def test_representation_by_hand():
    subject = {"sex": list("mmmmff"), "age": list("yyyyyo")}
    reference = {"sex": list("mmff"), "age": list("yoyo")}
    value = value_of(Representation(protected=("sex", "age")), subject, reference)
    # my: 4/6 and 1/4, mo: 0 and 1/4, fy: 1/6 and 1/4, fo: 1/6 and 1/4
    assert value.value == pytest.approx((5 / 12 + 3 / 12 + 1 / 12 + 1 / 12) / 2)
    assert value.parts["sex"].value == pytest.approx(1 / 6)
    assert value.parts["age"].value == pytest.approx(1 / 3)
    large = {"sex": ["m"] * 90 + ["f"] * 10}, {"sex": ["m"] * 60 + ["f"] * 40}
    assert value_of(Representation(protected=("sex",)), *large).parts["smallest share over the reference's"].value == 0.25
    gone = {"sex": ["m"] * 10}
    assert (
        value_of(Representation(protected=("sex",)), gone, large[1]).parts["smallest share over the reference's"].value == 0.0
    )
