"""Which templates a log has of another's."""

import pytest

from operators.semistructured.template_coverage import TemplateCoverage
from tests.operators.semistructured.logs_given import measure, needs_data, raw


def test_coverage_by_hand():
    real = ["open file 1", "open file 22", "disk is full", "disk is full"]
    made = ["open file 9", "disk is full", "user ann logged in at noon", "user bob logged in at noon", "", None]
    coverage = measure(TemplateCoverage(), made, real)
    assert (coverage.value, coverage.parts["new"].value) == (1.0, pytest.approx(1 / 3))


@needs_data
def test_a_log_covers_itself_and_hardly_another_systems():
    ssh, linux = raw("OpenSSH"), raw("Linux")
    assert measure(TemplateCoverage(), ssh, ssh).value == 1.0
    assert measure(TemplateCoverage(), ssh, linux).value < 0.2
