from itertools import combinations
from math import isclose

import numpy as np
import pyarrow as pa
import pytest

from operators.symbolic.pass_at_k import PassAtK, pass_at_k


@pytest.mark.parametrize("n", range(1, 8))
def test_equals_drawing_every_subset(n):
    for c in range(n + 1):
        for k in range(1, n + 1):
            draws = list(combinations([at < c for at in range(n)], k))
            assert isclose(pass_at_k(n, c, k), sum(map(any, draws)) / len(draws), abs_tol=1e-12)


def published(n, c, k):
    """The estimator as printed in Chen et al. 2021, figure 3."""
    return 1.0 if n - c < k else 1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1))


def test_equals_the_published_estimator():
    for n, c, k in [(100, 3, 10), (200, 199, 100), (100, 0, 1), (10_000, 5, 1000)]:
        assert isclose(pass_at_k(n, c, k), published(n, c, k), abs_tol=1e-12)


def test_problems_are_grouped_across_batches():
    columns = {
        "_id": range(8),
        "_fault": pa.nulls(8, pa.string()),
        "problem": ["a", "b", "a", "b", "a", "c", None, "a"],
        "test_status": ["passed", "exception", "timeout", "exception", "passed", "passed", "passed", None],
    }
    batch, metric = pa.RecordBatch.from_pydict(columns), PassAtK(k=2)
    value = metric.value(metric.fold(batch[:3]) + metric.fold(batch[3:]))
    assert value.value == (pass_at_k(3, 2, 2) + 0.0) / 2
    assert value.n == 2
    assert value.skipped == {"no problem, program or tests": 2, "of problems with fewer than 2 programs": 1}
    assert value.parts["problems_solved"].value == 0.5


def test_too_few_programs():
    batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": [None], "problem": ["a"], "test_status": ["passed"]})
    value = PassAtK(k=2).value(PassAtK(k=2).fold(batch))
    assert (value.value, value.reason) == (None, "no problem has 2 programs with tests")
