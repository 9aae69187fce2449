"""Missing cells: by hand, against pandas, and halves of a real table."""

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.tabular.missing_similarity import MissingSimilarity
from tests.operators.tabular.census import FOLDER, columns, halves
from tests.operators.tabular.tables import batch, compared

METRIC = MissingSimilarity()


def test_by_hand():
    value = compared(METRIC, {"a": ["1", "?", None, "nan"], "b": ["x"] * 4}, {"a": ["1", "2", "", "3"], "b": ["x"] * 4})
    assert {name: part.value for name, part in value.parts.items()} == {"a": 0.5, "b": 1.0}
    assert (value.value, value.low, value.high) == (0.75, 0.75, 0.75)
    assert value.parts["a"].parts["missing in the subject"].value == 0.75


CELLS = st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=False), min_size=1, max_size=20)


@given(CELLS, CELLS)
def test_as_pandas_says(a, b):
    shares = [pd.Series(side, dtype=float).isna().mean() for side in (a, b)]
    value = compared(METRIC, *({"x": pa.array(side, pa.float64())} for side in (a, b)))
    assert value.value == pytest.approx(1 - abs(shares[0] - shares[1]))


def test_no_column_is_in_both():
    assert compared(METRIC, {"a": ["1"]}, {"b": ["1"]}).reason == "no column is in both tables"
    assert METRIC.compare(METRIC.zero(), METRIC.fold(batch({"a": ["1"]}))).reason == "no record of the subject has a row"


@pytest.mark.skipif(not FOLDER.exists(), reason="the shared data is not here")
def test_halves_of_a_census_are_alike():
    assert compared(METRIC, *halves(columns("mostlyai_adult_flip/adult_val.csv.gz"))).value > 0.99
