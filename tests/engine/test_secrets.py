"""Credentials that expire in the middle of an audit on Ray, and that secrets are in no OUT, output, log or report."""

import http.server
import os
import shutil
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import fsspec
import pytest
from click.testing import CliRunner
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from engine.audit import audit, load
from engine.cli import main
from engine.local import Local
from tests.clusters.nodes import environment
from tests.engine.corpora import texts, write_jsonl, write_parquet, write_plan
from tests.engine.fault_proxy import FaultProxy

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAQYLPMN5HHHFPZAM2",
    "AWS_SECRET_ACCESS_KEY": "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",
    "AWS_SESSION_TOKEN": "FwoGZXIvYXdzEHQaDPd0TheTokenOfASession",
}
PASSWORD, SIGNATURE = "correct-horse-battery", "c2lnbmF0dXJlIG9mIGEgVVJM"


@pytest.fixture
def storage(monkeypatch):
    """A proxy before a server of S3, reached with keys that look like real ones."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with FaultProxy(server.get_host_and_port()[1]) as proxy:
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": proxy.url, "AWS_DEFAULT_REGION": "us-east-1"}.items():
            monkeypatch.setenv(name, value)
        S3FileSystem.clear_instance_cache()
        yield proxy
    S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture
def ray_folder():
    folder = Path("/tmp") / f"ray-secrets-{os.getpid()}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def on_ray(plan, out, ray_folder):
    env = {**environment(), "RAY_TMPDIR": str(ray_folder), "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
    env.pop("RAY_ADDRESS", None)
    command = [sys.executable, "-m", "engine", "audit", str(plan), "--out", out, "--on", "ray", "--workers", "3"]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=240, check=False)


def contents(url):
    fs, path = fsspec.core.url_to_fs(url)
    fs.invalidate_cache()
    found: dict[str, bytes] = fs.cat(fs.find(path))
    return found


@pytest.mark.timeout(600)
def test_credentials_that_expire_on_ray_end_the_run_and_are_written_nowhere(storage, ray_folder, tmp_path):
    bucket = tmp_path.name.replace("_", "-")
    write_parquet(tmp_path / "data", texts(400), 12)
    fs = fsspec.filesystem("s3")
    fs.mkdir(bucket)
    fs.put(str(tmp_path / "data"), f"{bucket}/data", recursive=True)
    plan = write_plan(tmp_path / "audit.toml", f"s3://{bucket}/data", None, '[metrics."corpus.near_duplicates"]\n')
    before = storage.requests.total()
    expected = audit(load(plan), Local(2), f"s3://{bucket}/whole")
    storage.after = storage.requests.total() + (storage.requests.total() - before) // 2
    storage.refusing = "ExpiredToken"
    ended = on_ray(plan, f"s3://{bucket}/out", ray_folder)
    assert ended.returncode == 2, ended.stderr
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("auditor: s3://"), ended.stderr
    assert "the credentials have expired: renew them and run the same command, which goes on from what is done" in last
    assert "Traceback" not in ended.stderr
    storage.refusing = ""
    assert any("/states/" in name for name in contents(f"s3://{bucket}/out"))
    resumed = on_ray(plan, f"s3://{bucket}/out", ray_folder)
    assert resumed.returncode == 0, resumed.stderr
    out = contents(f"s3://{bucket}/out")
    assert out[f"{bucket}/out/report.json"] == contents(f"s3://{bucket}/whole")[f"{bucket}/whole/report.json"]
    assert not expected.sides["subject"].records.quarantined
    files = (path for path in ray_folder.rglob("*") if path.suffix in (".log", ".out", ".err"))
    logs = {str(path): path.read_bytes() for path in files}
    assert logs
    said = {"stdout and stderr": "".join((ended.stdout, ended.stderr, resumed.stdout, resumed.stderr)).encode()}
    for where, data in {**out, **logs, **said}.items():
        for name, secret in KEYS.items():
            assert secret.encode() not in data, f"{name} is in {where}"


@pytest.fixture
def web(tmp_path):
    """A folder on the web, which asks nobody who they are."""
    folder = tmp_path / "web"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield SimpleNamespace(folder=folder, at=f"127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


def test_what_a_url_holds_beside_its_place_is_written_nowhere(web, tmp_path):
    """A password and a signature in the plan: of the subject, the reference and a benchmark."""

    def url(name, signature=SIGNATURE):
        return f"http://me:{PASSWORD}@{web.at}/{name}?sig={signature}"

    for name in ("a", "b", "c"):
        write_jsonl(web.folder / f"{name}.jsonl", texts(60, seed=ord(name)))
    plan, out = tmp_path / "audit.toml", tmp_path / "out"

    def audited(signature):
        benchmark = f'[features.benchmark_match]\nbenchmarks = {{ mine = "{url("c.jsonl", signature)}" }}'
        extra = f'[metrics."corpus.near_duplicates"]\n[metrics."corpus.contamination"]\n{benchmark}'
        write_plan(plan, url("a.jsonl", signature), url("b.jsonl", signature), extra)
        done = CliRunner().invoke(main, ["audit", str(plan), "--out", str(out), "--on", "local"])
        return done, done.output + done.stderr

    done, said = audited(SIGNATURE)
    assert done.exit_code == 0, said
    report = (out / "report.json").read_bytes()
    again, said_again = audited("another-signature-of-the-same-data")
    assert again.exit_code == 0, said_again
    assert (out / "report.json").read_bytes() == report
    (web.folder / "a.jsonl").unlink()
    gone, said_gone = audited(SIGNATURE)
    assert gone.exit_code == 2
    written = {str(path): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for where, data in {**written, "outputs": (said + said_again + said_gone).encode()}.items():
        for secret in (PASSWORD, SIGNATURE, "another-signature"):
            assert secret.encode() not in data, f"{secret} is in {where}"
