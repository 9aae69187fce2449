"""Category coverage: by hand, and against sets."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.tabular.category_coverage import CategoryCoverage
from tests.operators.tabular.tables import compared

METRIC = CategoryCoverage()
KIND = {"c": "category"}


def test_by_hand():
    reference = {"c": ["a"] * 300 + ["b"] * 200 + ["r1", "r2", None], "t": [True, False, True] + [True] * 500}
    subject = {"c": ["a"] * 10 + ["r1", "new"], "t": [True] * 12}
    value = compared(METRIC, subject, reference, KIND)
    assert {name: part.value for name, part in value.parts.items()} == {"c": 0.5, "t": 0.5}
    assert value.parts["c"].parts["rare categories"].value == 0.5
    assert value.parts["t"].parts["rare categories"].value == 0.0


CELLS = st.lists(st.none() | st.sampled_from("abcdef"), min_size=1, max_size=20)


@given(CELLS, CELLS)
def test_as_sets_say(a, b):
    subject, reference = ({*side} - {None} for side in (a, b))
    value = compared(METRIC, *({"c": pa.array(side, pa.string())} for side in (a, b)), KIND)
    if subject and reference:
        assert value.value == pytest.approx(len(subject & reference) / len(reference))
    else:
        assert value.value is None


def test_more_categories_than_are_counted_have_no_number():
    many = [f"c{n}" for n in range(6000)]
    value = compared(METRIC, {"c": many}, {"c": many}, KIND)
    assert value.parts["c"].reason == "the column has more categories than are counted one by one"
