import math

import numpy as np
import pytest

from operators.text.perplexity import Perplexity
from tests.operators.text.losses_given import batch_of, drawn


def test_by_hand():
    value = Perplexity().value(Perplexity().fold(batch_of([2.0, 10.0, None], [4, 2, 1])))
    assert value.value == pytest.approx(math.exp(2))
    assert (value.n, value.skipped) == (2, {"no text, or no token with one before it": 1})
    assert value.parts["bits_a_byte"].value == pytest.approx(12 / 24 / math.log(2))
    assert [entry.record for entry in value.evidence] == [1, 0]
    assert value.evidence[0].note == "perplexity 148.4, 2 tokens"


def test_the_interval_is_that_of_a_ratio_of_sums():
    rng = np.random.default_rng(0)
    loss, tokens = drawn(rng, 200)
    value = Perplexity().value(Perplexity().fold(batch_of(loss, tokens)))
    ratio = loss.sum() / tokens.sum()
    error = np.std(loss - ratio * tokens, ddof=1) * math.sqrt(200) / tokens.sum()
    assert value.value == pytest.approx(math.exp(ratio), rel=1e-12)
    assert math.log(value.low) == pytest.approx(ratio - 1.959964 * error, rel=1e-6)
    assert math.log(value.high) == pytest.approx(ratio + 1.959964 * error, rel=1e-6)


def test_the_intervals_hold_the_truth_nineteen_times_of_twenty():
    rng = np.random.default_rng(1)
    big = drawn(rng, 2_000_000)
    truth, held = big[0].sum() / big[1].sum(), 0
    for _ in range(400):
        value = Perplexity().value(Perplexity().fold(batch_of(*drawn(rng, 80))))
        held += value.low <= math.exp(truth) <= value.high
    assert 365 <= held <= 395


def test_losses_that_no_exponential_holds():
    value = Perplexity().value(Perplexity().fold(batch_of([1e7, 1e7], [2, 2])))
    assert math.isfinite(value.value)
