"""The response curve beside scipy's rank correlation."""

import json

import pytest
from scipy.stats import spearmanr

from operators.semistructured._rewriting import blurred
from operators.semistructured.response_curve import SHARES, ResponseCurve
from tests.operators.semistructured.faults_given import PEOPLE, measure


def test_the_curve_rises():
    value = measure(ResponseCurve(), PEOPLE)
    curve = [value.parts[f"{share:.0%} changed"].value for share in SHARES]
    assert value.value == pytest.approx(spearmanr(SHARES, curve).statistic)
    assert (value.value, curve[0]) == (1.0, 0.0)
    assert curve == sorted(curve)
    assert measure(ResponseCurve(), ["{}", "[]"]).value is None


def test_what_changes_at_a_small_share_changes_at_a_large_one():
    for at in range(20):
        small, large = (json.loads(blurred(PEOPLE[at], share, at)) for share in (0.2, 0.5))
        plain = json.loads(PEOPLE[at])
        for key in ("id", "name"):
            assert small[key] == plain[key] or small[key] == large[key]
