"""Distances to real rows: by hand, against plain Python, planted copies, and Adult with some of its cells replaced."""

import numpy as np
import pytest

from operators.table.row_sample import RowSample, fold
from operators.table.scaled import scaled
from operators.tabular.baseline_protection import BaselineProtection
from operators.tabular.dcr import Dcr
from operators.tabular.membership import Membership
from operators.tabular.nndr import Nndr
from tests.operators.tabular.census import columns, halves
from tests.operators.tabular.real_distances import ADULT, value_of
from tests.operators.tabular.tables import batch


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_planted_rows_are_found(share):
    draw = np.random.default_rng(3)

    def table(n):
        return {name: draw.normal(size=n) for name in "abcdef"} | {"c7": draw.integers(0, 5, n).astype(str)}

    subject, reference, holdout = table(4000), table(2000), table(2000)
    planted = round(4000 * share)
    copied = {n: np.concatenate([reference[n][:planted], cells[planted:]]) for n, cells in subject.items()}
    value = value_of(Dcr(), copied, reference, holdout)
    assert value.low > 0.5
    assert value.value == pytest.approx(0.5 + share / 2, abs=0.03)
    assert all(entry.record < planted for entry in value.evidence)
    found = value_of(Membership(), copied, reference, holdout).parts["true positives at 1 % false positives"]
    assert found.value == pytest.approx(planted / 2000 + 0.01, abs=0.02)


def test_the_sample_is_the_same_however_the_rows_come():
    draw = np.random.default_rng(7)
    table = {"x": draw.integers(0, 300, 2000), "y": draw.integers(0, 9, 2000).astype(str)}
    whole = batch(table)
    pieces = RowSample(100)
    for start in (1500, 700, 0):
        stop = {1500: 2000, 700: 1500, 0: 700}[start]
        pieces = fold(whole.slice(start, stop - start), 100) + pieces
    assert pieces == fold(whole, 100)
    assert not pieces.complete
    counts = {}
    for row in zip(table["x"].tolist(), table["y"].tolist(), strict=True):
        counts[row] = counts.get(row, 0) + 1
    rows = scaled(pieces, pieces).subject
    firsts = [(int(table["x"][at]), str(table["y"][at])) for at in rows.ids.tolist()]
    assert rows.counts.tolist() == [counts[row] for row in firsts]


def test_rows_that_two_sides_share_are_drawn_on_both_or_on_neither():
    draw = np.random.default_rng(8)
    real = {"x": draw.normal(size=5000)}
    drawn = [fold(batch(side), 200) for side in (real, {"x": np.concatenate([real["x"][2500:], draw.normal(size=2500)])})]
    shared = np.isin(drawn[1].hashes, drawn[0].hashes).mean()
    assert 0.4 < shared < 0.6


@ADULT
def test_adult_with_cells_replaced_is_ordered_by_every_metric():
    flip = "mostlyai_adult_flip/adult_"
    size = 4000
    trained, held = (Dcr(size=size).fold(batch(columns(f"{flip}{side}.csv.gz"))) for side in ("trn", "val"))
    found = {}
    for name in ("flip10", "flip50", "flip90"):
        side = Dcr(size=size).fold(batch(columns(f"{flip}{name}.csv.gz")))
        for metric in (Dcr(size=size), Nndr(size=size), BaselineProtection(size=size), Membership(size=size)):
            found.setdefault(type(metric).__name__, []).append(metric.compare(side, trained, held).value)
    for name, ladder in found.items():
        falling = name in ("Dcr", "Membership")
        assert ladder == sorted(ladder, reverse=falling), (name, ladder)
        assert abs(ladder[0] - ladder[1]) > 0.03, (name, ladder)


@ADULT
def test_halves_of_adult_are_as_near_to_each_other_as_to_themselves():
    real = columns("mostlyai_adult_flip/adult_trn.csv.gz")
    val = columns("mostlyai_adult_flip/adult_val.csv.gz")
    even, odd = halves(real)
    for metric in (Dcr(size=3000), Membership(size=3000)):
        value = value_of(metric, val, even, odd)
        assert value.low < 0.5 < value.high
    null = value.parts["one half of the holdout against the other"]
    assert null.low < 0.5 < null.high
    density = value.parts["density attack"]
    assert density.low < 0.5 < density.high
