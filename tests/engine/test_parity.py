"""One plan, the same bytes: on both backends, for any number of workers, and the same values however the data is cut."""

import shutil
import tempfile

import pytest
import ray

from engine.audit import audit, load
from engine.cluster import Cluster
from engine.demo.corpus import write_corpus
from engine.local import Local
from engine.report.model import plain
from engine.schema import Modality
from tests.engine.corpora import texts, write_jsonl, write_parquet, write_plan

ROWS = texts(400)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return write_parquet(tmp_path_factory.mktemp("reference") / "data", texts(150, seed=5) + ROWS[:20], shards=2)


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory, reference):
    folder = tmp_path_factory.mktemp("parity")
    return write_plan(folder / "audit.toml", write_parquet(folder / "subject", ROWS, shards=5), reference)


@pytest.fixture(scope="module")
def on_ray():
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # short: it holds Unix sockets
    options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR", "_temp_dir": folder}
    ray.init(address="local", num_cpus=3, **options)
    yield lambda out: Cluster(out)
    ray.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus") / "corpus"
    write_corpus(folder)
    return folder


@pytest.fixture(scope="module")
def expected(plan_file, tmp_path_factory):
    out = tmp_path_factory.mktemp("one") / "out"
    audit(load(plan_file), Local(1), str(out))
    return (out / "report.json").read_bytes()


def test_four_workers_give_the_bytes_of_one(plan_file, expected, tmp_path):
    audit(load(plan_file), Local(4), str(tmp_path / "out"))
    assert (tmp_path / "out/report.json").read_bytes() == expected


def test_ray_gives_the_bytes_of_one_process(plan_file, expected, tmp_path, on_ray):
    out = str(tmp_path / "out")
    with on_ray(out) as backend:
        audit(load(plan_file), backend, out)
    assert (tmp_path / "out/report.json").read_bytes() == expected


@pytest.mark.parametrize("modality", list(Modality))
def test_every_modality_gives_the_same_bytes_on_ray_and_with_four_workers(modality, corpus, tmp_path, on_ray):
    plan = load(corpus / f"{modality}.toml")
    audit(plan, Local(1), str(tmp_path / "one"))
    audit(plan, Local(4), str(tmp_path / "four"))
    with on_ray(str(tmp_path / "ray")) as backend:
        audit(plan, backend, str(tmp_path / "ray"))
    one, four, on_cluster = ((tmp_path / name / "report.json").read_bytes() for name in ("one", "four", "ray"))
    assert one == four == on_cluster


def test_what_ray_began_the_local_backend_ends(plan_file, expected, tmp_path, on_ray):
    out = tmp_path / "out"
    with on_ray(str(out)) as backend:
        audit(load(plan_file), backend, str(out))
    for name in ("complete.json", "report.json", "states/subject/00000001.json.zst", "states/subject.joined/00000000.json.zst"):
        (out / name).unlink()
    audit(load(plan_file), Local(2), str(out))
    assert (out / "report.json").read_bytes() == expected


def values(report):
    """Every number of a report, by metric and part; without evidence, whose ids depend on the cut."""
    found = {}
    for result in report.results:
        value = plain(result.value) if result.value is not None else None
        found[result.metric] = _numbers(value)
    return found


def _numbers(value):
    if value is None:
        return None
    by_file = ("removed by file", "without_a_shard")  # these are about the shards
    parts = {name: _numbers(part) for name, part in value["parts"].items() if name not in by_file}
    return {**{k: value[k] for k in ("value", "n", "low", "high", "skipped", "plot")}, "parts": parts}


