"""Object storage that fails on a tenth of all requests changes nothing; one that refuses ends the run, which then goes on."""

import random
from pathlib import Path

import fsspec
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from engine.audit import audit, load
from engine.dedup import deduplicate
from engine.destination import replaced
from engine.errors import StorageError
from engine.local import Local
from engine.storage.files import content, is_file
from engine.store import Store
from operators.benchmark import items
from operators.models import model_files
from tests.engine.corpora import texts, write_parquet, write_plan
from tests.engine.fault_proxy import FAULTS, FaultProxy

NEAR = "corpus.near_duplicates"
METRICS = f'[metrics."{NEAR}"]\n[metrics."text.distinct_n"]\n'
SECRET = "not-a-real-secret"


@pytest.fixture(scope="module")
def server():
    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    patch = pytest.MonkeyPatch()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        patch.setenv(name, value)
    yield started.get_host_and_port()[1]
    patch.undo()
    started.stop()


@pytest.fixture
def through(server, monkeypatch):
    """Reach the server through a proxy: its faults, by their rate."""
    opened = []

    def reach(rate: float = 0.0) -> FaultProxy:
        proxy = FaultProxy(server, rate)
        opened.append(proxy.__enter__())
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        S3FileSystem.clear_instance_cache()  # one made for another server would be handed out again
        return proxy

    yield reach
    for proxy in opened:
        proxy.__exit__()
    S3FileSystem.clear_instance_cache()


def files(url: str) -> dict[str, bytes]:
    fs, path = fsspec.core.url_to_fs(url)
    return {name.partition(path.strip("/"))[2]: data for name, data in fs.cat(fs.find(path)).items()}


def laid(folder: Path, shards: int, rows: int, where: str) -> Path:
    """A corpus in a bucket of its own, and the plan over it."""
    write_parquet(folder / "data", texts(shards * rows), shards)
    fs = fsspec.filesystem("s3")
    fs.mkdir(where)
    fs.put(str(folder / "data"), f"{where}/data", recursive=True)
    return write_plan(folder / "audit.toml", f"s3://{where}/data", None, METRICS, unit_bytes=20_000)


def rough(through, folder: Path, shards: int) -> FaultProxy:
    """Audit, deduplicate and write back through faults, and on this machine's disk: what comes of both is the same bytes."""
    through()
    plan = laid(folder, shards, 20, folder.name)
    proxy = through(0.1)
    found, told = deduplicate(load(plan), Local(2), f"s3://{folder.name}/out", f"s3://{folder.name}/kept")
    through()
    at_home = write_plan(folder / "home.toml", folder / "data", None, METRICS, unit_bytes=20_000)
    expected, written = deduplicate(load(at_home), Local(2), str(folder / "out"), str(folder / "kept"))
    for name in ("out/columns/relations.near_groups", "out/kept/relations.near_groups", "kept"):
        assert files(f"s3://{folder.name}/{name}") == files(str(folder / name)), name
    assert found.result(NEAR).value.value == expected.result(NEAR).value.value
    assert told == written
    assert written.read == 20 * shards == written.kept + written.removed
    assert {*proxy.faults} - {""} == {*FAULTS}
    assert 0.07 < proxy.faults.total() / proxy.requests.total() < 0.13
    return proxy


def test_faults_on_a_tenth_of_the_requests_change_nothing(through, tmp_path):
    proxy = rough(through, tmp_path, 40)
    assert proxy.requests.total() / 40 < 60, "requests a unit"


