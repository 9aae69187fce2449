"""Killing an audit at any commit and starting it again ends with the same bytes, and does only what is missing."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.audit import audit, load
from engine.local import Local
from engine.store import Store
from tests.engine.corpora import texts, write_parquet, write_plan


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resume")
    rows = texts(300)
    subject = write_parquet(folder / "subject", rows, shards=3)
    reference = write_parquet(folder / "reference", texts(120, seed=5) + rows[:20], shards=2)
    return write_plan(folder / "audit.toml", subject, reference)


@pytest.fixture(scope="module")
def expected(plan_file, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out"
    audit(load(plan_file), Local(1), str(out))
    return (out / "report.json").read_bytes()


def die_at(plan_file: str, out: str, write: int, after: bool) -> None:
    """In a process of its own: audit, and be killed at the n-th file that is committed, before or after the commit."""
    real, count = os.replace, 0

    def replace(source: str, target: str) -> None:
        nonlocal count
        count += 1
        if count == write and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        real(source, target)
        if count == write:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = replace
    audit(load(plan_file), Local(1), out)


def committed(out: Path) -> dict[str, int]:
    return {str(p.relative_to(out)): p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file() and p.name[0] != "."}


def test_killed_at_every_few_commits_it_ends_with_the_same_bytes(plan_file, expected, tmp_path):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.engine.test_resume"])
    whole = tmp_path / "count"
    audit(load(plan_file), Local(1), str(whole))
    out = tmp_path / "killed"
    kills = 0
    for at in (1, 2, 3, 5, 8, 3, 4, 1, 2, 6, 7, 2, 5, 1, 3, 2):
        process = context.Process(target=die_at, args=(str(plan_file), str(out), at, at % 2 == 0))
        before = committed(out) if out.exists() else {}
        process.start()
        process.join()
        after = committed(out)
        again = [
            n for n, written in before.items() if after.get(n) != written and n.startswith(("states", "evidence", "manifest"))
        ]
        assert not again, "what was committed is not done again"
        kills += process.exitcode == -signal.SIGKILL
        if (out / "complete.json").exists():
            break
    assert kills >= 8
    audit(load(plan_file), Local(1), str(out))
    assert (out / "report.json").read_bytes() == expected


def test_killing_the_command_at_any_time_changes_nothing(plan_file, expected, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "engine", "audit", str(plan_file), "--out", str(out), "--quiet", "--workers", "4"]
    for seconds in (1.0, 2.0, 2.5, 3.0):
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        time.sleep(seconds)
        process.kill()
        process.wait()
    done = subprocess.run(command, check=True, capture_output=True)
    assert done.returncode == 0
    assert (out / "report.json").read_bytes() == expected


@pytest.mark.slow
def test_killing_the_driver_of_a_run_on_ray_changes_nothing(plan_file, expected, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "engine", "audit", str(plan_file), "--out", str(out), "--quiet", "--on", "ray"]
    states = out / "states/subject"
    for committed_units in (1, 4):
        process = subprocess.Popen([*command, "--workers", "2"], stderr=subprocess.DEVNULL)
        while process.poll() is None and len([*states.glob("0*")]) < committed_units:
            time.sleep(0.01)
        process.kill()
        process.wait()
        assert not (out / "complete.json").exists()
    subprocess.run([*command, "--workers", "2"], check=True, stderr=subprocess.DEVNULL)
    assert (out / "report.json").read_bytes() == expected


def test_only_what_is_missing_is_done_again(plan_file, expected, tmp_path):
    out = tmp_path / "out"
    audit(load(plan_file), Local(1), str(out))
    store = Store(str(out))
    for name in ("complete.json", "states/subject/00000002.json.zst"):
        (out / name).unlink()
    kept = (out / "states/subject/00000001.json.zst").stat().st_mtime_ns
    audit(load(plan_file), Local(1), str(out))
    stages = {stage["stage"]: stage for stage in store.read_json("provenance.json")["stages"]}
    assert stages["read subject"]["items"] - stages["read subject"]["done_before"] == 1
    assert stages["read reference"]["items"] == stages["read reference"]["done_before"]
    assert (out / "states/subject/00000001.json.zst").stat().st_mtime_ns == kept
    assert (out / "report.json").read_bytes() == expected


def test_a_finished_audit_is_not_run_again(plan_file, tmp_path):
    out = tmp_path / "out"
    first = audit(load(plan_file), Local(1), str(out))
    before = committed(out)
    assert audit(load(plan_file), Local(1), str(out)) == first
    assert committed(out) == before


def test_data_that_changed_in_between_is_refused(tmp_path):
    subject = write_parquet(tmp_path / "subject", texts(50), shards=2)
    plan_file = write_plan(tmp_path / "audit.toml", subject)
    out = tmp_path / "out"
    audit(load(plan_file), Local(1), str(out))
    (out / "complete.json").unlink()
    (subject / "part-000.parquet").unlink()
    from engine.errors import StoreError

    with pytest.raises(StoreError, match=r"part-000\.parquet"):
        audit(load(plan_file), Local(1), str(out))


def test_another_plan_never_overwrites_an_audit(tmp_path):
    from engine.errors import StoreError

    subject = write_parquet(tmp_path / "subject", texts(50), shards=1)
    out = tmp_path / "out"
    one = write_plan(tmp_path / "one.toml", subject, extra='[metrics."corpus.exact_duplicates"]')
    two = write_plan(tmp_path / "two.toml", subject, extra='[metrics."text.distinct_n"]\nsize = 2048')
    audit(load(one), Local(1), str(out))
    before = (out / "report.json").read_bytes()
    with pytest.raises(StoreError, match=r"another plan .*distinct_n"):
        audit(load(two), Local(1), str(out))
    assert (out / "report.json").read_bytes() == before
    assert "corpus.exact_duplicates" in json.loads((out / "plan.json").read_text())["versions"]


def test_a_folder_of_something_else_is_refused(tmp_path):
    from engine.errors import StoreError

    subject = write_parquet(tmp_path / "subject", texts(20), shards=1)
    with pytest.raises(StoreError, match="not empty"):
        audit(load(write_plan(tmp_path / "audit.toml", subject)), Local(1), str(subject))
