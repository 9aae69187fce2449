"""Near-duplicates survive kills: of the process in every round, of Ray's workers as they run. Group ids stay the same bytes."""

import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import threading
from pathlib import Path

import pytest
import ray

from engine import exchange, routing
from engine.audit import audit, load
from engine.cluster import Cluster
from engine.local import Local
from tests.engine.corpora import texts, write_parquet, write_plan

METRICS = '[metrics."corpus.near_duplicates"]\n[metrics."corpus.near_overlap"]\n'
KILLS = 20


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    rows = texts(400)
    reference = write_parquet(folder / "reference", texts(100, seed=5) + rows[:20], shards=2)
    return write_plan(folder / "audit.toml", write_parquet(folder / "subject", rows, shards=3), reference, METRICS, 20_000)


def columns(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((out / "columns/relations.near_groups").glob("*.arrow"))}


def small_tasks() -> None:
    routing.ROWS_A_PARTITION = routing.ROWS_A_GROUP_PARTITION = exchange.ROWS_A_RANGE = 200


def counted(plan_file: str, out: str, names: "multiprocessing.Queue[list[str]]") -> None:
    """Audit in a process of its own, and tell every file in the order of its commit."""
    small_tasks()
    real, seen = os.replace, []

    def replace(source: str, target: str) -> None:
        real(source, target)
        seen.append(target)

    os.replace = replace
    audit(load(plan_file), Local(1), out)
    names.put(seen)


def killed(plan_file: str, out: str, at: int) -> None:
    """Audit in a process of its own, and be killed at a commit."""
    small_tasks()
    real, count = os.replace, 0

    def replace(source: str, target: str) -> None:
        nonlocal count
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
        real(source, target)

    os.replace = replace
    audit(load(plan_file), Local(1), out)


def test_killed_in_every_round_the_group_ids_are_the_same_bytes(plan_file, tmp_path):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.engine.test_near_faults"])
    names = context.Queue()
    whole = context.Process(target=counted, args=(str(plan_file), str(tmp_path / "whole"), names))
    whole.start()
    commits = names.get(timeout=120)
    whole.join()
    expected = columns(tmp_path / "whole")
    rounds = {name.split("/")[-2] for name in commits if "/rounds/" in name}
    at_rounds = [
        next(i for i, name in enumerate(commits, 1) if f"/{one}/" in name and "/rounds/" in name) for one in sorted(rounds)
    ]
    assert len(at_rounds) >= 11, rounds
    spread = random.Random(0).sample(range(1, len(commits)), KILLS - len(at_rounds) % KILLS)
    for at in sorted({*at_rounds, *spread}):
        out = tmp_path / f"killed-{at}"
        process = context.Process(target=killed, args=(str(plan_file), str(out), at))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        again = context.Process(target=counted, args=(str(plan_file), str(out), names))
        again.start()
        done = names.get(timeout=120)
        again.join()
        assert columns(out) == expected, commits[at - 1]
        committed = {name for name in commits[: at - 1] if "/rounds/" in name or "/states/" in name}
        assert not {name.split("whole/")[1] for name in committed} & {name.split(f"{out.name}/")[1] for name in done}
        shutil.rmtree(out)


def workers() -> list[int]:
    """The workers of this process's Ray. Its agents are no workers: a node dies with its agent."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            name = path.read_bytes()
            if name.startswith(b"ray::") and b"Agent" not in name and _below(int(path.parent.name), os.getpid()):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def _below(pid: int, root: int) -> bool:
    while pid > 1 and pid != root:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return pid == root


@pytest.mark.slow
def test_killing_workers_of_ray_changes_nothing(plan_file, tmp_path):
    audit(load(plan_file), Local(1), str(tmp_path / "one"))
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # short: it holds Unix sockets
    options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR", "_temp_dir": folder}
    over, kills = threading.Event(), []

    def kill() -> None:
        draw = random.Random(1)
        while not over.wait(1.5) and len(kills) < KILLS:  # a worker needs a second to start
            alive = workers()
            if alive:
                kills.append(draw.choice(alive))
                os.kill(kills[-1], signal.SIGKILL)

    ray.init(address="local", num_cpus=3, **options)
    killer = threading.Thread(target=kill)
    try:
        killer.start()
        with Cluster(str(tmp_path / "ray")) as backend:
            audit(load(plan_file), backend, str(tmp_path / "ray"))
    finally:
        over.set()
        killer.join()
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
    assert kills
    assert columns(tmp_path / "ray") == columns(tmp_path / "one")
    assert (tmp_path / "ray/report.json").read_bytes() == (tmp_path / "one/report.json").read_bytes()
