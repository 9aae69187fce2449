"""`ray job submit` against a local head gives the report of the local backend, byte for byte."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from engine.audit import audit, load
from engine.local import Local
from tests.engine.corpora import texts, write_parquet, write_plan

ROOT = Path(__file__).parents[2]
RAY = Path(sys.executable).with_name("ray")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def head(tmp_path):
    """A head of its own: its ports, its temporary folder, no token; stopped by its process group."""
    dashboard, folder = free_port(), Path("/tmp") / f"ray-test-{os.getpid()}"
    env = {**os.environ, "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    command = [RAY, "start", "--head", "--block", f"--port={free_port()}", "--dashboard-host=127.0.0.1", "--num-cpus=3"]
    ports = [f"--dashboard-port={dashboard}", f"--ray-client-server-port={free_port()}", f"--temp-dir={folder}"]
    ports += [f"--dashboard-agent-listen-port={free_port()}", f"--metrics-export-port={free_port()}"]
    with open(tmp_path / "head.log", "wb") as log:
        process = subprocess.Popen([*command, *ports], env=env, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{dashboard}"
    try:
        _wait(f"{address}/api/version", process, tmp_path / "head.log")
        yield {**env, "RAY_API_SERVER_ADDRESS": address, "RAY_ADDRESS": address}
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(url, process, log, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"the head did not answer: {log.read_text()}")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_submitted_job_writes_the_report_of_the_local_backend(head, tmp_path):
    rows = texts(200)
    subject = write_parquet(tmp_path / "subject", rows, shards=3)
    reference = write_parquet(tmp_path / "reference", texts(80, seed=3) + rows[:9], shards=1)
    plan = write_plan(tmp_path / "audit.toml", subject, reference)
    audit(load(plan), Local(1), str(tmp_path / "local"))
    command = [str(ROOT / "clusters/submit.sh"), str(plan), str(tmp_path / "job")]
    done = subprocess.run(command, env=head, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "job/report.json").read_bytes() == (tmp_path / "local/report.json").read_bytes()
