"""Attacks: by hand, against plain Python, planted copies, two halves of a table, and anonymeter's own example."""

import random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import norm

from operators.tabular._attacked import risk
from operators.tabular.inference import Inference
from operators.tabular.linkability import Linkability
from operators.tabular.singling_out import SinglingOut
from tests.operators.tabular.attack_tables import ADULT, mixed, people, value_of
from tests.operators.tabular.census import columns, halves
from tests.operators.tabular.tables import batch

ALL = (SinglingOut, Linkability, Inference)


MADE_UP = (SinglingOut(), Linkability(one=("age", "job", "zip"), other=("pay", "sex")), Inference())


@given(st.integers(0, 50), st.integers(50, 80), st.integers(0, 50), st.integers(50, 80))
@example(5, 50, 49, 50)
def test_the_risk_is_that_of_the_formula(hits, n, control, m):
    z = norm.ppf(0.975)
    rates, halves_ = [], []
    for s, k in ((hits, n), (control, m)):
        p = s / k  # Wilson 1927 as it is usually written
        rates.append((p + z * z / (2 * k)) / (1 + z * z / k))
        halves_.append(z / (1 + z * z / k) * np.sqrt(p * (1 - p) / k + z * z / (4 * k * k)))
    above = 1 - (1 - rates[0]) / (1 - rates[1])
    step = 1e-5  # the propagated error, by central differences instead of derivatives
    by_rate, by_base = (
        sum(sign * (1 - (1 - rates[0] - sign * up) / (1 - rates[1] - sign * right)) for sign in (1, -1)) / (2 * step)
        for up, right in ((step, 0), (0, step))
    )
    spread = np.hypot(by_rate * halves_[0], by_base * halves_[1])
    value = risk(hits, n, control, m)
    assert value.value == pytest.approx(np.clip(above, 0, 1), abs=1e-9)
    assert value.low == pytest.approx(np.clip(above - spread, 0, 1), abs=1e-4)
    assert value.high == pytest.approx(np.clip(above + spread, 0, 1), abs=1e-4)


@pytest.mark.parametrize("metric", MADE_UP)
def test_a_copied_table_is_at_risk_and_a_fresh_one_is_not(metric):
    reference, holdout, fresh = (people(800, seed) for seed in (1, 2, 3))
    copied = value_of(metric, reference, reference, holdout)
    assert copied.low > 0.4
    clean = value_of(metric, fresh, reference, holdout)
    assert clean.low <= 0.01
    assert clean.value < 0.06


@pytest.mark.parametrize("metric", MADE_UP)
@pytest.mark.parametrize("share", [0.05, 0.2])
def test_planted_rows_are_found(metric, share):
    reference, holdout, fresh = (people(2000, seed) for seed in (1, 2, 3))
    value = value_of(metric, mixed(reference, fresh, share), reference, holdout)
    assert value.low > 0
    assert share / 3 < value.value < 1.5 * share
    if isinstance(metric, SinglingOut):
        assert all(entry.record < share * 2000 for entry in value.evidence)


@pytest.mark.parametrize("metric", MADE_UP)
def test_the_same_rows_in_another_order_are_attacked_alike(metric):
    reference, holdout, fresh = (people(200, seed) for seed in (1, 2, 3))
    order = random.Random(1).sample(range(200), 200)
    shuffled = {name: cells[order] for name, cells in reference.items()}
    first, second = (value_of(metric, mixed(reference, fresh, 0.5), side, holdout) for side in (reference, shuffled))
    assert (first.value, first.low, first.high) == (second.value, second.low, second.high)


@ADULT
def test_adult_with_cells_replaced_is_ordered_by_every_attack():
    flip = "mostlyai_adult_flip/adult_"
    names = ("flip10", "flip50", "flip90", "trn", "val")
    batches = {name: batch(columns(f"{flip}{name}.csv.gz")) for name in names}
    for metric in (SinglingOut(), Linkability(size=3000, attacks=1000), Inference(size=3000, attacks=1000)):
        sides = {name: metric.fold(rows) for name, rows in batches.items()}
        ladder = [metric.compare(sides[name], sides["trn"], sides["val"]).value for name in names[:3]]
        assert ladder == sorted(ladder, reverse=True), (metric, ladder)
        assert ladder[0] > 0.1
        assert ladder[2] < 0.03


@ADULT
@pytest.mark.parametrize("metric", ALL)
def test_halves_of_adult_are_at_no_risk(metric):
    even, odd = halves(columns("mostlyai_adult_flip/adult_trn.csv.gz"))
    val = columns("mostlyai_adult_flip/adult_val.csv.gz")
    value = value_of(metric(size=3000, attacks=1000), val, even, odd)
    assert value.low <= 0.005
