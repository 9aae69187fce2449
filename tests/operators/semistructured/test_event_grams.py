"""Runs of events, beside plain Python and scipy."""

from collections import Counter

import pyarrow as pa
import pytest
from scipy.spatial.distance import jensenshannon

from operators.kernels.log_lines import LAYOUTS, fields, shapes
from operators.semistructured.event_grams import EventGrams
from operators.semistructured.event_pairs import EventPairs
from tests.operators.semistructured.logs_given import ODD_PIECES, batch_of, long_and_short, measure, needs_data, raw


def made(words):
    return [f"{word} {at}" for at, word in enumerate(words.split())]


@pytest.mark.parametrize("k", [2, 3, 5])
def test_runs_are_counted_as_they_stand(k):
    sides = made("a b c a b c a b d a b c"), made("a b c c b a a b c a b c a")
    counts = []
    for lines in sides:
        events = shapes(fields(pa.array(lines), LAYOUTS)["content"]).to_list()
        counts.append(Counter(tuple(events[at : at + k]) for at in range(len(events) - k + 1)))
    every = sorted({*counts[0], *counts[1]})
    expected = jensenshannon(*([side[run] for run in every] for side in counts), base=2) ** 2
    value = measure(EventGrams(k=k), *sides)
    assert value.value == pytest.approx(expected, abs=1e-9)
    assert value.n == len(sides[0]) - k + 1
    if k == 2:
        assert measure(EventPairs(), *sides).value == pytest.approx(value.value)


def test_longer_runs_see_an_order_that_pairs_do_not():
    one, other = made("a b c b " * 30), made("a b a b c b c b " * 15)
    assert measure(EventPairs(), one, other).value < 0.01
    assert measure(EventGrams(), one, other).value > 0.1


def test_units_do_not_meet():
    metric = EventGrams()
    state = metric.fold(batch_of(["a", "b", "c"])) + metric.fold(batch_of(["c", "d"], first=1 << 36))
    assert state["grams"].grams.total == 1
    joined = metric.fold(batch_of(["a", "b", "c"])) + metric.fold(batch_of(["c", "d"], first=3))
    assert joined["grams"].grams.total == 3
    assert metric.compare(metric.fold(batch_of(["a", "b"])), joined).reason == "the subject has no run of 3 lines"


@pytest.mark.parametrize("piece", ODD_PIECES)
def test_hostile_lines(piece):
    metric = EventGrams(k=2)
    state = metric.fold(long_and_short(piece))
    metric.compare(state, state)


@needs_data
def test_halves_of_a_log_are_nearer_than_logs_of_two_systems():
    ssh, linux = raw("OpenSSH"), raw("Linux")
    assert measure(EventGrams(), ssh[:1000], ssh[1000:]).value < measure(EventGrams(), ssh, linux).value
    assert measure(EventGrams(), ssh, ssh).value == 0.0
