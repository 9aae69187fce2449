"""Constraints: by hand, against SQL in sqlite, beyond the caps, and rules that are none."""

import sqlite3

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import catalog
from engine.errors import PlanError
from operators.table.dependents import Dependents
from operators.tabular.constraints import Constraints
from tests.operators.tabular.tables import batch


def measure(columns, **parameters):
    metric = Constraints(**parameters)
    return metric.value(metric.fold(batch(columns)))


def test_by_hand():
    columns = {
        "age": ["17", "18", "?", "x"],
        "start": ["2020-01-01", "2020-05-01", "2020-01-01", "2021-01-01"],
        "end": ["2020-02-01", "2020-04-01", None, "2021-01-01T00:00"],
        "status": ["smoker", "never", "never", "smoker"],
        "packs": [1, 0, 2, 0],
    }
    rules = ("age >= 18", "start <= end or end is missing", "'smoker' == status or packs == 0", "start >= '2020-02-01'")
    value = measure(columns, rules=rules)
    assert [value.parts[rule].value for rule in rules] == [1 / 2, 1 / 4, 1 / 4, 1 / 2]
    assert [value.parts[rule].n for rule in rules] == [2, 4, 4, 4]
    assert value.value == pytest.approx(3 / 8)
    assert [(item.record, item.note) for item in value.evidence][:2] == [
        (0, "breaks age >= 18"),
        (0, "breaks start >= '2020-02-01'"),
    ]


CELLS = st.lists(st.tuples(*[st.none() | st.integers(0, 4)] * 3), min_size=1, max_size=20)


@given(CELLS)
def test_as_sqlite_says(rows):
    frame = pd.DataFrame(rows, columns=["a", "b", "c"], dtype="Int64")
    with sqlite3.connect(":memory:") as connection:
        frame.to_sql("t", connection, index=False)
        for ours, theirs in (
            ("a < b", "a < b"),
            ("a != 2", "a <> 2"),
            ("a >= b or c == 1", "(a >= b or c = 1)"),
            ("a is not missing or b is missing", "(a is not null or b is null)"),
        ):
            broken, judged = connection.execute(f"select sum(not {theirs}), count({theirs}) from t").fetchone()
            part = measure({n: frame[n].astype(float).tolist() for n in frame}, rules=(ours,)).parts[ours]
            assert part.value == (broken / judged if judged else None)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=30))
def test_dependencies_as_pandas_says(rows):
    frame = pd.DataFrame(rows, columns=["k", "v"])
    value = measure(frame.to_dict("list"), dependencies=("k -> v",))
    assert value.value == pytest.approx(1 - frame.groupby("k").v.agg(lambda v: v.value_counts().max()).sum() / len(frame))


def test_dependencies_are_the_same_however_cut_beyond_the_caps():
    random = np.random.default_rng(1)
    keys, values = (random.integers(0, n, 20_000).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) for n in (300, 200))
    whole = Dependents.of(keys, values, 64)
    order = random.permutation(len(keys))
    parts = [Dependents.of(keys[at], values[at], 64) for at in np.array_split(order, 7)]
    assert parts[3] + (parts[0] + parts[5]) + parts[1] + (parts[2] + parts[6] + parts[4]) == whole == whole + Dependents(64)
    found = whole.violations()
    assert found.estimator == "sample"
    frame = pd.DataFrame({"k": keys, "v": values})
    exact = 1 - frame.groupby("k").v.agg(lambda v: v.value_counts().max()).sum() / len(frame)
    assert found.value == pytest.approx(exact, abs=0.02)


def test_several_columns_decide():
    columns = {"zip": ["1", "1", "2", "2"], "street": ["a", "b", "a", None], "city": ["p", "q", "p", "z"]}
    assert measure(columns, dependencies=("zip, street -> city",)).value == 0.0
    assert measure(columns, dependencies=("zip -> city",)).value == 0.5


def test_rules_that_are_none():
    for rule in ("age", "age >> 18", "a < b < c", "a == 'x", "or", "__import__('os')", "a is", ""):
        with pytest.raises(PlanError, match="is not understood"):
            catalog.metric("tabular.constraints", {"rules": [rule]})
    with pytest.raises(PlanError, match="is not understood"):
        catalog.metric("tabular.constraints", {"dependencies": ["zip city"]})


def test_nothing_to_judge():
    assert "no rules are declared" in measure({"a": [1]}).reason
    assert "no row can be judged" in measure({"a": [1]}, rules=("b > 1",), dependencies=("a -> b",)).reason
    assert measure({"a": ["x"]}, rules=("a > 1",)).parts["a > 1"].value is None
