"""OUT on a disk that is full or read-only: one sentence, what is done is kept, and the same command goes on once it can."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.audit import audit, load
from engine.destination import replaced
from engine.local import Local
from tests.engine.corpora import texts, write_parquet, write_plan


@contextmanager
def mounted(place: Path, options: str):
    """A file system of its own; skips where none can be mounted."""
    place.mkdir(exist_ok=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def remounted(place: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)


@pytest.fixture
def plan_file(tmp_path):
    subject = write_parquet(tmp_path / "data", texts(400), shards=8)
    return write_plan(tmp_path / "audit.toml", subject, None, '[metrics."corpus.near_duplicates"]\n')


def command(plan_file: Path, out: Path) -> subprocess.CompletedProcess[str]:
    asked = [sys.executable, "-m", "engine", "audit", str(plan_file), "--out", str(out), "--on", "local", "--quiet"]
    return subprocess.run(asked, capture_output=True, text=True)


def test_a_full_disk(plan_file, tmp_path):
    expected = audit(load(plan_file), Local(2), str(tmp_path / "whole"))
    with mounted(tmp_path / "disk", "size=160k") as disk:
        done = command(plan_file, disk / "out")
        assert done.returncode == 2
        assert done.stderr.strip().count("\n") == 0
        assert f"{disk}/out cannot be written: the disk is full: make room and run the same command" in done.stderr
        assert not list((disk / "out").rglob(".*.*")), "nothing half written is left"
        kept = {path: path.stat().st_mtime_ns for path in (disk / "out/states").rglob("*.zst")}
        assert kept
        remounted(disk, "size=32m")
        assert command(plan_file, disk / "out").returncode == 0
        assert (disk / "out/report.json").read_bytes() == (tmp_path / "whole/report.json").read_bytes()
        assert {path: path.stat().st_mtime_ns for path in kept} == kept, "what is done is not done again"
    assert expected.sides["subject"].records.kept == 400


def test_a_read_only_disk(plan_file, tmp_path):
    with mounted(tmp_path / "disk", "size=32m") as disk:
        assert command(plan_file, disk / "out").returncode == 0
        (disk / "out/complete.json").unlink()
        (disk / "out/states/subject/00000003.json.zst").unlink()
        remounted(disk, "ro")
        done = command(plan_file, disk / "out")
        assert (done.returncode, done.stderr.strip().count("\n")) == (2, 0)
        assert f"{disk}/out cannot be written: the file system is read-only" in done.stderr
        assert command(plan_file, disk / "other").stderr.strip().endswith("the file system is read-only")
        remounted(disk, "rw")
        assert command(plan_file, disk / "out").returncode == 0
        stages = json.loads((disk / "out/provenance.json").read_text())["stages"]
        assert next(stage for stage in stages if stage["stage"] == "read subject")["done_before"] == 7


def test_a_shard_that_does_not_fit_is_not_there(tmp_path):
    with mounted(tmp_path / "disk", "size=64k") as disk:
        with pytest.raises(OSError, match="No space left"), replaced(f"{disk}/x") as sink:
            sink.write(bytes(1 << 20))
        assert not list(disk.iterdir())