@pytest.mark.cluster
@pytest.mark.timeout(3600)
def test_faults_on_a_tenth_of_the_requests_of_2000_shards_change_nothing(through, tmp_path):
    rough(through, tmp_path, 2000)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ExpiredToken", "cannot be used: the credentials have expired: renew them and run the same command"),
        ("RequestTimeTooSkewed", "cannot be used: this machine's clock differs too much from the storage's"),
    ],
)
def test_storage_that_refuses_everything_ends_the_run_which_goes_on_later(through, tmp_path, code, sentence):
    calm = through()
    plan = laid(tmp_path, 8, 20, tmp_path.name)
    expected = audit(load(plan), Local(2), f"s3://{tmp_path.name}/whole")
    needed = calm.requests.total()
    for after in (needed // 4, needed // 2):
        proxy = through()
        proxy.refusing, proxy.after = code, after
        with pytest.raises(StorageError) as raised:
            audit(load(plan), Local(2), f"s3://{tmp_path.name}/out")
        assert sentence in str(raised.value)
        assert SECRET not in str(raised.value)
        through()
        kept = files(f"s3://{tmp_path.name}/out")
        assert any(name.startswith("/states/subject/") for name in kept)
        assert not any(b"quarantined" in data for name, data in kept.items() if name.startswith("/states"))
    assert audit(load(plan), Local(2), f"s3://{tmp_path.name}/out") == expected
    assert not expected.sides["subject"].records.quarantined


@pytest.mark.parametrize(
    "fates",
    [["dropped after"], ["", "dropped after"], ["", "dropped after", "NoSuchUpload"]],
    ids=["begun twice", "completed twice", "completed and forgotten"],
)
def test_an_upload_of_many_parts_is_there_whole_when_an_answer_was_lost(through, fates):
    """The first POST begins an upload, the second completes it; asked for again, some servers know no such upload any more."""
    data = random.Random(0).randbytes(60 << 20)  # s3fs sends parts of 50 MB
    proxy, left = through(), [*fates]
    fsspec.filesystem("s3").makedirs("uploads", exist_ok=True)
    proxy.fate = lambda method: left.pop(0) if method == "POST" and left else ""
    with Store("s3://uploads/out").created(f"{len(fates)}/big") as new:
        new.file.write(data)
    assert not left
    assert Store("s3://uploads/out").read(f"{len(fates)}/big") == data
    left += fates
    with replaced(f"s3://uploads/kept/{len(fates)}") as sink:
        sink.write(data)
    assert not left
    assert Store("s3://uploads/kept").read(str(len(fates))) == data


def test_what_a_plan_names_is_read_as_patiently_as_the_data(through):
    """A schema, a glob of a benchmark's files and a model's folder, with four in ten requests failing."""
    through()
    s3 = fsspec.filesystem("s3")
    s3.makedirs("named", exist_ok=True)
    schema, rows = b'{"type": "object"}', b'{"question": "how many apples?"}\n'
    model = {name: random.Random(name).randbytes(5000) for name in ("config.json", "tokenizer.json", "model.safetensors")}
    s3.pipe({"named/schema.json": schema, "named/bench/1.jsonl": rows, "named/bench/2.jsonl": rows})
    s3.pipe({f"named/model/{name}": data for name, data in model.items()})
    proxy = through(0.4)
    for _ in range(10):
        assert is_file("s3://named/schema.json")
        assert content("s3://named/schema.json", 1 << 20) == schema
    assert items.rows("s3://named/bench/*.jsonl") == [{"question": "how many apples?"}] * 2
    folder = model_files.fetched("s3://named/model")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == model
    assert proxy.faults.total() >= 10


def test_storage_that_does_not_answer_ends_the_run(through, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.storage.failures.time.sleep", lambda _: None)
    monkeypatch.setattr(S3FileSystem, "retries", 1)
    proxy = through()
    plan = laid(tmp_path, 8, 20, tmp_path.name)
    proxy.after, proxy.refusing = proxy.requests.total() + 100, "busy"
    with pytest.raises(StorageError, match=r"does not answer .*: the same command goes on from what is done"):
        audit(load(plan), Local(2), f"s3://{tmp_path.name}/out")
    proxy.refusing = ""
    assert audit(load(plan), Local(2), f"s3://{tmp_path.name}/out").sides["subject"].records.kept == 160
