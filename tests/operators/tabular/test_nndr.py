"""Nearest-neighbour ratios by hand; against plain Python they are in test_dcr."""

import pytest

from operators.tabular.nndr import Nndr
from tests.operators.tabular.real_distances import value_of


def test_by_hand():
    # 22 lies 2 from 20 and 8 from 30; 29 lies 1 from 30 and 9 from 20: the 5 % quantile of 2/8 and 1/9.
    value = value_of(Nndr(), {"age": [22, 29]}, {"age": [20, 30]}, {"age": [22, 26]})
    assert value.value == pytest.approx(1 / 9)
    assert [entry.record for entry in value.evidence] == [1, 0]
    # The holdout: 0/4 and 3/7.
    assert value.parts["the same of the holdout"].value == 0.0
    assert value.parts["of the reference, over that of the holdout"].value is None


def test_a_real_row_that_is_there_twice_singles_nobody_out():
    assert value_of(Nndr(), {"age": [20]}, {"age": [20, 20, 30]}).value == 1.0
    assert value_of(Nndr(), {"age": [20]}, {"age": [20, 30]}).value == 0.0
    assert "fewer than two" in value_of(Nndr(), {"age": [20]}, {"age": [20]}).reason
