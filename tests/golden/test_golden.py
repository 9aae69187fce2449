"""The values that this version gives are those that it gave: a change is a `version + 1` and a new golden file."""

import json

import pytest

from tests.golden.corpus import measure
from tests.golden.write import GOLDEN


def same(ours, golden, where):
    """Equal, floats to 1e-9: logarithms may differ in the last digit between machines."""
    if isinstance(golden, dict):
        assert set(ours) == set(golden), where
        for key in golden:
            same(ours[key], golden[key], f"{where}.{key}")
    elif isinstance(golden, list):
        assert len(ours) == len(golden), where
        for at, (left, right) in enumerate(zip(ours, golden, strict=True)):
            same(left, right, f"{where}[{at}]")
    elif isinstance(golden, float):
        assert ours == pytest.approx(golden, rel=1e-9, abs=1e-12), where
    else:
        assert ours == golden, where


def test_values_are_golden():
    same(measure(), json.loads(GOLDEN.read_text(encoding="utf-8")), "values")
