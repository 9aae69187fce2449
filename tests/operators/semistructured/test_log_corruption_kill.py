"""Faults put into log lines: each is noticed where the log's form tells it."""

import pytest

from operators.semistructured.log_corruption_kill import LogCorruptionKill
from tests.operators.semistructured.logs_given import (
    ODD_PIECES,
    SYSTEMS,
    batch_of,
    long_and_short,
    measure,
    needs_data,
    parts,
    raw,
)

KINDS = {"impossible time", "truncated", "lost header", "misspelt level", "exchanged lines", "false alarms"}


def apache(n=30):
    return [f"[Mon Jun 09 06:{at:02d}:00 2025] [notice] worker in state {at}" for at in range(n)]


def iso(n=30):
    return [f"2024-01-31 10:{at:02d}:00 INFO worker in state {at}" for at in range(n)]


def test_all_faults_are_noticed_and_nothing_else():
    value = measure(LogCorruptionKill(), apache())
    assert set(value.parts) == KINDS
    assert (value.value, parts(value)["false alarms"]) == (1, 0)
    assert value.n == 4 * 30 + 29


def test_a_misspelt_level_after_an_iso_time_is_a_word():
    value = measure(LogCorruptionKill(), iso())
    assert parts(value)["misspelt level"] == 0
    assert {kind for kind, share in parts(value).items() if share == 1} == KINDS - {"misspelt level", "false alarms"}


def test_templates_notice_words():
    value = measure(LogCorruptionKill(templates=("worker in state <*>",)), [*iso(), "2024-01-31 10:00:00 INFO something else"])
    assert parts(value)["added word"] == 0  # <*> stands for anything
    assert (
        parts(measure(LogCorruptionKill(templates=("worker in state <*> now",)), [f"{line} now" for line in iso()]))[
            "added word"
        ]
        == 1
    )
    assert value.skipped == {"with a fault of their own, or no time": 1}


def test_a_header_of_one_s_own_with_sources():
    lines = [f"{at % 2} {at:02d}.01.2024 hello {at}" for at in range(1, 29)]
    metric = LogCorruptionKill(header=r"^(?P<source>\d) (?P<time>\d\d\.\d\d\.\d{4}) (?P<content>.*)", time="%d.%m.%Y")
    value = measure(metric, lines)
    assert value.parts["exchanged lines"].n == 26  # neighbours of one source
    assert (value.value, parts(value)["false alarms"]) == (1, 0)


def test_what_has_no_faults_put_in():
    value = measure(
        LogCorruptionKill(), [*apache(3), None, "no header", "2024-02-31 10:00:00 INFO x", "2024-01-31 " + "x" * 5000]
    )
    assert value.skipped == {"no line": 1, "too long to be sampled": 1, "with a fault of their own, or no time": 2}
    assert measure(LogCorruptionKill(), ["no header"]).reason == "no line has a time and no fault"
    assert measure(LogCorruptionKill(sampled=16), apache()).estimator == "sample"


@pytest.mark.parametrize("piece", ODD_PIECES)
def test_odd_lines_are_no_crash(piece):
    metric = LogCorruptionKill()
    metric.value(metric.fold(long_and_short(piece)))
    metric.value(metric.fold(batch_of([piece * 30, "2024-01-31 10:00:00 " + piece * 30])))


@needs_data
@pytest.mark.parametrize("system", SYSTEMS)
def test_faults_in_real_logs_are_noticed(system):
    value = measure(LogCorruptionKill(), raw(system))
    found = parts(value)
    assert found["impossible time"] == found["exchanged lines"] == 1
    assert found["truncated"] > 0.99
    assert found["lost header"] > 0.9
    assert found["false alarms"] == 0
