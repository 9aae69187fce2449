"""Path coverage by hand, and of a sample."""

import json

import numpy as np
import pytest

from operators.semistructured.path_coverage import PathCoverage
from tests.operators.semistructured.paths_given import state_of


def test_coverage_by_hand():
    subject, reference = ['{"a": 1, "x": [2]}', "3"], ['{"a": 1}', '{"b": {"c": 2}}']
    value = PathCoverage().compare(state_of(subject), state_of(reference))
    # The reference has $, $.a, $.b, $.b.c; the subject $, $.a, $.x, $.x[].
    assert (value.value, value.parts["new"].value, value.n) == (0.5, 0.5, 2)
    shares = np.array([2, 1, 1, 1]) / 5
    assert value.parts["entropy"].value == pytest.approx(-(shares @ np.log2(shares)) / 2)


def test_many_paths_are_sampled():
    real = [json.dumps({f"k{at}": at, "a": 1}) for at in range(2000)]
    made = [json.dumps({f"k{at}": at, "a": 1}) for at in range(0, 4000, 2)]
    exact, sampled = (PathCoverage(paths=paths) for paths in (4096, 256))
    values = [metric.compare(state_of(made, metric), state_of(real, metric)) for metric in (exact, sampled)]
    assert [value.estimator for value in values] == ["exact", "sample"]
    assert values[0].value == pytest.approx(0.5, abs=0.01)
    assert values[1].value == pytest.approx(0.5, abs=0.1)
