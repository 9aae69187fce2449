"""An audit whose data and OUT lie in object storage gives the values of the same audit on disk, and resumes there."""

import fsspec
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from engine.audit import audit, load
from engine.local import Local
from engine.report.model import plain
from engine.store import Store
from tests.engine.corpora import texts, write_parquet, write_plan


@pytest.fixture(scope="module", autouse=True)
def bucket():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    patch = pytest.MonkeyPatch()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "not-a-real-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        patch.setenv(name, value)
    S3FileSystem.clear_instance_cache()  # one made for another server would be handed out again, with what it remembers
    fsspec.filesystem("s3").makedirs("corpora", exist_ok=True)  # moto keeps its buckets from one server to the next
    yield
    patch.undo()
    S3FileSystem.clear_instance_cache()
    server.stop()


def values(report):
    found = {result.metric: plain(result.value) for result in report.results}
    del found["corpus.near_duplicates"]["parts"]["removed by file"]  # it names the files
    del found["text.resampling_stability"]["parts"]["without_a_shard"]["reason"]  # it names the file
    return found


@pytest.mark.parametrize("out", ["s3://corpora/out", "memory://object-storage-out"])
def test_data_and_out_in_object_storage(out, tmp_path):
    rows = texts(200)
    folder = write_parquet(tmp_path / "data", rows, shards=3)
    where = f"corpora/{tmp_path.name}"
    fsspec.filesystem("s3").put(str(folder), where, recursive=True)
    on_disk = audit(load(write_plan(tmp_path / "disk.toml", folder)), Local(2), str(tmp_path / "out"))
    plan = load(write_plan(tmp_path / "s3.toml", f"s3://{where}"))
    report = audit(plan, Local(2), out)
    assert values(report) == values(on_disk)
    assert report.sides["subject"].records.kept == 200
    store = Store(out)
    page = store.read("report.html").decode() + store.read("provenance.json").decode() + store.read("plan.json").decode()
    assert "not-a-real-secret" not in page
    before = store.read("report.json")
    store.remove(["states/subject.joined"])
    for name in ("complete.json", "report.json"):
        fs, path = fsspec.core.url_to_fs(f"{out}/{name}")
        fs.rm(path)
    audit(plan, Local(2), out)
    assert store.read("report.json") == before
