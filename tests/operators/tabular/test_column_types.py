import csv
import datetime
import math
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.state import decode, encode
from operators.tabular.column_types import ColumnTypes


def batch_of(rows, first=0, type_=None, faults=None):
    columns = {
        "_id": pa.array(range(first, first + len(rows)), pa.int64()),
        "_fault": pa.array(faults or [None] * len(rows), pa.string()),
        "row": pa.array(rows, type_),
    }
    return pa.RecordBatch.from_pydict(columns)


def measure(batch, metric=None):
    metric = metric or ColumnTypes()
    return metric.value(metric.fold(batch))


def test_by_hand():
    rows = [
        {"age": "31", "born": "1990-02-28", "vip": "true", "name": "Ann"},
        {"age": " 4.5 ", "born": "1990-02-31", "vip": "TRUE", "name": "7"},
        {"age": "-2e3", "born": "1999-12-31T23:59:59Z", "vip": "yes", "name": None},
        {"age": "old", "born": "NA", "vip": None, "name": ""},
        None,
    ]
    value = measure(batch_of(rows))
    assert (value.value, value.n, value.skipped) == (9 / 12, 12, {"null": 1})
    assert {name: part.value for name, part in value.parts.items()} == {"age": 0.75, "born": 2 / 3, "name": 1.0, "vip": 2 / 3}
    assert value.parts["name"].parts["missing"].value == 0.5
    assert {kind: part.value for kind, part in value.parts["age"].parts.items()} == {
        "missing": 0.0,
        "integer": 0.25,
        "number": 0.5,
        "text": 0.25,
    }
    assert [(e.record, e.note) for e in value.evidence] == [
        (3, "column 'age' of number: text"),
        (1, "column 'born' of datetime: text"),
        (2, "column 'vip' of boolean: text"),
    ]
    assert value.plot.labels == ("born", "vip", "age", "name")


def reference_kind(cell):
    """One cell at a time, by Python's own parsers."""
    text = (cell or "").strip()
    if text.lower() in ("", "na", "n/a", "nan", "null", "none", "?"):
        return "missing"
    if text.lower() in ("true", "false"):
        return "boolean"
    if text.isascii() and not re.search(r"[_a-df-z]", text.lower()) and "inf" not in text.lower():
        try:
            if math.isfinite(float(text)) or "e" in text.lower():
                return "number"
        except ValueError:
            pass
    if re.match(r"\d{4}-\d\d-\d\d($|[T ]\d\d:\d\d)", text, re.ASCII):
        try:
            # Python 3.11 takes hours 00 to 23 as we do; it wants 3 or 6 digits of a second only before 3.11.
            datetime.datetime.fromisoformat(text)
            return "datetime"
        except ValueError:
            pass
    return "text"


cells = st.one_of(
    st.none(),
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=True, allow_infinity=True).map(str),
    st.dates().map(str),
    st.datetimes().map(lambda d: d.isoformat(timespec="seconds")),
    st.sampled_from(
        ["True", "false", "?", " NULL", "1.", ".5", ".", "+", "1e", "1e5", "+3", "2023-02-29", "2024-02-29", "1_0"]
    ),
    st.sampled_from(["2024-01-01T24:00", "2024-01-01 10:60", "2024-01-01 10:30", "2024-01-01T10:30:00+02:00", "٣", "0x1F"]),
    st.text(alphabet="abe.+-:T0159 é", max_size=5),
)


@settings(deadline=None)
@given(st.lists(cells, min_size=1, max_size=20))
def test_each_cell_is_of_the_kind_that_python_says(column):
    part = measure(batch_of([{"c": cell} for cell in column] + [{"c": "x"}])).parts["c"]
    family = {"integer": "number", "date": "datetime"}
    found = {}
    for kind, share in part.parts.items():
        name = family.get(kind, kind)
        found[name] = found.get(name, 0) + round(share.value * (len(column) + 1))
    expected = {"missing": 0}
    for cell in [*column, "x"]:
        expected[reference_kind(cell)] = expected.get(reference_kind(cell), 0) + 1
    assert found == expected


def test_typed_columns_are_of_their_type():
    rows = [{"a": 1, "b": 1.5, "c": True, "d": datetime.date(2024, 1, 1), "e": [1]}, {"a": None, "b": math.nan, "c": None}]
    value = measure(batch_of(rows))
    assert (value.value, value.n) == (1.0, 5)
    assert all(part.parts["missing"].value == 0.5 for part in value.parts.values())


def test_the_type_is_decided_over_the_whole_corpus():
    metric = ColumnTypes()
    texts, numbers = batch_of([{"c": "a"}] * 3), batch_of([{"c": "1"}] * 4, first=3)
    value = metric.value(metric.fold(texts) + metric.fold(numbers))
    assert (value.value, value.n) == (4 / 7, 7)
    assert value.evidence[0].record == 0


def test_cuts_slices_and_storage():
    rows = [{"a": str(n % 7), "b": ["x", "2020-01-01", None][n % 3], "c": "1" if n % 5 else "?"} for n in range(50)]
    batch, metric = batch_of([*rows, None]), ColumnTypes()
    whole = metric.fold(batch)
    assert metric.fold(batch[20:]) + metric.fold(batch[:20]) == whole == whole + metric.zero() == decode(encode(whole))


def test_columns_are_bounded_whatever_the_order():
    metric = ColumnTypes(max_columns=2)
    one, two = batch_of([{"b": "1", "d": "1"}]), batch_of([{"a": "1", "c": "1"}], first=1)
    merged = metric.fold(one) + metric.fold(two)
    assert merged == metric.fold(two) + metric.fold(one)
    assert set(metric.value(merged).parts) == {"a", "b"}


def test_nothing_to_judge():
    type_ = pa.struct([("a", pa.string())])
    value = measure(batch_of([None, None], type_=type_, faults=["cut off", None]))
    assert (value.value, value.skipped) == (None, {"null": 1, "unreadable": 1})
    assert measure(batch_of([{"a": "?"}])).value is None
    assert measure(batch_of([], type_=type_)).value is None
    assert measure(batch_of([{}], type_=pa.struct([]))).value is None


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "tabular" / "anonymeter_adult"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_a_census_is_of_its_types():
    with (SHARED / "adults_control.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    value = measure(batch_of(rows))
    assert value.value == 1.0
    assert "integer" in value.parts["age"].parts
