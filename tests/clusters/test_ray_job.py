"""`ray job submit` against a local head gives the report of the local backend, byte for byte."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from engine.audit import audit, load
from engine.local import Local
from tests.clusters.nodes import Node, environment, free_port
from tests.engine.corpora import texts, write_jsonl, write_parquet, write_plan

ROOT = Path(__file__).parents[2]


@pytest.fixture
def head(tmp_path):
    """A head of its own: its ports, its temporary folder, no token."""
    dashboard, folder = free_port(), Path("/tmp") / f"ray-test-{os.getpid()}"
    env = environment()
    options = ["--head", f"--port={free_port()}", "--dashboard-host=127.0.0.1", "--num-cpus=3", f"--temp-dir={folder}"]
    options += [f"--dashboard-port={dashboard}", f"--ray-client-server-port={free_port()}"]
    options += [f"--dashboard-agent-listen-port={free_port()}", f"--metrics-export-port={free_port()}"]
    node = Node(options, env, tmp_path / "head.log")
    address = f"http://127.0.0.1:{dashboard}"
    try:
        node.wait(lambda: _answers(f"{address}/api/version"))
        yield {**env, "RAY_API_SERVER_ADDRESS": address, "RAY_ADDRESS": address}
    finally:
        node.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _answers(url):
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except OSError:
        return False
    return True


class Tunnel(threading.Thread):
    """A way to the head that can be cut: bytes go to and fro until then, and new connections are refused for a while."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.target, self.open, self.pairs = port, True, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.start()

    def run(self):
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return
            if not self.open:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            self.pairs += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(source, sink), daemon=True).start()

    @staticmethod
    def carry(source, sink):
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self, seconds):
        """Break every connection, and take none for so long."""
        self.open = False
        for end in self.pairs:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        time.sleep(seconds)
        self.open = True


def submitted(env, folder, plan, out, *options):
    """`auditor submit` of a plan, as a process."""
    cluster = folder / f"{Path(out).name}.toml"
    cluster.write_text(f'address = "{env["RAY_API_SERVER_ADDRESS"]}"\nworking_dir = "{ROOT}"\npass_env = ["AUDITOR_TEST"]\n')
    command = [sys.executable, "-m", "engine", "submit", str(plan), "--cluster", str(cluster), "--out", str(out), *options]
    environment = {**env, "AUDITOR_TEST": "seen", "AUDITOR_SECRET": "hush-hush"}
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.timeout(840)
def test_a_submitted_job_writes_the_report_of_the_local_backend(head, tmp_path):
    """By hand; by `auditor submit` with its connection cut in the middle; and an audit that fails. One head for all of them."""
    rows = texts(200)
    subject = write_parquet(tmp_path / "subject", rows, shards=3)
    reference = write_parquet(tmp_path / "reference", texts(80, seed=3) + rows[:9], shards=1)
    plan = write_plan(tmp_path / "audit.toml", subject, reference)
    audit(load(plan), Local(1), str(tmp_path / "local"))
    command = [str(ROOT / "clusters/submit.sh"), str(plan), str(tmp_path / "job")]
    # every worker of a job compiles the kernels anew: a job's folder is a new one
    done = subprocess.run(command, env=head, capture_output=True, text=True, timeout=780)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "job/report.json").read_bytes() == (tmp_path / "local/report.json").read_bytes()
    _submit_follows_a_job_through_a_lost_connection(head, tmp_path)
    _submit_detaches(head, tmp_path, plan)


def _submit_follows_a_job_through_a_lost_connection(head, folder):
    """A small audit, whose data has lines that cannot be read: it ends with 3, and Ray shows it as failed."""
    subject = write_jsonl(folder / "lines.jsonl", texts(30))
    subject.write_text(subject.read_text() + "{broken\n")
    plan = write_plan(folder / "lines.toml", subject, extra='[metrics."text.distinct_n"]')
    audit(load(plan), Local(1), str(folder / "lines-local"))
    tunnel = Tunnel(int(head["RAY_API_SERVER_ADDRESS"].rsplit(":", 1)[1]))
    process = submitted({**head, "RAY_API_SERVER_ADDRESS": tunnel.url}, folder, plan, folder / "lines-job")
    name = next(line for line in process.stderr if line.startswith("job auditor-")).split()[1].rstrip(":")
    tunnel.cut(seconds=4)
    said, complained = process.communicate(timeout=300)
    tunnel.listener.close()
    assert process.returncode == 3, said + complained
    assert "failed, exit code 3" in complained
    assert len(re.findall(r"^read subject: (\d+) of \1$", said, re.MULTILINE)) == 1
    assert "together" in said
    report = "report.json"
    assert (folder / "lines-job" / report).read_bytes() == (folder / "lines-local" / report).read_bytes()
    with urllib.request.urlopen(f"{head['RAY_API_SERVER_ADDRESS']}/api/jobs/{name}") as answer:
        document = json.loads(answer.read())
    assert document["status"] == "FAILED"
    assert document["driver_exit_code"] == 3
    assert "hush-hush" not in json.dumps(document)


def _submit_detaches(head, folder, plan):
    """The same plan into the same OUT: the job finds everything done, and ends by itself."""
    process = submitted(head, folder, plan, folder / "job", "--detach")
    said, complained = process.communicate(timeout=60)
    assert process.returncode == 0, complained
    url, document = f"{head['RAY_API_SERVER_ADDRESS']}/api/jobs/{said.strip()}", {}
    deadline = time.monotonic() + 120
    while document.get("status") != "SUCCEEDED":
        assert time.monotonic() < deadline, document
        time.sleep(0.5)
        with urllib.request.urlopen(url) as answer:
            document = json.loads(answer.read())
