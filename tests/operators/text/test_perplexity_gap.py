import math

import numpy as np
import pytest

from operators.text.perplexity_gap import PerplexityGap
from tests.operators.text.losses_given import batch_of, drawn


def test_the_gap_by_hand():
    mine = PerplexityGap().fold(batch_of([2.0, 10.0, None], [4, 2, 1]))
    theirs = PerplexityGap().fold(batch_of([3.0, 3.0], [3, 3]))
    value = PerplexityGap().compare(mine, theirs)
    assert value.value == pytest.approx(1.0)
    assert value.parts["ratio"].value == pytest.approx(math.e)
    assert value.parts["bits_a_byte"].value == pytest.approx(1 / 4 / math.log(2))
    assert value.parts["reference"].value == pytest.approx(math.e)
    assert sum(value.plot.counts) == pytest.approx(1)
    assert sum(value.plot.reference) == pytest.approx(1)
    empty = PerplexityGap().fold(batch_of([None], [1]))
    assert PerplexityGap().compare(mine, empty).reason.startswith("the reference: every record has no text")
    assert PerplexityGap().compare(empty, mine).reason.startswith("the subject: ")


def test_the_intervals_hold_no_gap_nineteen_times_of_twenty():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        gap = PerplexityGap().compare(*(PerplexityGap().fold(batch_of(*drawn(rng, 80))) for _ in range(2)))
        held += gap.low <= 0 <= gap.high
    assert 365 <= held <= 395


def test_losses_that_no_exponential_holds():
    gap = PerplexityGap().compare(*(PerplexityGap().fold(batch_of([loss], [2])) for loss in (1e7, 1.0)))
    assert gap.value == pytest.approx(5e6 - 0.5)
    assert math.isfinite(gap.parts["ratio"].value)
