"""Column shapes: by hand, against scipy and pandas on the whole data, and beyond the caps."""

import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from operators.tabular.column_shapes import ColumnShapes
from tests.operators.tabular.census import FOLDER, columns, halves
from tests.operators.tabular.tables import batch, compared

METRIC = ColumnShapes()


def test_by_hand():
    subject = {"age": ["20", "30", "40", "?"], "city": ["a", "a", "b", None], "vip": ["True", "false", "true", ""]}
    reference = {"age": ["20", "30", "30", "50"], "city": ["a", "b", "b", "c"], "vip": ["TRUE", "False", "x", "true"]}
    value = compared(METRIC, subject, reference, {"city": "category"})
    # age: shares below 30 are 1/3 and 1/4, up to 30 2/3 and 3/4, up to 40 1 and 3/4.
    assert value.parts["age"].value == pytest.approx(0.75)
    # city: |2/3 - 1/4| + |1/3 - 2/4| + |0 - 1/4| = 5/6
    assert value.parts["city"].value == pytest.approx(1 - 5 / 12)
    # vip is a truth value by its commonest cells; "x" counts as a category of its own: |2/3 - 1/2| + |1/3 - 1/4| + 1/4 = 1/2
    assert value.parts["vip"].value == pytest.approx(0.75)
    assert value.value == pytest.approx((0.75 + 7 / 12 + 0.75) / 3)
    assert (value.low, value.high, value.n, value.estimator) == (value.value, value.value, 4, "exact")


NUMBERS = st.lists(st.integers(-9, 9) | st.floats(-1e6, 1e6), min_size=1, max_size=40)


@example(a=[1], b=[5e-324])
@given(NUMBERS, NUMBERS)
def test_numbers_have_the_distance_of_scipy(a, b):
    value = compared(METRIC, {"x": pa.array(a, pa.float64())}, {"x": pa.array(b, pa.float64())})
    assert value.value == pytest.approx(1 - ks_2samp(a, b).statistic, abs=1e-12)


WORDS = st.lists(st.sampled_from(["a", "b", "c", "dd", None]), min_size=1, max_size=40)


@given(WORDS, WORDS)
def test_categories_have_the_distance_of_pandas(a, b):
    value = compared(METRIC, {"x": pa.array(a, pa.string())}, {"x": pa.array(b, pa.string())}, {"x": "category"})
    p, q = (pd.Series(side, dtype=object).value_counts(normalize=True) for side in (a, b))
    if p.empty or q.empty:
        assert value.value is None
        return
    assert value.value == pytest.approx(1 - p.sub(q, fill_value=0).abs().sum() / 2, abs=1e-12)


def test_the_same_table_in_other_types_is_the_same_table():
    typed = {"n": pa.array([1, 2, 3]), "f": pa.array([1.0, 2.5, None]), "b": pa.array([True, False, True])}
    typed |= {"d": pa.array([0, 1, 2], pa.int32()).cast(pa.date32())}
    texts = {"n": ["1", "2.0", " 3 "], "f": ["1", "2.50", "NaN"], "b": ["true", "FALSE", "True"]}
    texts |= {"d": ["1970-01-01", "1970-01-02T00:00:00", "1970-01-03 01:00+01:00"]}
    value = compared(METRIC, texts, typed)
    assert {name: part.value for name, part in value.parts.items()} == dict.fromkeys(typed, 1.0)


def test_many_numbers_are_within_the_stated_error():
    random = np.random.default_rng(1)
    a, b = random.normal(0, 1, 60_000), random.normal(0.02, 1.1, 50_000)
    value = compared(METRIC, {"x": a}, {"x": b})
    exact = 1 - ks_2samp(a, b).statistic
    assert value.estimator == "sketch"
    assert value.low <= exact <= value.high + 1e-12
    assert value.high - value.low < 0.002
    assert abs(value.value - exact) < 3e-4


def test_many_categories_can_only_look_more_alike():
    random = np.random.default_rng(1)
    a, b = ([f"c{n}" for n in random.zipf(1.05, 40_000) % 9000] for _ in range(2))
    value = compared(METRIC, {"x": a}, {"x": b}, {"x": "category"})
    p, q = (pd.Series(side).value_counts(normalize=True) for side in (a, b))
    exact = 1 - p.sub(q, fill_value=0).abs().sum() / 2
    assert value.estimator == "sketch"
    assert value.low <= exact <= value.value + 1e-9


