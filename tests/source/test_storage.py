"""Data wherever it is: memory, S3 (a local server), HTTP; and one clear sentence where it cannot be had."""

import functools
import http.server
import io
import threading

import boto3
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import s3fs
from moto.server import ThreadedMotoServer

from engine.errors import PlanError, ShardFault, SourceError, StorageError
from engine.source.dataset import Dataset
from engine.source.freeze import freeze
from engine.source.listing import listed
from engine.source.peek import peek
from engine.source.read import read
from engine.storage.failures import ended
from engine.storage.files import content, is_file
from engine.storage.names import redact, url_of
from engine.storage.reading import Patient


def parquet(values):
    out = io.BytesIO()
    pq.write_table(pa.table({"text": values, "other": values}), out)
    return out.getvalue()


def texts(rows, path):
    return [row["text"] for row in rows(Dataset(path=path, modality="text"), ("text",))]


@pytest.mark.parametrize("path", ["memory://bucket/data", "memory://bucket/data/*.parquet", "memory://bucket/data/b.parquet"])
def test_memory(rows, path):
    fs = fsspec.filesystem("memory")
    fs.pipe({"/bucket/data/a.parquet": parquet(["a"]), "/bucket/data/b.parquet": parquet(["b"])})
    try:
        expected = ["b"] if path.endswith("b.parquet") else ["a", "b"]
        assert texts(rows, path) == expected
        shards = freeze(Dataset(path=path, modality="text")).shards
        assert [shard.path for shard in shards] == [f"memory://bucket/data/{name}.parquet" for name in expected]
    finally:
        fs.rm("/bucket", recursive=True)


@pytest.fixture(name="bucket", scope="module")
def _bucket():
    with pytest.MonkeyPatch.context() as patch:
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        server.start()
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        for name, value in (
            ("AWS_ENDPOINT_URL", url),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "hush-hush"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ):
            patch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        client = boto3.client("s3", endpoint_url=url)
        client.create_bucket(Bucket="corpora")
        client.put_object(Bucket="corpora", Key="set/a.parquet", Body=parquet(["a", "aa"]))
        client.put_object(Bucket="corpora", Key="set/b.jsonl", Body=b'{"text": "b"}\n' * 100)
        yield url
        server.stop()
        s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.parametrize("path", ["s3://corpora/set", "s3://corpora/set/*", "s3://corpora/set/"])
def test_s3(bucket, rows, path):
    assert texts(rows, path) == ["a", "aa"] + ["b"] * 100
    manifest = freeze(Dataset(path=path, modality="text"), unit_bytes=300)
    assert [shard.path for shard in manifest.shards] == ["s3://corpora/set/a.parquet", "s3://corpora/set/b.jsonl"]
    assert all(len(shard.version) == 32 for shard in manifest.shards)
    dataset = Dataset(path=path, modality="text")
    cut = [value for unit in manifest.units for batch in read(dataset, manifest, unit, ("text",)) for value in batch["text"]]
    assert [value.as_py() for value in cut] == ["a", "aa"] + ["b"] * 100


def test_prefixes_are_listed_side_by_side(bucket):
    fs = fsspec.filesystem("s3")
    keys = {f"corpora/tree/{a}/{b}/{c}.jsonl" for a in range(3) for b in range(9) for c in range(3)}
    keys |= {
        "corpora/tree/top.jsonl",
        "corpora/tree/2/half.jsonl",
        "corpora/tree/_hidden/x.jsonl",
        "corpora/tree/one/a/b/c/d/deep.jsonl",
    }
    for key in keys:
        fs.pipe_file(key, b"{}")
    fs.pipe_file("corpora/tree/marker/", b"")
    _, files, single = listed("s3://corpora/tree")
    assert {file.path for file in files} == {key for key in keys if "_hidden" not in key}
    assert {file.path for file in files} == {key for key in fs.find("corpora/tree") if "_hidden" not in key and key[-1] != "/"}
    assert len({file.version for file in files}) == 1
    assert not single


