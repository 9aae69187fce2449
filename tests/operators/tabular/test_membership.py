"""Membership inference against plain Python, and a few planted rows."""

import numpy as np
import pytest
from hypothesis import given

from operators.tabular.dcr import Dcr
from operators.tabular.membership import Membership
from tests.operators.tabular.real_distances import FEW, TABLE, arrow, plain_distance, records, spans_of, value_of


@FEW
@given(TABLE, TABLE)
def test_the_attack_is_the_probability_that_a_member_is_nearer(subject, real):
    if len(real["age"]) < 2:
        return
    half = len(real["age"]) // 2
    members, others = ({name: cells[at : at + half] for name, cells in real.items()} for at in (0, half))
    spans = spans_of(members, others)
    near = [[min(plain_distance(a, b, spans) for b in records(subject)) for a in records(side)] for side in (members, others)]
    expected = np.mean([(m < o) + (m == o) / 2 for m in near[0] for o in near[1]])
    value = value_of(Membership(), arrow(subject), arrow(members), arrow(others))
    assert value.value == pytest.approx(expected, abs=1e-9)


def test_one_percent_of_planted_rows_is_seen_in_the_beginning_of_the_curve():
    draw = np.random.default_rng(4)
    subject, reference, holdout = ({name: draw.normal(size=2000) for name in "abcdef"} for _ in range(3))
    copied = {n: np.concatenate([reference[n][:20], cells[20:]]) for n, cells in subject.items()}
    parts = value_of(Dcr(), copied, reference, holdout)
    assert {entry.record for entry in parts.evidence} <= set(range(20))
    clean, planted = (value_of(Membership(), side, reference, holdout) for side in (subject, copied))
    name = "true positives at 0.1 % false positives"
    assert planted.parts[name].value - clean.parts[name].value == pytest.approx(0.01, abs=0.002)
