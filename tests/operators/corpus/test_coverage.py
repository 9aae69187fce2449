"""Coverage on planted gaps; beside its authors' code see test_precision."""

import numpy as np
import pytest

from operators.corpus.coverage import Coverage
from tests.operators.corpus.vectors_given import batch_of


def covered(real, fake):
    metric = Coverage()
    return metric.compare(metric.fold(batch_of(fake)), metric.fold(batch_of(real)))


@pytest.mark.parametrize("dropped", [1, 3])
def test_topics_that_are_missing_are_not_covered(dropped):
    rng = np.random.default_rng(dropped)
    topics = 10 * np.eye(5)
    real = np.concatenate([one + 0.1 * rng.normal(size=(60, 5)) for one in topics])
    fake = np.concatenate([one + 0.1 * rng.normal(size=(60, 5)) for one in topics[dropped:]])
    value = covered(real, fake)
    assert value.value == pytest.approx((5 - dropped) / 5, abs=0.06)
    assert (5 - dropped) / 5 - 0.15 < value.parts["recall"].value <= (5 - dropped) / 5


def test_sets_alike_cover_one_minus_two_to_the_minus_k():
    rng = np.random.default_rng(0)
    assert covered(rng.normal(size=(1500, 6)), rng.normal(size=(1500, 6))).value == pytest.approx(1 - 2**-5, abs=0.02)