@pytest.mark.parametrize(
    "pattern",
    [
        *("*/*.jsonl", "*/train/*.jsonl", "en*/t*/*", "*/train/0.jsonl", "*/none/*.jsonl", "**/*.jsonl", "en/**/0.jsonl"),
        *("*/**/0.jsonl", "*/train/**", "e?/train/[01].jsonl", "de/train/?.jsonl", "[[]x]/train/*", "**"),
    ],
)
def test_globs_are_listed_side_by_side_as_fsspec_matches_them(bucket, pattern):
    fs = fsspec.filesystem("s3")
    keys = [f"corpora/languages/{a}/{b}/{c}.jsonl" for a in ("de", "en", "[x]") for b in ("train", "dev") for c in range(3)]
    fs.pipe(dict.fromkeys([*keys, "corpora/languages/top.jsonl", "corpora/languages/en/train/deep/er/0.jsonl"], b"{}"))
    expected = [path for path, info in fs.glob(f"corpora/languages/{pattern}", detail=True).items() if info["type"] == "file"]
    if not expected:
        with pytest.raises(SourceError, match="nothing matches"):
            listed(f"s3://corpora/languages/{pattern}")
        return
    _, files, single = listed(f"s3://corpora/languages/{pattern}")
    assert sorted(file.path for file in files) == sorted(expected)
    assert not single


@pytest.mark.parametrize("name", ["a#1.jsonl", "what?.jsonl", "b@c.jsonl", "100%.jsonl", "d e.jsonl"])
def test_odd_keys_are_told_apart(bucket, rows, name):
    fs = fsspec.filesystem("s3")
    fs.pipe({f"corpora/odd/{name}": b'{"text": "odd"}', "corpora/odd/a#2.jsonl": b'{"text": "even"}'})
    assert texts(rows, f"s3://corpora/odd/{name}") == ["odd"]
    shards = freeze(Dataset(path="s3://corpora/odd", modality="text")).shards
    assert {f"s3://corpora/odd/{name}", "s3://corpora/odd/a#2.jsonl"} <= {shard.path for shard in shards}


@pytest.mark.parametrize("path", ["s3://corpora/nothing", "s3://no-such-bucket/x", "s3://corpora/*.csv"])
def test_s3_with_nothing_there(bucket, path):
    with pytest.raises(SourceError, match=path.replace("*", r"\*")):
        freeze(Dataset(path=path, modality="text"))


