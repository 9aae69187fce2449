"""Classes against the definitions, written with pandas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy.stats import wasserstein_distance

from engine.state import decode, encode
from operators.table.group_counts import fold
from operators.tabular.k_anonymity import KAnonymity
from tests.operators.tabular.group_tables import FEW, ROWS, value_of
from tests.operators.tabular.tables import batch


@FEW
@given(ROWS)
def test_classes_are_those_of_the_definitions(rows):
    data = pd.DataFrame(rows, columns=["zip", "age", "ill", "pay"])
    metric = KAnonymity(quasi_identifiers=("zip", "age"), sensitive=("ill", "pay"))
    value = value_of(metric, data.to_dict("list"))
    known = ["zip", "age"]
    classes = data.groupby(known)
    assert value.value == classes.size().min()
    for name in ("ill", "pay"):
        assert value.parts[f"l-diversity of {name}"].value == classes[name].nunique().min()
    assert value.parts["classes"].value == len(classes)
    # t-closeness from the definition: half the differences; the earth mover's distance over ranks
    share = data["ill"].value_counts(normalize=True)
    by_name = [g["ill"].value_counts(normalize=True).sub(share, fill_value=0).abs().sum() / 2 for _, g in data.groupby(known)]
    assert value.parts["t-closeness of ill"].value == pytest.approx(max(by_name))
    ranks = data["pay"].rank(method="dense")
    moved = [wasserstein_distance(ranks[g.index], ranks) / max(1, ranks.max() - 1) for _, g in data.groupby(known)]
    assert value.parts["t-closeness of pay"].value == pytest.approx(max(moved))


def test_too_many_classes_are_drawn_and_the_interval_says_so():
    draw = np.random.default_rng(1)
    table = {"key": draw.integers(0, 700, 3000).astype(str)}
    whole = batch({"key": np.char.add(table["key"], "k")})
    state = fold(whole, ("key",), 1, most=100)
    pieces = fold(whole.slice(2000), ("key",), 1, most=100) + fold(whole.slice(0, 500), ("key",), 1, most=100)
    pieces = pieces + fold(whole.slice(500, 1500), ("key",), 1, most=100)
    assert encode(pieces) == encode(state)
    assert decode(encode(state)) == state
    assert not state.complete
    assert len(state.counts) == 100
    counts = pd.Series(table["key"]).value_counts()
    names = [state.cell(at, 0) for at in range(100)]
    held = {name[:-1]: int(count) for name, count in zip(names, state.counts, strict=True) if name.endswith("k")}
    assert len(held) > 5
    assert all(counts[name] == count for name, count in held.items())
    value = KAnonymity(quasi_identifiers=("key",)).value(state)
    assert (value.low, value.estimator) == (1.0, "sample")
