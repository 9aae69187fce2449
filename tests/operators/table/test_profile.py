"""The profile: the same however the table is cut, and what pandas counts; bounded whatever the table."""

import itertools
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.state import decode, encode
from operators.table import profile
from operators.table.kinds import kind_of, kinds_of
from operators.table.profile import COLUMNS, PAIRED, Profile, fold, product_key
from tests.operators.tabular.tables import batch

CELLS = st.none() | st.sampled_from(["a", "b", "1", "2.5", "-3", "2020-01-01", "true", "?"]) | st.integers(-9, 9).map(str)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=14)


@settings(max_examples=60)
@given(ROWS, st.data())
def test_it_is_the_same_however_cut(rows, data):
    columns = {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate("abc")}
    table = batch(columns, {"c": "category"})
    order = data.draw(st.permutations(range(len(rows))))
    cut = data.draw(st.integers(0, len(rows)))
    shuffled = table.take(pa.array(order, pa.int64()))
    whole = Profile() + fold(table)
    pieces = fold(shuffled.slice(cut)) + (Profile() + fold(shuffled.slice(0, cut)))
    assert encode(pieces) == encode(whole)
    assert encode(decode(encode(whole))) == encode(whole)


def mixed(n, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=n) * 10.0 ** random.integers(-6, 6, n)
    whole = random.integers(-(10**6), 10**6, n)
    return {
        "x": pa.array(x, mask=random.random(n) < 0.1),
        "n": pa.array(whole),
        "w": pa.array(np.round(x * 3 + whole, 2), mask=random.random(n) < 0.6),
        "t": pa.array(random.integers(0, 10**15, n)).cast(pa.timestamp("us")),
        "c": pa.array([f"c{k}" for k in random.integers(0, 700, n)]),
    }


def test_it_is_the_same_however_cut_with_more_values_than_are_kept():
    table = batch(mixed(60_000), {"c": "category"})
    whole = fold(table)
    assert whole.columns["x"].tracks["numbers"].fine.bits < 64
    order = np.random.default_rng(1).permutation(len(table))
    parts = [fold(table.take(pa.array(at))) for at in np.array_split(order, 5)]
    assert (parts[4] + parts[2]) + (parts[0] + (parts[3] + parts[1])) == whole


def test_products_are_exact_over_the_rows_that_have_both():
    columns = mixed(3000)
    found = (fold(batch(columns).slice(0, 1000)) + fold(batch(columns).slice(1000))).products
    values = {
        n: [None if v is None else v for v in c.cast(pa.int64()).to_pylist()] if n == "t" else c.to_pylist()
        for n, c in columns.items()
    }
    track = {"t": "times"}
    for a, b in itertools.combinations(["n", "t", "w", "x"], 2):
        rows = [
            (Fraction(p), Fraction(q)) for p, q in zip(values[a], values[b], strict=True) if p is not None and q is not None
        ]
        unit = Fraction(1, 1 << 1074)
        n, *sums = found[product_key(a, track.get(a, "numbers"), b, track.get(b, "numbers"))]
        assert n == len(rows)
        expected = [sum(p for p, _ in rows), sum(q for _, q in rows), sum(p * p for p, _ in rows)]
        expected += [sum(q * q for _, q in rows), sum(p * q for p, q in rows)]
        assert [s * unit for s in sums] == expected


def test_tables_of_pairs_are_crosstabs():
    random = np.random.default_rng(2)
    frame = pd.DataFrame({"c": random.choice(["a", "b", None], 500), "n": random.integers(0, 20, 500)})
    found = fold(batch({"c": pa.array(frame.c, pa.string(), from_pandas=True), "n": pa.array(frame.n)}, {"c": "category"}))
    table = found.table("c", "n")
    expected = pd.crosstab(frame.c.fillna("-"), frame.n).to_numpy()
    assert table[:, 0].sum() == 0  # no number is missing
    assert sorted(map(tuple, table[:, 1:])) == sorted(map(tuple, expected))
    assert (found.table("n", "c") == table.T).all()


def test_it_is_bounded_whatever_the_table():
    random = np.random.default_rng(3)
    wide = {f"k{n:03d}": random.normal(size=200) for n in range(COLUMNS + 10)}
    found = fold(batch(wide, {"k000": "id"}))
    assert len(found.columns) == COLUMNS
    assert len(found.paired) == PAIRED
    assert "k000" not in found.paired
    assert found.tables.nbytes <= 70e6
    long = fold(batch({"x": random.normal(size=100_000), "c": [f"c{n}" for n in range(100_000)]}))
    sizes = {name: len(track.fine.cells) for column in long.columns.values() for name, track in column.tracks.items()}
    assert sizes["numbers"] <= 1 << 14
    assert sizes["texts"] <= 1 << 12
    assert long.columns["c"].tracks["texts"].labels == ()


def test_tables_with_other_columns_do_not_merge():
    with pytest.raises(ValueError, match="other columns"):
        fold(batch({"a": [1]})) + fold(batch({"b": [1]}))


def test_kinds_are_found_over_the_whole_table():
    columns = {
        "number": ["1", "2", "x"] * 20,
        "time": ["2020-01-01", None, "2020-01-02"] * 20,
        "truth": ["true", "False", None] * 20,
        "city": ["Brno", "Praha", "Cheb"] * 20,
        "note": [f"note {n}" for n in range(60)],
        "none": [None] * 60,
    }
    table = batch(columns)
    whole = fold(table.slice(0, 2)) + fold(table.slice(2))
    assert {name: kind_of(column) for name, column in whole.columns.items()} == {
        "city": "category",
        "none": "",
        "note": "text",
        "number": "number",
        "time": "datetime",
        "truth": "boolean",
    }
    said = fold(batch(columns, {"number": "id", "time": "datetime:%Y"}))
    assert kinds_of(whole, said)["number"] == "id"
    assert kinds_of(said)["time"] == "datetime"
    some = fold(batch({"none": ["a", "a", "a", "b", "b", "b"]}))
    assert kinds_of(Profile(columns={"none": whole.columns["none"]}), some) == {"none": "category"}


def test_nothing_is_kept_of_a_batch_but_its_counts():
    table = batch(mixed(30_000))
    assert len(str(encode(fold(table)))) < 30e6
    assert profile.WIDEST <= profile.PAIR_CELLS
