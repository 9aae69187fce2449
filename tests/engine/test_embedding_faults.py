"""Embeddings survive the death of the worker that computes them: another does the unit again, in smaller batches."""

import contextlib
import os
import shutil
import signal
import tempfile
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray

from engine.audit import audit, load
from engine.cluster import Cluster
from engine.local import Local
from operators.kernels.vectors import matrix
from tests.engine.test_near_faults import workers
from tests.operators.tiny_bert import write_bert

pytest.importorskip("torch")
pytest.importorskip("transformers")
UNITS, ROWS = 3, 700


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    write_bert(folder / "model", hidden=256, layers=4, window=128)
    rng = np.random.default_rng(0)
    for unit in range(UNITS):
        rows = [" ".join(f"w{at}" for at in rng.integers(0, 60, int(rng.integers(5, 120)))) for _ in range(ROWS)]
        pq.write_table(pa.table({"text": rows}), folder / f"part-{unit}.parquet")
    plan = folder / "audit.toml"
    plan.write_text(
        f'[subject]\npath = "{folder}/part-*.parquet"\nmodality = "text"\n'
        f'[features.text_embedding]\nmodel = "{folder}/model"\n'
        '[metrics."corpus.vendi_score"]\n[metrics."corpus.truncated_share"]\n'
    )
    return plan


def embeddings(out):
    """The vectors of every unit, in the order of their files."""
    files = sorted((out / "features").rglob("*.arrow"))
    return np.concatenate([matrix(pa.ipc.open_file(file).read_all()["embedding"].combine_chunks())[0] for file in files])


def embedding_workers():
    """Those of the pool, which hold a model."""
    return [pid for pid in workers() if b"MapWorker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.slow
def test_a_dead_worker_is_replaced_and_halves_its_batches(plan_file, tmp_path):
    expected = audit(load(plan_file), Local(1), str(tmp_path / "one"))
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # short: it holds Unix sockets
    options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR", "_temp_dir": folder}
    out, over, killed, tries = tmp_path / "ray", threading.Event(), [], []

    def kill():
        while not over.wait(0.02):
            with contextlib.suppress(FileNotFoundError):  # the last of an audit is to remove them
                tries.append(max((len(list(item.iterdir())) for item in out.glob("attempts/*/*/*")), default=0))
            alive = embedding_workers() if any(tries) and not killed else []
            for worker in alive:  # all, for only one that has begun holds a unit that another must take up
                killed.append(worker)
                os.kill(worker, signal.SIGKILL)

    ray.init(address="local", num_cpus=3, **options)
    killer = threading.Thread(target=kill)
    try:
        killer.start()
        with Cluster(str(out)) as backend:
            report = audit(load(plan_file), backend, str(out))
    finally:
        over.set()
        killer.join()
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
    assert killed
    assert max(tries) == 2
    for name in ("corpus.vendi_score", "corpus.truncated_share"):
        assert report.result(name).value.value == pytest.approx(expected.result(name).value.value, rel=1e-4)
    assert report.sides["subject"].records.kept == UNITS * ROWS
    np.testing.assert_allclose(embeddings(out), embeddings(tmp_path / "one"), atol=1e-3)
