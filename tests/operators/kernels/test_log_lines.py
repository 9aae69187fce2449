"""Headers of lines by hand; templates beside drain3's."""

from collections import defaultdict
from datetime import datetime

import polars as pl
import pyarrow as pa
import pytest
from drain3.drain import Drain

from operators.kernels.log_lines import LAYOUTS, fields, shapes, templates
from tests.operators.semistructured.logs_given import SYSTEMS, needs_data, structured


@pytest.mark.parametrize(
    ("line", "content", "time", "level"),
    [
        ("2024-01-31 10:00:00,250 INFO up", "up", "2024-01-31 10:00:00.250", "INFO"),
        ("2024-01-31T10:00:00+02:00 [ERROR] up", "up", "2024-01-31 08:00:00", "ERROR"),
        ("[2024-01-31T10:00:00Z] up 3", "up 3", "2024-01-31 10:00:00", None),
        ("2024-06-31 10:00:00 WARN: up", "up", None, "WARN"),
        ("Feb 29 23:59:59 host cron[12]: up", "up", "2000-02-29 23:59:59", None),
        ("[Sun Dec 04 04:47:44 2005] [notice] up", "up", "2005-12-04 04:47:44", "notice"),
        ("17/06/09 20:10:40 INFO a.B: up", "up", "2017-06-09 20:10:40", "INFO"),
        ("081109 203615 148 WARN a.B: up", "up", "2008-11-09 20:36:15", "WARN"),
        ("up and running", "up and running", None, None),
    ],
)
def test_headers(line, content, time, level):
    found = fields(pa.array([line]), LAYOUTS)
    expected = time and int((datetime.fromisoformat(time) - datetime(1970, 1, 1)).total_seconds() * 1e6)
    assert (found["content"][0].strip(), found["time"][0], found["level"][0]) == (content, expected, level)


@needs_data
@pytest.mark.parametrize("system", SYSTEMS)
def test_templates_group_lines_as_drain3_does_that_sees_them_as_they_come(system):
    masked = shapes(pl.Series([record["Content"] for record in structured(system)])).to_list()
    drain = Drain()
    theirs = [drain.add_log_message(shape)[0].cluster_id for shape in masked]
    made = templates(list(set(masked)))
    assert groups(made[shape] for shape in masked) == groups(theirs)


@needs_data
@pytest.mark.parametrize("system", SYSTEMS)
def test_masked_lines_are_grouped_no_worse_than_lines_as_they_are(system):
    records, drain = structured(system), Drain()
    right = [record["EventTemplate"] for record in records]
    theirs = [drain.add_log_message(record["Content"])[0].cluster_id for record in records]
    masked = shapes(pl.Series([record["Content"] for record in records])).to_list()
    made = templates(list(set(masked)))
    accurate = [sum(len(lines) for lines in groups(right) & groups(of)) for of in ([made[one] for one in masked], theirs)]
    assert accurate[0] >= accurate[1]


def groups(names):
    found = defaultdict(list)
    for line, name in enumerate(names):
        found[name].append(line)
    return {tuple(lines) for lines in found.values()}