@pytest.mark.parametrize("shards", [1, 7])
def test_the_cut_changes_no_value(shards, reference, expected, plan_file, tmp_path):
    whole = audit(load(plan_file), Local(2), str(tmp_path / "five"))
    subject = write_parquet(tmp_path / "subject", ROWS, shards, group=400 // shards)
    plan = load(write_plan(tmp_path / "audit.toml", subject, reference, unit_bytes=1 << 27))
    cut = audit(plan, Local(2), str(tmp_path / "out"))
    assert values(cut) == values(whole)
    assert any(result.value and result.value.value for result in cut.results)


def test_the_format_changes_no_value(reference, plan_file, tmp_path):
    whole = audit(load(plan_file), Local(2), str(tmp_path / "five"))
    subject = write_jsonl(tmp_path / "subject.jsonl", ROWS)
    lines = audit(load(write_plan(tmp_path / "audit.toml", subject, reference)), Local(2), str(tmp_path / "out"))
    assert values(lines) == values(whole)


class Deadly:
    """Work that kills its worker at one item, the first so many times."""

    name = "deadly"

    def __init__(self, folder, times):
        self.folder, self.times = folder, times

    @property
    def resources(self):
        from engine.feature import Resources

        return Resources()

    def open(self):
        import os
        import signal
        from pathlib import Path

        def step(item):
            folder = Path(self.folder)
            if item == 3:
                tries = len(list(folder.glob("try-*")))
                if tries < self.times:
                    (folder / f"try-{tries}").touch()
                    os.kill(os.getpid(), signal.SIGKILL)
            (folder / f"done-{item}").touch()

        return step

    def give_up(self, item, cause):
        from pathlib import Path

        (Path(self.folder) / f"gave-up-{item}").write_text(cause)


@pytest.mark.parametrize(("times", "given_up"), [(1, False), (99, True)])
def test_a_unit_that_kills_its_worker_is_tried_again_and_then_given_up(times, given_up, tmp_path, on_ray):
    done = []
    with on_ray(str(tmp_path / "out")) as backend:
        backend.stream(Deadly(str(tmp_path), times), range(6), done.append)
    assert sorted(done) == [0, 1, 2, 3, 4, 5]
    assert (tmp_path / "gave-up-3").exists() is given_up
    assert (tmp_path / "done-3").exists() is not given_up
    assert all((tmp_path / f"done-{item}").exists() for item in (0, 1, 2, 4, 5))


def test_a_partition_that_kills_its_worker_ends_the_audit_in_a_sentence(tmp_path, on_ray):
    from engine.errors import AuditorError

    with on_ray(str(tmp_path / "out")) as backend, pytest.raises(AuditorError) as raised:
        backend.exchange(Deadly(str(tmp_path), 99), range(6), lambda item: None)
    assert "deadly, item 3: its workers died too often (WorkerCrashedError" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_error_in_a_worker_is_raised_as_it_is(tmp_path, on_ray):
    from engine.errors import ShardFault

    class Broken(Deadly):
        def open(self):
            def step(item):
                raise ShardFault("part-1", "cut short")

            return step

    with on_ray(str(tmp_path / "out")) as backend:
        for verb in (backend.stream, backend.exchange):
            with pytest.raises(ShardFault, match="part-1: cut short"):
                verb(Broken(str(tmp_path), 0), [0, 1], lambda item: None)


@pytest.mark.parametrize("verb", ["stream", "exchange"])
def test_no_more_runs_at_once_than_fits_into_memory(verb, tmp_path, on_ray):
    """Three CPUs, and memory for one that takes more than half of it, or more than there is."""
    from engine.feature import Resources

    class Heavy(Deadly):
        def open(self):
            import os
            import time
            from pathlib import Path

            def step(item):
                here = Path(self.folder) / f"running-{os.getpid()}"
                here.touch()
                time.sleep(self.times)
                (Path(self.folder) / f"beside-{item}").write_text(str(len(list(Path(self.folder).glob("running-*")))))
                here.unlink()

            return step

    half = 0.6 * ray.cluster_resources()["memory"]
    for memory_bytes, seconds, at_once in ((half, 0.3, {1}), (10**15, 0.3, {1}), (10**8, 2, {2, 3})):
        Heavy.resources = Resources(memory_bytes=int(memory_bytes))
        folder = tmp_path / f"{memory_bytes:.0f}"
        folder.mkdir()
        with on_ray(str(folder / "out")) as backend:
            getattr(backend, verb)(Heavy(str(folder), seconds), range(6), lambda item: None)
        assert max(int(file.read_text()) for file in folder.glob("beside-*")) in at_once


@pytest.mark.parametrize("verb", ["stream", "exchange"])
def test_work_that_no_node_can_take_is_refused_before_it_begins(verb, tmp_path, on_ray):
    from engine.errors import UsageError
    from engine.feature import Resources

    class Big(Deadly):
        resources = Resources(gpus=1)

    with on_ray(str(tmp_path / "out")) as backend, pytest.raises(UsageError, match="deadly asks for 1 GPU a worker"):
        getattr(backend, verb)(Big(str(tmp_path), 0), [0, 1], lambda item: None)


@pytest.mark.parametrize("verb", ["stream", "exchange"])
def test_work_whose_node_never_comes_ends_with_its_name(verb, tmp_path, on_ray, monkeypatch):
    """An autoscaler's configuration says that a node with a GPU may come; there is no autoscaler to bring it."""
    from ray.core.generated.autoscaler_pb2 import ClusterConfig, NodeGroupConfig
    from ray.experimental import internal_kv

    from engine.cluster import backend as verbs
    from engine.errors import AuditorError
    from engine.feature import Resources

    class Big(Deadly):
        resources = Resources(gpus=1)

    monkeypatch.setattr(verbs, "NO_PROGRESS_SECONDS", 3)
    place = {"namespace": ray._raylet.GCS_AUTOSCALER_STATE_NAMESPACE}
    key = ray._raylet.GCS_AUTOSCALER_CLUSTER_CONFIG_KEY
    config = ClusterConfig(node_group_configs=[NodeGroupConfig(resources={"CPU": 1, "GPU": 1}, max_count=1)])
    internal_kv._internal_kv_put(key, config.SerializeToString(), **place)
    try:
        with on_ray(str(tmp_path / "out")) as backend, pytest.raises(AuditorError, match="deadly made no progress for 3 s"):
            getattr(backend, verb)(Big(str(tmp_path), 0), [0, 1], lambda item: None)
    finally:
        internal_kv._internal_kv_del(key, **place)


def test_prometheus_hears_what_this_run_did(tmp_path, on_ray):
    import time
    import urllib.request

    from engine.cluster.meters import exported
    from engine.journal import Event

    with on_ray(str(tmp_path / "out")) as backend:
        backend.told(Event("a stage of its own", done=2, of=9, bytes=700, quarantined=0, seconds=0.1))
        backend.told(Event("a stage of its own", done=5, of=9, bytes=1000, quarantined=4, seconds=2.0))
    url = f"http://127.0.0.1:{ray.nodes()[0]['MetricsExportPort']}/metrics"
    found, deadline = {}, time.monotonic() + 60
    while len(found) < len(exported()) and time.monotonic() < deadline:
        lines = urllib.request.urlopen(url).read().decode().splitlines()
        ours = [line for line in lines if 'stage="a stage of its own"' in line]
        found = {line.split("{")[0]: float(line.rsplit(" ", 1)[1]) for line in ours}
        time.sleep(0.5)
    assert found == dict(zip(exported(), [3, 300, 4, 4, 2.0], strict=True))