def test_the_cut_and_the_order_do_not_matter_beyond_the_caps():
    random = np.random.default_rng(2)
    columns = {"x": random.normal(size=40_000), "c": [f"c{n}" for n in random.integers(0, 6000, 40_000)]}
    whole = batch(columns, {"c": "category"})
    shuffled = whole.take(pa.array(random.permutation(len(whole))))
    one = METRIC.fold(whole)
    pieces = [METRIC.fold(shuffled.slice(at, 7001)) for at in range(0, len(whole), 7001)]
    folded = METRIC.zero()
    for piece in reversed(pieces):
        folded = piece + folded
    assert folded == one


def test_what_has_no_shape_says_why():
    subject = {"id": ["1", "2"], "note": ["p", "q"], "gone": [None, None], "fixed": [1, 1], "extra": [1, 2]}
    reference = {"id": ["3", "4"], "note": ["r", "s"], "gone": [1, 2], "fixed": [1, 1], "other": [1, 2]}
    value = compared(METRIC, subject, reference, {"id": "id", "note": "text"})
    reasons = {name: part.reason for name, part in value.parts.items() if part.value is None}
    assert reasons == {
        "id": "a column of kind id has no distribution to compare",
        "note": "a column of kind text has no distribution to compare",
        "gone": "the subject has no value of the column's kind",
        "extra": "the reference has no such column",
        "other": "the subject has no such column",
    }
    assert value.value == value.parts["fixed"].value == 1.0


def test_nothing_to_compare():
    assert "no column" in compared(METRIC, {"a": ["?"]}, {"a": ["?"]}).reason
    assert "no column" in compared(METRIC, {"a": ["1"]}, {"b": ["1"]}).reason
    empty = METRIC.fold(batch({"a": pa.array([], pa.string())}))
    assert METRIC.compare(METRIC.fold(batch({"a": ["1"]})), empty).reason == "no record of the reference has a row"


def test_infinite_and_huge_numbers_are_no_numbers():
    value = compared(METRIC, {"x": [1.0, 2.0, math.inf, 1e200]}, {"x": [1.0, 2.0, -math.inf, math.nan]})
    assert (value.value, value.parts["x"].n) == (1.0, 2)


def test_hostile_names_and_cells():
    name = "a\0b\n{}<script>"
    cells = ["x" * 100_000, "\u200b" * 1000, "((((", "1" * 400, "nan", "\udcff".encode("utf-8", "replace").decode()]
    value = compared(METRIC, {name: cells}, {name: cells}, {name: "category"})
    assert value.value == 1.0
    assert max(map(len, value.parts[name].plot.labels)) < 100


@pytest.mark.skipif(not FOLDER.exists(), reason="the shared data is not here")
def test_a_synthetic_census_as_sdmetrics_has_it():
    """Made with SDMetrics 0.32.0: `benchmarks/peers/sdmetrics_report.py` on the same files."""
    subject, reference = (
        columns("anonymeter_adult/adults_syn_ctgan.csv"),
        columns("anonymeter_adult/adults_train.reconstructed.csv"),
    )
    value = compared(METRIC, subject, reference)
    assert {name: part.value for name, part in value.parts.items()} == pytest.approx(GOLDEN, abs=1e-9)
    assert value.value == pytest.approx(sum(GOLDEN.values()) / len(GOLDEN), abs=1e-9)


@pytest.mark.skipif(not FOLDER.exists(), reason="the shared data is not here")
def test_halves_of_a_census_are_alike():
    assert compared(METRIC, *halves(columns("anonymeter_adult/adults_control.csv"))).value > 0.98


GOLDEN = {
    "age": 0.9505636453401833,
    "capital_gain": 0.3539871498879441,
    "capital_loss": 0.9280063762310201,
    "country": 0.9324383799662166,
    "education": 0.9159376533000245,
    "education_num": 0.9531493705038993,
    "fnlwgt": 0.9571556408949026,
    "hr_per_week": 0.8452037514826002,
    "income": 0.9407252540160407,
    "marital": 0.9494541836626694,
    "occupation": 0.7985016210338055,
    "race": 0.8345072947711671,
    "relationship": 0.9015553862488618,
    "sex": 0.9675371290559407,
    "type_employer": 0.9099391235007213,
}
