"""Identical rows: by hand, the sign test beside scipy's, and planted rows among clean data of many seeds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from operators.tabular.identical_matches import IdenticalMatches, SignTest
from tests.operators.tabular.census import columns
from tests.operators.tabular.real_distances import ADULT, value_of
from tests.operators.tabular.tables import batch

MATCHED, CLOSEST = "matched rows that are the reference's", "closest rows that are the reference's"


def people(n, seed):
    """Columns of which some rows are the same by chance, and some are not."""
    draw = np.random.default_rng(seed)
    return {
        "age": draw.integers(18, 80, n).astype(float),
        "pay": np.round(draw.lognormal(10, 0.7, n), -2),
        "job": draw.integers(0, 9, n).astype(str),
        "sex": draw.integers(0, 2, n).astype(str),
    }


def planted(reference, fresh, share):
    n = round(share * len(fresh["age"]))
    return {name: np.concatenate([reference[name][:n], cells[n:]]) for name, cells in fresh.items()}


def test_by_hand():
    # 20 twice and 30 are in the reference, 30 is in the holdout too, 40 in the holdout only.
    value = value_of(IdenticalMatches(), {"age": [20, 20, 30, 40, 55]}, {"age": [20, 30, 90]}, {"age": [30, 40, 91]})
    assert value.value == pytest.approx(3 / 5)
    assert value.parts["identical to the holdout"].value == pytest.approx(2 / 5)
    assert value.parts["beyond the holdout"].value == pytest.approx(1 / 5)
    assert (value.parts[MATCHED].value, value.parts[MATCHED].n) == (0.5, 2)  # 20 and 40: 30 says nothing
    assert [entry.record for entry in value.evidence] == [0]
    assert value.reason is None
    alone = value_of(IdenticalMatches(), {"age": [20, 20, 30]}, {"age": [20]})
    assert alone.value == pytest.approx(2 / 3)
    assert not alone.parts


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_test_is_scipys(hits, others):
    if hits + others:
        expected = binomtest(hits, hits + others, alternative="greater").pvalue
        assert SignTest(hits, others).chance == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("seed", range(4))
def test_planted_rows_are_found_and_clean_data_raises_no_alarm(share, seed):
    reference, holdout, fresh = (people(3000, 10 * seed + at) for at in (1, 2, 3))
    clean = value_of(IdenticalMatches(), fresh, reference, holdout)
    assert clean.reason is None
    found = value_of(IdenticalMatches(), planted(reference, fresh, share), reference, holdout)
    assert found.reason.startswith("memorised")
    assert found.parts["beyond the holdout"].value == pytest.approx(share, abs=0.01)
    assert sum(entry.record < share * 3000 for entry in found.evidence) >= 0.9 * len(found.evidence)


@pytest.mark.parametrize("seed", range(4))
def test_copies_with_a_small_change_are_found_among_the_closest_rows(seed):
    draw = np.random.default_rng(seed)
    fresh, reference, holdout = ({name: draw.normal(size=3000) for name in "abcde"} for _ in range(3))
    assert value_of(IdenticalMatches(), fresh, reference, holdout).reason is None
    near = {name: np.r_[reference[name][:30] + draw.normal(size=30) / 20, cells[30:]] for name, cells in fresh.items()}
    value = value_of(IdenticalMatches(), near, reference, holdout)
    assert value.value == 0
    assert value.reason.startswith("memorised")
    assert value.parts[CLOSEST].low > 0.5


def test_false_alarms_are_as_rare_as_is_said():
    alarms = 0
    for seed in range(60):
        reference, holdout, fresh = (people(400, 1000 + 3 * seed + at) for at in range(3))
        alarms += value_of(IdenticalMatches(), fresh, reference, holdout).reason is not None
    assert alarms <= 1


def test_a_row_that_is_copied_often_is_one_chance():
    # 500 copies of one row of the reference are no proof by themselves: one real row is matched.
    fresh, reference, holdout = people(500, 1), people(500, 2), people(500, 3)
    copied = {name: np.concatenate([cells, np.repeat(reference[name][:1], 500)]) for name, cells in fresh.items()}
    value = value_of(IdenticalMatches(), copied, reference, holdout)
    assert value.value > 0.45
    assert value.low < 0.35
    assert value.reason is None


@ADULT
def test_the_ladder_of_adult():
    flip, metric = "mostlyai_adult_flip/adult_", IdenticalMatches(size=8000)
    sides = {side: batch(columns(f"{flip}{side}.csv.gz")) for side in ("trn", "val", "flip10", "flip50", "flip90")}
    states = {name: metric.fold(rows) for name, rows in sides.items()}
    for name, share, memorised in (("flip10", 0.407, True), ("flip50", 0.0042, True), ("flip90", 0.0, False)):
        value = metric.compare(states[name], states["trn"], states["val"])
        assert value.value == pytest.approx(share, abs=0.012)
        assert (value.reason is not None) == memorised
    odd, even = (metric.fold(sides["trn"].slice(start, 12_210)) for start in (0, 12_210))
    assert metric.compare(states["val"], odd, even).reason is None
