"""Cells as numbers, times and texts: against Python's own parsers, one cell at a time, and in typed columns."""

import datetime
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.table.cell_kinds import KINDS, kinds
from operators.table.observe import observe

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

cells = st.one_of(
    st.none(),
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=True, allow_infinity=True).map(str),
    st.floats(-1e9, 1e9).map("{:+.3e}".format),
    st.dates().map(str),
    st.datetimes().map(lambda d: d.isoformat(timespec="seconds")),
    st.datetimes(timezones=st.sampled_from([datetime.timezone(datetime.timedelta(minutes=m)) for m in (0, 330, -90)])).map(
        lambda d: d.isoformat(timespec="microseconds")
    ),
    st.sampled_from(["True", "false", " ?", " NULL", "1.", ".5", ".", "+", "1e", "+3", "1_0", " 7 ", "0x1F", "inf", "-", "E5"]),
    st.sampled_from(["2024-01-01T24:00", "2024-01-01 10:60", "2023-02-29", "2024-01-01T10:30:00+02:00", "9" * 400, "1e151"]),
    st.text(alphabet="abe.+-:T0159 é_", max_size=6),
)


@given(st.lists(cells, min_size=1, max_size=25), st.booleans())
def test_each_cell_is_what_python_says(column, repeated):
    """A column is read at once; long ones by another path than short ones."""
    column = column + [f"filler {n}" for n in range(2000)] * repeated
    seen, expected = observe(pa.array(column, pa.string())), kinds(pa.array(column, pa.string()))
    counts = np.zeros(len(KINDS), np.int64)
    for at, (cell, kind) in enumerate(zip(column, expected, strict=True)):
        text, name = (cell or "").strip(), KINDS[kind]
        number, time, word = (None if part is None else part[at] for part in (seen.numbers, seen.times, seen.texts))
        if name in ("integer", "number"):
            value = float(text)
            name = name if abs(value) <= 1e150 else "other"
            assert (number == value) if name != "other" else (number is None or math.isnan(number))
        else:
            assert number is None or math.isnan(number)
        if name in ("date", "datetime"):
            moment = datetime.datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
            assert time == pytest.approx((moment - EPOCH) / datetime.timedelta(microseconds=1), abs=1e-15 * abs(time) + 32)
        else:
            assert time is None or math.isnan(time)
        if name in ("text", "boolean"):
            assert seen.words[int(word)].as_py() == (text.lower() if name == "boolean" else cell)
        else:
            assert word is None or word < 0
        counts[KINDS.index(name)] += 1
    assert seen.kinds.tolist() == counts.tolist()


def test_typed_columns():
    numbers = observe(pa.array([1.5, math.nan, None, math.inf, -2.0]))
    assert numbers.numbers.tolist()[::4] == [1.5, -2.0]
    assert np.isnan(numbers.numbers[1:4]).all()
    assert dict(zip(KINDS, numbers.kinds.tolist(), strict=True)) == {
        **dict.fromkeys(KINDS, 0),
        "missing": 2,
        "number": 2,
        "other": 1,
    }
    days = observe(pa.array([0, 1, None], pa.int32()).cast(pa.date32()))
    assert days.times.tolist()[:2] == [0.0, 86.4e9]
    moments = observe(pa.array([1, 2], pa.int64()).cast(pa.timestamp("s", "UTC")))
    assert moments.times.tolist() == [1e6, 2e6]
    truths = observe(pa.array([True, None, False]))
    assert (truths.texts.tolist(), truths.words.to_pylist()) == ([0, -1, 1], ["true", "false"])
    assert observe(pa.array(["b", "a", None, "b"]).dictionary_encode()).texts.tolist() == [0, 1, -1, 0]
    nested = observe(pa.array([[1], None, {"a": 1}.keys() and [2]]))
    assert (nested.numbers, nested.texts, nested.kinds[KINDS.index("other")]) == (None, None, 2)
    assert observe(pa.nulls(3)).kinds[0] == 3
    from decimal import Decimal

    assert observe(pa.array([Decimal("1.25"), None])).numbers[0] == 1.25
    assert observe(pa.array([2**60], pa.uint64())).numbers[0] == 2.0**60


def test_a_format_of_the_plan():
    seen = observe(pa.array(["31.12.1999", "1999-12-31", "30.02.2000", "5", None]), "datetime:%d.%m.%Y")
    assert seen.times[0] == (datetime.datetime(1999, 12, 31, tzinfo=datetime.UTC) - EPOCH) / datetime.timedelta(microseconds=1)
    assert seen.kinds[KINDS.index("text")] == 1  # 30 February
    hours = observe(pa.array(["01/02/2020 13:30"]), "datetime:%d/%m/%Y %H:%M")
    assert hours.times[0] == (datetime.datetime(2020, 2, 1, 13, 30, tzinfo=datetime.UTC) - EPOCH) / datetime.timedelta(
        microseconds=1
    )


def test_hostile_cells_cost_no_more_than_others():
    for cell in ("(" * 100_000, "9" * 100_000, "\u200b" * 30_000, "1e" * 50_000, "2020-01-01T" * 9000):
        seen = observe(pa.array([cell, "1"]))
        assert seen.numbers[1] == 1.0
