"""Column pairs: by hand, against scipy and pandas on the whole data, and as SDMetrics has them."""

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from operators.tabular.column_pairs import ColumnPairs
from tests.operators.tabular.census import FOLDER, columns, halves
from tests.operators.tabular.tables import batch, compared

METRIC = ColumnPairs()


def test_by_hand():
    subject = {"x": [1, 2, 3, None], "y": [1, 2, 3, 4], "c": ["a", "a", "b", None]}
    reference = {"x": [1, 2, 3, 9], "y": [3, 2, 1, None], "c": ["a", "b", "b", "b"]}
    parts = compared(METRIC, subject, reference, {"c": "category"}).parts
    assert parts["x & y"].value == 0.0  # correlations 1 and -1
    # c with x in ten bins from 1 to 9 (1.8, 2.6, 3.4): subject a1 a2 b3 and one with neither, reference a1 b2 b3 b9.
    assert parts["c & x"].value == pytest.approx(1 - (0 + 0.25 + 0 + 0.25 + 0.25 + 0.25) / 2)
    # c with y in ten bins from 1 to 3, the last without end: subject a1 a2 b3 -4, reference a3 b2 b1 b-
    assert parts["c & y"].value == 0.0


def reference_contingency(a, b, subject, reference, edges):
    """Shares of pairs by pandas, numbers cut at the edges, missing a value of its own."""

    def shares(side):
        cut = {n: pd.Series(np.digitize(side[n], edges[n])).where(side[n].notna()) if n in edges else side[n] for n in (a, b)}
        return pd.DataFrame(cut).groupby([a, b], dropna=False).size() / len(side)

    return 1 - shares(subject).sub(shares(reference), fill_value=0).abs().sum() / 2


def frames(draw, n):
    number = st.none() | st.integers(-5, 5) | st.sampled_from([0.5, 1e6])
    word = st.sampled_from(["a", "b", "c", None])
    kinds = {"x": number, "y": number, "c": word, "d": word}
    return {name: draw(st.lists(cell, min_size=n, max_size=n)) for name, cell in kinds.items()}


def table(cells):
    return {n: pa.array(cells[n], pa.float64() if n in "xy" else pa.string()) for n in cells}


@settings(max_examples=60)
@given(st.data())
def test_as_pandas_and_scipy_say(data):
    sides = [frames(data.draw, data.draw(st.integers(1, 25))) for _ in range(2)]
    subject, reference = (pd.DataFrame({n: pd.Series(s[n], dtype=float if n in "xy" else object) for n in s}) for s in sides)
    value = compared(METRIC, *map(table, sides), {"x": "number", "y": "number", "c": "category", "d": "category"})
    for a, b in itertools.combinations("cdxy", 2):
        part = value.parts[f"{a} & {b}"]
        if {a, b} == {"x", "y"}:
            both = [side[["x", "y"]].dropna() for side in (subject, reference)]
            if any(len(side) < 2 or (side.nunique() < 2).any() for side in both):
                assert part.value is None
                continue
            r = [pearsonr(side.x, side.y)[0] for side in both]
            assert part.value == pytest.approx(1 - abs(r[0] - r[1]) / 2, abs=1e-9)
            continue
        edges = {n: np.linspace(reference[n].min(), reference[n].max(), 11)[1:-1] for n in (a, b) if n in "xy"}
        if any(np.isnan(e).any() for e in edges.values()):
            continue
        assert part.value == pytest.approx(reference_contingency(a, b, subject, reference, edges), abs=1e-9)


def test_correlations_are_exact_far_from_zero():
    random = np.random.default_rng(3)
    x = random.normal(size=5000)
    y = x + random.normal(size=5000)
    far = {"x": 1e9 + np.round(x, 3), "y": -1e9 + np.round(y, 3)}
    near = {"x": far["x"] - 1e9, "y": far["y"] + 1e9}
    part = compared(METRIC, far, {"x": x, "y": y}).parts["x & y"].parts["subject"]
    assert part.value == pytest.approx(pearsonr(near["x"], near["y"])[0], abs=1e-12)


