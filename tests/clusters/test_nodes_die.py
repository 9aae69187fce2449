"""Three nodes: what an audit finds is the same bytes when workers, whole nodes and the driver are killed in its course."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from engine.audit import audit, load
from engine.local import Local
from tests.clusters.nodes import Node, environment, free_port
from tests.engine.corpora import texts, write_parquet, write_plan

METRICS = '[metrics."corpus.near_duplicates"]\n[metrics."corpus.near_overlap"]\n[metrics."text.distinct_n"]\n'
SECONDS_BETWEEN_KILLS = 2.5


class Cluster:
    """A head of one CPU and two nodes of two; a third takes the place of one that died."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._env, self._log = environment(), log
        self.address = f"127.0.0.1:{free_port()}"
        head = ["--head", f"--port={self.address.rpartition(':')[2]}", "--include-dashboard=false", "--num-cpus=1"]
        self.nodes = [Node([*head, f"--temp-dir={folder}", *_ports()], self._env, log / "head.log")]
        self.nodes[0].wait(self._answers)
        for _ in range(2):
            self.join()

    def join(self) -> None:
        """Bring a node of two CPUs."""
        log = self._log / f"node-{len(self.nodes)}.log"
        self.nodes.append(Node([f"--address={self.address}", "--num-cpus=2", *_ports()], self._env, log))

    def lose(self) -> None:
        """Kill the oldest node but the head, and bring another."""
        self.nodes.pop(1).kill()
        self.join()

    def stop(self) -> None:
        """The head last."""
        for node in reversed(self.nodes):
            node.stop()

    def _answers(self) -> bool:
        command = [sys.executable, "-c", f"from ray._raylet import GcsClient; GcsClient(address={self.address!r}).cluster_id"]
        return subprocess.run(command, env=self._env, capture_output=True).returncode == 0


def _ports() -> list[str]:
    return [
        f"--{name}={free_port()}" for name in ("dashboard-agent-listen-port", "metrics-export-port", "ray-client-server-port")
    ]


@pytest.fixture
def cluster(tmp_path):
    folder = Path("/tmp") / f"ray-nodes-{os.getpid()}"  # short: it holds Unix sockets
    made = Cluster(folder, tmp_path)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Killer(threading.Thread):
    """Kills a worker of a random node every few seconds, until it is told to end."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self.kills: list[Node] = []
        self._cluster, self._over, self._draw = cluster, threading.Event(), random.Random(0)

    def run(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_KILLS):
            alive = [(node, pid) for node in [*self._cluster.nodes] for pid in node.workers()]
            if alive:
                node, pid = self._draw.choice(alive)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.kills.append(node)

    def end(self) -> None:
        self._over.set()
        self.join()


def _columns(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((out / "columns/relations.near_groups").glob("*.arrow"))}


def _until(process: subprocess.Popen[str], reached) -> None:
    while process.poll() is None and not reached():
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_workers_nodes_and_driver_change_nothing(cluster, tmp_path):
    rows = texts(1200)
    reference = write_parquet(tmp_path / "reference", texts(100, seed=5) + rows[:20], shards=2)
    plan = write_plan(tmp_path / "audit.toml", write_parquet(tmp_path / "subject", rows, shards=24), reference, METRICS)
    audit(load(plan), Local(1), str(tmp_path / "one"))
    out = tmp_path / "nodes"
    command = [sys.executable, "-m", "engine", "audit", str(plan), "--out", str(out), "--on", "ray", "--quiet"]
    env = {**environment(), "RAY_ADDRESS": cluster.address}

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def committed(folder: str) -> int:
        return len([*out.glob(f"{folder}/[0-9]*")])

    units = len([*(tmp_path / "one/states/subject").glob("[0-9]*")])
    killer = Killer(cluster)
    driver = start()
    try:
        _until(driver, lambda: committed("states/subject") > units // 4)
        killer.start()
        cluster.lose()
        _until(driver, lambda: committed("rounds/*/*") > 0)
        driver.kill()
        driver.wait()
        kept = committed("states/subject")
        driver = start()
        _until(driver, lambda: committed("rounds/*/bands") > 0)
        cluster.lose()
        said, complained = driver.communicate(timeout=400)
    finally:
        killer.end()
        driver.kill()
    assert driver.returncode == 0, said + complained
    assert kept == units
    assert len(killer.kills) >= 5
    assert len({*killer.kills}) >= 2, "work was on several nodes"
    assert _columns(out) == _columns(tmp_path / "one")
    assert (out / "report.json").read_bytes() == (tmp_path / "one/report.json").read_bytes()
