"""Object storage: 2,000 shards listed, audited, deduplicated and written back, on a disk, on S3, and on S3 that fails.

The server is moto in a process of its own, the proxy before it answers a tenth of all requests as storage in trouble does
(`tests.engine.fault_proxy`). CPU is that of the command alone. Afterwards the files written must be the disk's, byte by byte.

``python -m benchmarks.object_storage [--shards 2000]``
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import fsspec

from benchmarks.machine import save
from benchmarks.process import measured
from tests.clusters.nodes import free_port
from tests.engine.corpora import texts, write_parquet, write_plan
from tests.engine.fault_proxy import FaultProxy

SHARDS, ROWS, RATE = 2000, 20, 0.1
METRICS = '[metrics."corpus.near_duplicates"]\n[metrics."text.distinct_n"]\n'
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
COMPARED = ("kept", "out/columns/relations.near_groups", "out/kept/relations.near_groups")


@contextmanager
def moto() -> Iterator[int]:
    """A local S3 server, by its port."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL
    ) as server:
        try:
            for _ in range(300):
                with suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/data.json").close()
                    break
                time.sleep(0.1)
            yield port
        finally:
            server.terminate()


def deduplicated(folder: Path, name: str, data: str, place: str, env: Mapping[str, str]) -> dict[str, Any]:
    """The cost of `auditor dedup --write` over data, into a place."""
    plan = write_plan(folder / f"{name}.toml", data, None, METRICS, unit_bytes=20_000)
    command = [sys.executable, "-m", "engine", "dedup", str(plan), "--out", f"{place}/out", "--write", f"{place}/kept"]
    return asdict(measured([*command, "--on", "local"], folder / f"{name}.log", env={**os.environ, **env}))


def files(url: str) -> dict[str, bytes]:
    """All files below a place, by the rest of their names."""
    fs, path = fsspec.core.url_to_fs(url)
    fs.invalidate_cache()
    return {name.partition(path.strip("/"))[2]: data for name, data in fs.cat(fs.find(path)).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shards", type=int, default=SHARDS)
    shards = parser.parse_args().shards
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="object-storage-") as made, moto() as port:
        folder = Path(made)
        data = write_parquet(folder / "data", texts(shards * ROWS), shards)
        found["a disk"] = deduplicated(folder, "disk", str(data), str(folder), {})
        os.environ |= {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        s3 = fsspec.filesystem("s3")
        s3.mkdir("corpora")
        s3.put(str(data), "corpora/data", recursive=True)
        for name, rate in (("S3", 0.0), ("S3, a tenth of all requests fails", RATE)):
            place = f"s3://corpora/rate-{rate}"
            with FaultProxy(port, rate) as proxy:
                cost = deduplicated(folder, f"rate-{rate}", "s3://corpora/data", place, {"AWS_ENDPOINT_URL": proxy.url})
                faults = {kind: proxy.faults[kind] for kind in sorted(proxy.faults) if kind}
                found[name] = {**cost, "requests": proxy.requests.total(), "faults": faults}
            different = [one for one in COMPARED if files(f"{place}/{one}") != files(f"{folder}/{one}")]
            if different:
                raise RuntimeError(f"{name}: other bytes than on the disk in {different}")
    save("object_storage", {"shards": shards, "rows": shards * ROWS, "storages": found})


if __name__ == "__main__":
    main()