def test_spearman():
    metric = ColumnPairs(coefficient="spearman")
    random = np.random.default_rng(3)
    x = random.integers(0, 50, 3000)
    y = x + random.integers(0, 30, 3000)
    value = compared(metric, {"x": x, "y": y}, {"x": x, "y": -y})
    found = value.parts["x & y"].parts
    assert found["subject"].value == pytest.approx(spearmanr(x, y)[0], abs=1e-12)
    assert found["reference"].value == pytest.approx(-spearmanr(x, y)[0], abs=1e-12)
    many = random.lognormal(size=(2, 3000))
    part = compared(metric, {"x": many[0], "y": many[0] + many[1]}, {"x": x, "y": y}).parts["x & y"]
    assert part.estimator == "sketch"
    assert part.parts["subject"].value == pytest.approx(spearmanr(many[0], many[0] + many[1])[0], abs=0.01)


def test_both_sides_are_cut_at_the_references_edges():
    """SDMetrics cuts each side over its own range: a column in other units looks the same to it (1.0), as its report shows."""
    real = {"x": np.arange(100), "c": ["a" if n < 50 else "b" for n in range(100)]}
    synthetic = {"x": np.arange(100) / 100, "c": real["c"]}
    assert compared(METRIC, synthetic, real, {"c": "category"}).parts["c & x"].value == pytest.approx(0.1)


@pytest.mark.skipif(not FOLDER.exists(), reason="the shared data is not here")
def test_pairs_of_a_synthetic_census_as_sdmetrics_has_them():
    """Made with SDMetrics 0.32.0: `benchmarks/peers/sdmetrics_report.py`, the pair metrics on all rows, on the same files."""
    subject, reference = (
        columns("anonymeter_adult/adults_syn_ctgan.csv"),
        columns("anonymeter_adult/adults_train.reconstructed.csv"),
    )
    value = compared(METRIC, subject, reference)
    for name, golden in GOLDEN.items():
        assert value.parts[name].value == pytest.approx(golden, abs=1e-9), name
    for name, golden in NEARLY.items():
        assert value.parts[name].estimator == "sketch"
        assert value.parts[name].value == pytest.approx(golden, abs=3e-3), name


@pytest.mark.skipif(not FOLDER.exists(), reason="the shared data is not here")
def test_halves_of_a_census_are_alike():
    value = compared(METRIC, *halves(columns("anonymeter_adult/adults_control.csv")))
    assert value.value > 0.95
    assert value.plot.rows == value.plot.columns
    assert value.plot.values[0][1] == value.plot.values[1][0]


def test_what_cannot_be_paired():
    value = compared(METRIC, {"x": [1, 2], "t": ["p", "q"]}, {"x": [1, 2], "t": ["r", "s"]})
    assert value.reason == "no pair of columns has a number"
    value = compared(METRIC, {"x": [1, 1], "y": [1, 2]}, {"x": [1, 2], "y": [1, 2]})
    assert value.parts["x & y"].reason.startswith("a column of the subject is constant")
    value = compared(
        METRIC, {"x": ["u", "v"], "c": ["a", "b"]}, {"x": ["w", "z"], "c": ["a", "b"]}, {"x": "number", "c": "category"}
    )
    assert value.parts["c & x"].value == 1.0  # no number on either side: both are missing there


def test_columns_in_another_order_are_the_same_columns():
    one = batch({"a": [1, 2, 3], "b": ["x", "x", "y"], "c": [3, 2, 9]}, {"b": "category"})
    other = batch({"c": [3, 2, 9], "b": ["x", "x", "y"], "a": [1, 2, 3]}, {"b": "category"})
    assert METRIC.compare(METRIC.fold(one), METRIC.fold(other)).value == 1.0


GOLDEN = {
    "age & education_num": 0.9352557381246237,
    "age & fnlwgt": 0.989775416288608,
    "age & income": 0.8885947511751602,
    "capital_gain & capital_loss": 0.9623532082601812,
    "capital_gain & hr_per_week": 0.9887147226305784,
    "country & occupation": 0.7626402327724373,
    "education & education_num": 0.8359934860089577,
    "education & marital": 0.8553752291100366,
    "education_num & occupation": 0.7496205981892957,
    "hr_per_week & sex": 0.847307043569127,
    "income & relationship": 0.8560803357228537,
    "race & sex": 0.8345072947711671,
}
NEARLY = {
    "capital_gain & country": 0.8572942199170752,
    "capital_loss & occupation": 0.7944253653580584,
    "education & fnlwgt": 0.8993852879016461,
    "fnlwgt & marital": 0.9289288591286174,
    "fnlwgt & sex": 0.9605378279360525,
}
