"""Categories that the reference has: by hand, against sets, beyond the cap, and records that show it."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.tabular.category_adherence import CategoryAdherence
from tests.operators.tabular.tables import batch, compared

METRIC = CategoryAdherence()
KIND = {"c": "category"}


def test_by_hand():
    subject = {"c": ["a", "z", "z", None, "b", "y"], "t": ["True", "false", "x", "true", "true", "true"]}
    reference = {"c": ["a", "b", "c", "c", None, "a"], "t": ["true", "FALSE", "true", "false", "true", "true"]}
    value = compared(METRIC, subject, reference, KIND)
    assert {name: part.value for name, part in value.parts.items()} == {"c": 2 / 5, "t": 5 / 6}
    assert [(item.record, item.score, item.note) for item in value.evidence] == [
        (1, 2.0, "column 'c': 'z', which the reference lacks"),
        (2, 1.0, "column 't': 'x', which the reference lacks"),
        (5, 1.0, "column 'c': 'y', which the reference lacks"),
    ]


CELLS = st.lists(st.none() | st.sampled_from(["a", "b", "c", "7", "7.0", " 7", "x y"]), min_size=1, max_size=20)


@given(CELLS, CELLS)
def test_as_sets_say(a, b):
    seven = [[("7" if cell and "7" in cell else cell) for cell in side if cell is not None] for side in (a, b)]
    value = compared(METRIC, *({"c": pa.array(side, pa.string())} for side in (a, b)), KIND)
    if not all(seven):
        assert value.value is None
        return
    assert value.value == pytest.approx(sum(cell in {*seven[1]} for cell in seven[0]) / len(seven[0]))


def test_numbers_as_categories_are_numbers():
    assert compared(METRIC, {"c": ["1.0", "2"]}, {"c": pa.array([1, 2, 3])}, KIND).value == 1.0


def test_more_categories_than_are_counted():
    many = [f"c{n}" for n in range(6000)]
    value = compared(METRIC, {"c": [*many, "new"]}, {"c": many}, KIND)
    assert value.estimator == "sketch"
    assert value.low <= 6000 / 6001 <= value.high
    assert not value.evidence


def test_the_first_record_is_named_however_cut():
    whole = batch({"c": ["a", "z", "b", "z", "z"]}, KIND)
    parts = [METRIC.fold(whole.take(pa.array(rows))) for rows in ([4, 3], [2, 0], [1])]
    assert parts[0] + parts[1] + parts[2] == METRIC.fold(whole)
    value = METRIC.compare(parts[1] + parts[0], METRIC.fold(batch({"c": ["a", "b"]}, KIND)))
    assert [(item.record, item.score) for item in value.evidence] == [(3, 2.0)]


def test_labels_hold_no_secrets_and_are_bounded():
    value = compared(METRIC, {"c": ["ann@mail.example.com", "a"]}, {"c": ["a", "a", "b"]}, KIND)
    assert "ann@" not in value.evidence[0].note
    state = METRIC.fold(batch({"c": ["ann@mail.example.com", "a"], "d": ["a", "b"]}, KIND))
    assert "ann@" not in str(state.columns)
    many = [f"c{n}" for n in range(2000)]
    parts = METRIC.fold(batch({"c": many[:900]}, KIND)) + METRIC.fold(batch({"c": many[900:]}, KIND, 900))
    assert parts == METRIC.fold(batch({"c": many}, KIND))
    value = METRIC.compare(parts, METRIC.fold(batch({"c": many[1:]}, KIND)))
    assert [(item.record, item.note) for item in value.evidence] == [(0, "column 'c': a category, which the reference lacks")]


def test_nothing_to_compare():
    assert compared(METRIC, {"c": [1.5]}, {"c": [2.5]}).reason.startswith("no column of categories")
