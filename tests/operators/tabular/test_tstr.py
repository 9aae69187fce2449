"""Training on the data: by hand, and against scikit-learn on pandas."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from operators.tabular.tstr import Tstr
from tests.operators.tabular.census import columns
from tests.operators.tabular.model_tables import ADULT, NUMBERS, frame, made_up, value_of


def test_a_model_of_good_data_does_as_well_and_one_of_turned_labels_the_contrary():
    real, held, good, turned = made_up(900, 1), made_up(600, 2), made_up(900, 3), made_up(900, 4, flip=True)
    value = value_of(Tstr(), good, real, held)
    assert value.value > 0.98
    gap = value.parts["gap"]
    assert gap.low <= 0.005
    assert abs(gap.value) < 0.02
    assert "AUC of 'y'" in value.reason
    assert value.parts["rank correlation of the columns' importance"].value >= 0.8
    bad = value_of(Tstr(), turned, real, held)
    assert bad.value < 0.05
    assert bad.parts["gap"].low > 0.9


def test_targets_of_every_sort():
    real, held, good = made_up(500, 1), made_up(400, 2), made_up(500, 3)
    number = value_of(Tstr(target="pay"), good, real, held)
    assert number.reason.startswith("R²")
    assert number.value > 0.8
    three = value_of(Tstr(target="city"), good, real, held)
    assert three.reason.startswith("macro F1")
    assert 0 < three.value < 1
    assert value_of(Tstr(target="nope"), good, real, held).value is None
    one = {**good, "y": np.array(["yes"] * 500)}
    assert "two labels" in value_of(Tstr(), one, real, held).reason
    many = {"x": np.arange(100.0), "name": [f"n{at}" for at in range(100)]}
    assert "name a target" in value_of(Tstr(), many, many).reason
    split = value_of(Tstr(), good, real)
    assert split.value > 0.9
    assert 200 < split.n < 300
    hostile = {"x": ["1e308", "", "x\0", "-1e308"] * 30, "z": [*map(str, range(120))], "y": ["a", "b", "b"] * 40}
    value_of(Tstr(), hostile, hostile)


@ADULT
def test_adult_against_scikit_learn_on_pandas():
    tables = [columns(f"mostlyai_adult/data/adult_{name}.csv.gz") for name in ("mostlyai", "trn", "hol")]
    small = [{name: cells[:3000] for name, cells in table.items()} for table in tables]
    value = value_of(Tstr(), *small)
    synthetic, real, held = map(frame, small)
    names = [name for name in synthetic if name not in (*NUMBERS, "income")]
    linear = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), names), (StandardScaler(), list(NUMBERS)))
    coded = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    trees = make_column_transformer((coded, names), (StandardScaler(), list(NUMBERS)))
    for rows, keys in (
        (synthetic, (None, "linear model")),
        (real, ("trained on the reference", "linear model trained on the reference")),
    ):
        for key, columns_, model in zip(
            keys,
            (trees, linear),
            (HistGradientBoostingClassifier(random_state=0), LogisticRegression(max_iter=500)),
            strict=True,
        ):
            fitted = make_pipeline(columns_, model).fit(rows.drop(columns="income"), rows["income"])
            theirs = roc_auc_score(held["income"] == ">50K", fitted.predict_proba(held.drop(columns="income"))[:, 1])
            ours = (value if key is None else value.parts[key]).value
            assert ours == pytest.approx(theirs, abs=0.01), key


def test_odd_types():
    cells = [None if at % 3 == 1 else at / 2 for at in range(120)]
    table = {"x": pa.array(cells), "y": pa.array([cell is not None for cell in cells])}
    assert value_of(Tstr(), table, table, table).value == 1.0
