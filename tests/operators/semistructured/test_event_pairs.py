"""What follows what in a log, beside plain Python and scipy."""

from collections import Counter
from itertools import pairwise

import pyarrow as pa
import pytest
from scipy.spatial.distance import jensenshannon

from operators.kernels.log_lines import LAYOUTS, fields, shapes
from operators.semistructured.event_pairs import EventPairs
from tests.operators.semistructured.logs_given import ODD_PIECES, batch_of, long_and_short, measure, needs_data, raw


@needs_data
def test_pairs_are_counted_as_they_stand():
    sides = [raw("HDFS")[:500], raw("HDFS")[500:]]
    counts = []
    for lines in sides:
        events = shapes(fields(pa.array(lines), LAYOUTS)["content"]).to_list()
        counts.append(Counter(pairwise(events)))
    every = sorted({*counts[0], *counts[1]})
    expected = jensenshannon(*([side[pair] for pair in every] for side in counts), base=2) ** 2
    value = measure(EventPairs(), *sides)
    assert value.value == pytest.approx(expected, abs=1e-9)
    assert value.n == 499


def test_units_do_not_meet():
    metric = EventPairs()
    state = metric.fold(batch_of(["a", "b"])) + metric.fold(batch_of(["c", "d"], first=1 << 36))
    assert state["pairs"].pairs.total == 2
    joined = metric.fold(batch_of(["a", "b"])) + metric.fold(batch_of(["c", "d"], first=2))
    assert joined["pairs"].pairs.total == 3


@needs_data
def test_halves_of_a_log_are_nearer_than_logs_of_two_systems():
    ssh, linux = raw("OpenSSH"), raw("Linux")
    halves = measure(EventPairs(), ssh[:1000], ssh[1000:]).value
    assert halves < measure(EventPairs(), ssh, linux).value
    assert measure(EventPairs(), ssh, ssh).value == 0.0


@pytest.mark.parametrize("piece", ODD_PIECES)
def test_hostile_lines(piece):
    metric = EventPairs()
    state = metric.fold(long_and_short(piece))
    metric.compare(state, state)