def test_s3_without_credentials(bucket, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nonexistent")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(SourceError, match="s3://corpora/set cannot be read: no credentials were found"):
        freeze(Dataset(path="s3://corpora/set", modality="text"))
    s3fs.S3FileSystem.clear_instance_cache()


class Forbidden(http.server.BaseHTTPRequestHandler):
    """Refuses everything, as S3 does."""

    def do_GET(self):
        body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":  # what follows the headers of an answer to HEAD is taken for the next answer, and malformed
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name that the base class calls

    def log_message(self, *_):
        """Quiet."""


def served(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def test_s3_without_access(bucket, monkeypatch):
    server, url = served(Forbidden)
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(SourceError, match="s3://corpora/set cannot be read: access is denied") as caught:
        freeze(Dataset(path="s3://corpora/set", modality="text"))
    assert "hush-hush" not in str(caught.value)
    server.shutdown()
    s3fs.S3FileSystem.clear_instance_cache()


class Ranged(http.server.SimpleHTTPRequestHandler):
    """A file server that says nothing."""

    def log_message(self, *_):
        """Quiet."""


def test_http(rows, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    server, url = served(functools.partial(Ranged, directory=str(tmp_path)))
    assert texts(rows, f"{url}/a.jsonl") == ["a"]
    assert texts(rows, f"{url}/") == ["a"]
    assert texts(rows, f"{url}/a.jsonl?token=hush") == ["a"]
    signed = freeze(Dataset(path=f"{url}/a.jsonl?token=hush", modality="text"))
    assert "hush" not in str(signed.to_json())
    with pytest.raises(SourceError, match="cannot be read") as caught:
        freeze(Dataset(path=f"{url}/none.jsonl?token=hush", modality="text"))
    assert "hush" not in str(caught.value)
    server.shutdown()


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/nowhere/at/all.jsonl", "/nowhere/at/all.jsonl cannot be read: there is nothing there"),
        ("nothing-*.jsonl", r"nothing-\*.jsonl holds no data"),
        ("unknown://x/y", "unknown://x/y cannot be opened: Protocol not known"),
    ],
)
def test_nothing_there(path, cause):
    with pytest.raises(SourceError, match=cause):
        freeze(Dataset(path=path, modality="text"))


def test_an_empty_folder_and_one_without_data(tmp_path):
    with pytest.raises(SourceError, match="holds no data"):
        freeze(Dataset(path=str(tmp_path), modality="text"))
    (tmp_path / "README.md").write_text("# nothing")
    with pytest.raises(SourceError, match="no file in a known format"):
        freeze(Dataset(path=str(tmp_path), modality="text"))


def test_a_missing_package_names_the_extra(monkeypatch):
    from fsspec.registry import known_implementations

    monkeypatch.setitem(known_implementations, "gs", {"class": "no_such_package.FS", "err": "install gcsfs"})
    with pytest.raises(SourceError, match=r"pip install 'llm-data-auditor\[gs\]'"):
        freeze(Dataset(path="gs://bucket/x", modality="text"))


def test_a_shard_that_is_gone_is_a_fault(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    dataset = Dataset(path=str(tmp_path), modality="text")
    manifest = freeze(dataset)
    (tmp_path / "a.jsonl").unlink()
    with pytest.raises(ShardFault, match="gone since the audit began"):
        list(read(dataset, manifest, manifest.units[0], ("text",)))


def test_a_first_look_reads_only_the_beginning(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "a"}\n' * 200_000 + b"garbage")
    (tmp_path / "b.jsonl").write_bytes(b"garbage")
    assert peek(Dataset(path=str(tmp_path), modality="text"), rows=10).sample.num_rows == 10


class Flaky:
    """A file system whose reads fail now and then."""

    protocol = "flaky"

    def __init__(self, data, failures):
        self.data, self.failures, self.opened = data, failures, 0

    def size(self, path):
        return None

    def open(self, path, mode, block_size):
        self.opened += 1
        outer = self

        class File(io.BytesIO):
            def read(self, size=-1):
                if outer.failures:
                    raise outer.failures.pop()
                return super().read(size)

        return File(self.data)


def test_transient_failures_are_waited_out(monkeypatch):
    monkeypatch.setattr("engine.storage.failures.time.sleep", lambda _: None)
    flaky = Flaky(b"0123456789", [ConnectionResetError(), TimeoutError()])
    file = Patient(flaky, "x")
    assert file.read(4) + file.read(4) + file.read(4) == b"0123456789"
    assert flaky.opened == 3
    with pytest.raises(StorageError, match=r"flaky://x does not answer \(TimeoutError\): the same command goes on"):
        Patient(Flaky(b"x", [TimeoutError()] * 9), "x").read(1)
    with pytest.raises(PermissionError):
        Patient(Flaky(b"x", [PermissionError()]), "x").read(1)


def test_whether_a_file_is_there_is_not_told_by_an_error(monkeypatch):
    fs = fsspec.filesystem("memory")
    fs.pipe("/named/a.json", b"{}")
    asked = iter([ConnectionError("cut off"), TimeoutError("late")])
    there = type(fs).info

    def info(self, path, **options):
        if (error := next(asked, None)) is not None:
            raise error
        return there(self, path, **options)

    monkeypatch.setattr(type(fs), "info", info)
    monkeypatch.setattr("engine.storage.failures.time.sleep", lambda _: None)
    assert is_file("memory://named/a.json")
    assert not is_file("memory://named/b.json")
    assert not is_file("memory://named")
    with pytest.raises(SourceError, match=r"memory://named/b\.json cannot be read: there is nothing there"):
        content("memory://named/b.json", 10)
    with pytest.raises(SourceError, match="is larger than 0 MiB"):
        content("memory://named/a.json", 1)


def test_what_broke_is_named_not_what_it_was_taken_for():
    gone = FileNotFoundError("https://host/a")
    gone.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert "https://host/a does not answer (Connection refused)" in str(ended(gone, "https://u:p@host/a"))
    assert ended(FileNotFoundError("https://host/a"), "https://host/a") is None


def test_two_paths_that_no_report_could_tell_apart_are_refused():
    with pytest.raises(PlanError, match=r"are https://host/a\.jsonl but for what no report tells"):
        Dataset(path=("https://host/a.jsonl?part=1", "https://host/a.jsonl?part=2"), modality="text")


def test_secrets_are_redacted():
    assert redact("s3://key:secret@bucket/a") == "s3://bucket/a"
    assert redact("simplecache::https://u:p@host/a?sig=x#y") == "simplecache::https://host/a"
    assert redact("/plain/p@th?x") == "/plain/p@th?x"
    assert url_of(fsspec.filesystem("memory"), "/a/b", "simplecache::memory://a") == "simplecache::memory://a/b"
