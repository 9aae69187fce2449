"""Times between lines beside scipy."""

import pyarrow as pa
import pytest
from scipy.stats import ks_2samp

from operators.kernels.log_lines import LAYOUTS, fields
from operators.semistructured.log_intervals import LogIntervals
from tests.operators.semistructured.logs_given import ODD_PIECES, long_and_short, measure, needs_data, raw


@needs_data
def test_intervals_are_scipys():
    sides = [raw("BGL"), raw("Spark")]
    times = [fields(pa.array(lines), LAYOUTS)["time"].diff().drop_nulls().to_numpy() for lines in sides]
    assert measure(LogIntervals(), *sides).value == pytest.approx(ks_2samp(*times).statistic, abs=0.01)


@pytest.mark.parametrize("piece", ODD_PIECES)
def test_hostile_lines(piece):
    metric = LogIntervals()
    state = metric.fold(long_and_short(piece))
    metric.compare(state, state)
