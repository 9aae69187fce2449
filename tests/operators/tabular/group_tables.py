"""Tables with groups."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from tests.operators.tabular.census import FOLDER
from tests.operators.tabular.tables import batch

COMPAS = pytest.mark.skipif(not (FOLDER / "compas").is_dir(), reason="COMPAS is not beside the checkout")

FEW = settings(max_examples=30, deadline=None)


def value_of(metric, table, other=None, types=None):
    state = metric.fold(batch(table, types))
    return metric.value(state) if other is None else metric.compare(state, metric.fold(batch(other, types)))


ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.sampled_from("xyz"), st.integers(0, 5)), min_size=2, max_size=40
)


def people(n, seed):
    draw = np.random.default_rng(seed)
    sex, race = draw.choice(list("fm"), n), draw.choice(["p", "q", "r"], n, p=[0.6, 0.38, 0.02])
    hired = draw.random(n) < 0.3 + 0.2 * (sex == "m") + 0.1 * (race == "q")
    return {"sex": sex, "race": race, "hired": np.where(hired, "yes", "no")}
