"""Headers, times and their order, by hand and beside loghub's fields."""

from itertools import pairwise

import pyarrow as pa
import pytest

from operators.kernels.log_lines import LAYOUTS, fields
from operators.semistructured.log_lines import LogLines
from tests.operators.semistructured.logs_given import (
    ODD_PIECES,
    SYSTEMS,
    long_and_short,
    measure,
    needs_data,
    parts,
    raw,
    structured,
)


def test_lines_by_hand():
    lines = [
        "2024-01-31 10:00:05 INFO up",
        "no header",
        "2024-01-31 10:00:04 INFO up",  # earlier than two lines before
        "2024-06-31 10:00:04 INFO up",  # no such day
        "2024-01-31 10:00:04 INFO up",
        " ",
        None,
    ]
    value = measure(LogLines(), lines)
    assert (value.value, value.n, value.skipped) == (0.5, 6, {"null": 1})
    assert parts(value) == {
        "header": pytest.approx(1 / 6),
        "time": pytest.approx(1 / 6),
        "empty": pytest.approx(1 / 6),
        "in order": 0.5,
    }


def test_a_header_of_ones_own():
    header = r"^(?P<source>\w+)\|(?P<time>[^|]+)\|(?P<level>\w+)\|(?P<content>.*)$"
    lines = [
        "a|31.1.2024 10:00|ok|x 1",
        "b|31.1.2024 09:00|OK|x 2",  # in order: b's first
        "a|31.1.2024 10:00|ok|y",
        "b|31.1.2024 08:00|bad|x 3",  # b goes back
        "a|noon|ok|x 4",
        "c",
    ]
    metric = LogLines(header=header, time="%d.%m.%Y %H:%M", levels=("ok",), templates=("x <*>",))
    assert parts(measure(metric, lines)) == {
        **dict.fromkeys(("header", "level", "template", "time"), pytest.approx(1 / 6)),
        "in order": 0.5,
    }


@needs_data
@pytest.mark.parametrize("system", SYSTEMS)
def test_headers_of_loghub(system):
    lines, records = raw(system), structured(system)
    found = fields(pa.array(lines), LAYOUTS)
    same = [a.strip() == b["Content"].strip() for a, b in zip(found["content"], records, strict=True)]
    assert sum(not one for one in same) == (system == "Linux")  # one line of it: "combo  -- root[2421]: ..."
    times = found["time"].drop_nulls().to_list()
    value = measure(LogLines(), lines)
    back = sum(later < earlier for earlier, later in pairwise(times))
    assert value.parts["in order"].value == pytest.approx(1 - back / (len(times) - 1), abs=1e-12)
    assert value.value == pytest.approx(1 - (system == "Linux") / 2000)
    assert back == {"Apache": 33, "Linux": 3}.get(system, 0)


@pytest.mark.parametrize("piece", ODD_PIECES)
def test_hostile_lines(piece):
    metric = LogLines()
    state = metric.fold(long_and_short(piece))
    metric.value(state)
