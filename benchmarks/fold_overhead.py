"""What does the engine cost over a hand-written loop?

The same three cheap metrics (well-formed, C4 rules, FineWeb rules) over 1 GB of Parquet text, side by side in one run:

- loop: two threads over the files, `pyarrow.parquet` batches, the kernels called by hand, states added; nothing stored.
- local: the streaming pass of the in-process backend, two threads.
- ray: the streaming pass on Ray Data, two CPUs; cold (workers start and import) and warm (the same pass into another OUT).

Seconds are those of the pass, not of starting Python or Ray. Memory is the proportional set size of the whole process tree
at its peak. Bounds: Ray at most 1.6 times the loop, and 3 GB.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.machine import save
from benchmarks.process import pss, tree

METRICS = ("text.well_formed", "text.c4_rules", "text.fineweb_rules")
FILES, FILE_BYTES = 16, 64_000_000


def write_file(path: Path, seed: int) -> int:
    """Documents of about 400 words of a Zipf vocabulary in lines and sentences; returns their bytes."""
    rng = np.random.default_rng(seed)
    vocabulary = np.array(["the", "of", "and", "to", "in", "that"] + [f"w{i:x}ord" for i in range(50_000)])
    texts, size = [], 0
    while size < FILE_BYTES:
        words = vocabulary[np.minimum(rng.zipf(1.3, int(rng.lognormal(6, 0.5))) - 1, len(vocabulary) - 1)].tolist()
        lines = [" ".join(words[at : at + 15]) + "." for at in range(0, len(words), 15)]
        texts.append("\n".join(lines))
        size += len(texts[-1])
    pq.write_table(pa.table({"text": texts}), path, compression="zstd", row_group_size=8192)
    return size


def run_loop(folder: Path) -> dict[str, Any]:
    """The hand-written loop."""
    from engine import catalog
    from operators.features.words import Words

    metrics = [catalog.metric(name) for name in METRICS]
    words = Words().open()

    def one(path: Path) -> list[Any]:
        states = [metric.zero() for metric in metrics]
        first = 0
        for batch in pq.ParquetFile(path).iter_batches(8192, columns=["text"]):
            ids = pa.array(range(first, first + len(batch)), pa.int64())
            first += len(batch)
            arrays = [ids, pa.nulls(len(batch), pa.string()), batch["text"]]
            batch = pa.RecordBatch.from_arrays(arrays, ["_id", "_fault", "text"])
            batch = batch.append_column("words", words(batch)["words"])
            states = [state + metric.fold(batch) for metric, state in zip(metrics, states, strict=True)]
        return states

    start = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(one, sorted(folder.glob("*.parquet"))))
    totals = [sum(column[1:], column[0]) for column in zip(*parts, strict=True)]
    seconds = time.monotonic() - start
    return {"seconds": seconds, "values": [m.value(t).value for m, t in zip(metrics, totals, strict=True)]}


def run_engine(folder: Path, backend: Any, out: Path) -> dict[str, Any]:
    """The engine's streaming pass."""
    from engine.audit import audit
    from engine.plan import parse

    plan = parse({"subject": {"path": str(folder), "modality": "text"}, "metrics": {name: {} for name in METRICS}})
    report = audit(plan, backend, str(out))
    stages = json.loads((out / "provenance.json").read_text())["stages"]
    values = [result.value.value for name in METRICS if (result := report.result(name)) and result.value]
    return {"seconds": next(s["seconds"] for s in stages if s["stage"] == "read subject"), "values": values}


def run(what: str, folder: Path, out: Path) -> list[dict[str, Any]]:
    """One side, in this process."""
    if what == "loop":
        return [run_loop(folder)]
    if what == "local":
        from engine.local import Local

        return [run_engine(folder, Local(2), out)]
    from engine.cluster import Cluster

    with Cluster(str(out), address="local", workers=2) as backend:
        return [run_engine(folder, backend, out / name) for name in ("cold", "warm")]


def watched(what: str, folder: Path, out: Path) -> list[dict[str, Any]]:
    """One side in a process of its own, with the peak memory of its process tree."""
    command = [sys.executable, "-m", "benchmarks.fold_overhead", what, str(folder), str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak, over = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.25):
            peak = max(peak, sum(map(pss, tree(process.pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    printed = process.communicate()[0]
    over.set()
    watcher.join()
    assert process.returncode == 0, what
    return [{**found, "peak_mb": peak // 10**6} for found in json.loads(printed.splitlines()[-1])]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        folder.mkdir()
        size = sum(write_file(folder / f"{at:02d}.parquet", at) for at in range(FILES))
        sides = {what: watched(what, folder, Path(name) / f"out-{what}") for what in ("loop", "local", "ray")}
        (loop,), (local,), (cold, warm) = (sides[what] for what in ("loop", "local", "ray"))
        assert loop["values"] == local["values"] == cold["values"] == warm["values"]
    rows = {"loop": loop, "local": local, "ray": warm, "ray_cold": cold}
    for found in rows.values():
        found["ratio"] = round(found["seconds"] / loop["seconds"], 3)
        found["seconds"] = round(found["seconds"], 2)
        del found["values"]
    save("fold_overhead", {"text_mb": size // 10**6, **rows})


if __name__ == "__main__":
    if len(sys.argv) == 4:
        print(json.dumps(run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        main()
