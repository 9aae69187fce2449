"""Events of a run: what is written, when, and that it is whole at any time."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from engine.audit import audit, load
from engine.cli import main
from engine.journal import FILE, Event, Journal
from engine.local import Local
from engine.store import Store
from tests.engine.corpora import texts, write_jsonl, write_parquet, write_plan


def events(out):
    return [json.loads(line) for line in (out / FILE).read_text().splitlines()]


def event(done, seconds, of=1000, stage="read subject"):
    return Event(stage, done, of, 10 * done, 0, seconds)


def test_every_event_is_told_and_the_ends_of_stages_are_noted(tmp_path):
    told = []
    with Journal(Store(str(tmp_path)), told.append) as journal:
        for done in range(1001):
            journal(event(done, 0.01 * done))
    assert len(told) == 1001
    assert [one["done"] for one in events(tmp_path)] == [0, 1000]


def test_a_long_run_says_less_and_less_often(tmp_path):
    with Journal(Store(str(tmp_path))) as journal:
        for second in range(100_000):
            journal(event(second, float(second), of=10**6))
    times = [one["seconds"] for one in events(tmp_path)]
    assert times[1] - times[0] == 10
    assert times[-1] - times[-2] == pytest.approx(1000, rel=0.05)
    assert len(times) < 700


def test_a_run_that_goes_on_adds_to_what_is_there(tmp_path):
    for start in (0, 500):
        with Journal(Store(str(tmp_path))) as journal:
            journal(event(start, 0.1))
    assert [one["done"] for one in events(tmp_path)] == [0, 500]


def test_an_out_that_cannot_be_written_is_left_to_the_work_itself(tmp_path):
    (tmp_path / "file").touch()
    with Journal(Store(str(tmp_path / "file/out"))) as journal:
        journal(event(1000, 1.0))


@pytest.mark.parametrize("workers", [1, 3])
def test_an_audit_s_events_are_its_stages(tmp_path, workers):
    rows = texts(120)
    subject = write_jsonl(tmp_path / "subject.jsonl", rows)
    subject.write_text(subject.read_text() + "{broken\n" * 3)
    plan = write_plan(tmp_path / "audit.toml", subject, write_parquet(tmp_path / "reference", texts(40, seed=3), shards=2))
    audit(load(plan), Local(workers), str(tmp_path / "out"))
    found = events(tmp_path / "out")
    stages = json.loads((tmp_path / "out/provenance.json").read_text())["stages"]
    ended = [one for one in found if one["done"] == one["of"]]
    assert list(dict.fromkeys(one["stage"] for one in ended)) == list(dict.fromkeys(stage["stage"] for stage in stages))
    read = next(one for one in ended if one["stage"] == "read subject")
    assert read["bytes"] == subject.stat().st_size
    assert found[0]["quarantined"] == 0
    assert found[-1]["quarantined"] == 3
    assert all(set(one) == {"stage", "done", "of", "bytes", "quarantined", "seconds"} for one in found)
    assert [one["seconds"] for one in found] == sorted(one["seconds"] for one in found)


def test_the_command_ends_with_where_the_time_went(tmp_path):
    plan = write_plan(tmp_path / "audit.toml", write_parquet(tmp_path / "subject", texts(120), shards=3))
    done = CliRunner().invoke(main, ["audit", str(plan), "--out", str(tmp_path / "out"), "--workers", "2"])
    assert done.exit_code == 0, done.output
    provenance = json.loads((tmp_path / "out/provenance.json").read_text())
    table = done.stdout[done.stdout.index("done before") :].splitlines()
    rows = {line[2:].split("  ")[0]: line.split() for line in table if line.rstrip().endswith("%")}
    for stage in provenance["stages"]:
        assert stage["stage"] in rows
    assert rows["together"][1:] == [f"{provenance['seconds']:,.1f}", "100", "%"]
    parts = [float(row[-3].replace(",", "")) for name, row in rows.items() if name != "together"]
    assert sum(parts) == pytest.approx(provenance["seconds"], abs=0.1 * len(parts))
    assert "done_before" not in (tmp_path / "out/report.json").read_text()


KILLED = """
import sys
from engine.journal import Event, Journal
from engine.store import Store
import engine.journal

engine.journal.WRITE_SECONDS = 0.0
with Journal(Store(sys.argv[1])) as journal:
    for at in range(10**6):
        journal(Event(f"stage {at}", 1, 1, 0, 0, 0.1))
"""


def test_killed_at_any_moment_it_leaves_whole_lines(tmp_path):
    for tries in range(3):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
        deadline = time.monotonic() + 60
        before = len(events(tmp_path)) if tries else 0
        while not (tmp_path / FILE).exists() or len(events(tmp_path)) < before + 5:
            assert time.monotonic() < deadline
            time.sleep(0.003)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        found = events(tmp_path)
        assert len(found) >= before + 5
