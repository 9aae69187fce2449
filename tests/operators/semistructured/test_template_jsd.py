"""Shares of templates by hand and beside scipy."""

import pytest
from scipy.spatial.distance import jensenshannon

from operators.semistructured.template_jsd import TemplateJsd
from tests.operators.semistructured.logs_given import ODD_PIECES, long_and_short, measure, needs_data, parts, raw


def test_templates_by_hand():
    real = ["open file 1", "open file 22", "disk is full", "disk is full"]
    made = ["open file 9", "disk is full", "user ann logged in at noon", "user bob logged in at noon", "", None]
    value = measure(TemplateJsd(), made, real)
    assert (value.n, value.skipped) == (4, {"empty": 1, "no line": 1})
    assert value.value == pytest.approx(jensenshannon([1, 1, 2], [2, 2, 0], base=2) ** 2)
    assert parts(value) == {"user <*> logged in at noon": 0.5, "disk is full": -0.25, "open file <*>": -0.25}


@needs_data
def test_halves_of_a_log_are_nearer_than_logs_of_two_systems():
    ssh, linux = raw("OpenSSH"), raw("Linux")
    halves = measure(TemplateJsd(), ssh[:1000], ssh[1000:]).value
    assert halves < measure(TemplateJsd(), ssh, linux).value
    assert measure(TemplateJsd(), ssh, ssh).value == 0.0


@pytest.mark.parametrize("piece", ODD_PIECES)
def test_hostile_lines(piece):
    metric = TemplateJsd()
    state = metric.fold(long_and_short(piece))
    metric.compare(state, state)
