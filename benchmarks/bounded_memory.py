"""Is the peak memory of an audit the same for 2 million and 10 million rows?

Shards of 50,000 short texts, half of them unique; 40 shards, then 200. The audit runs in a process of its own, on the local
backend with two threads; its peak resident memory is the operating system's. Bound: the larger run within 20 % of the smaller.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.machine import save

ROWS_A_SHARD = 50_000
METRICS = ("text.well_formed", "text.distinct_n", "text.gopher_quality", "text.self_bleu", "corpus.exact_duplicates")
WORDS = np.array([f"word{i}" for i in range(20_000)] + ["the", "of", "and", "to", "that"] * 2_000)


def write_shard(path: Path, shard: int) -> None:
    """Texts of twelve words; every second shard repeats the one before."""
    rng = np.random.default_rng(shard // 2)
    words = WORDS[rng.integers(0, len(WORDS), (ROWS_A_SHARD, 12))]
    texts = pa.array([" ".join(row) for row in words.tolist()])
    pq.write_table(pa.table({"text": texts}), path, compression="zstd")


def peak(folder: Path, shards: int) -> dict[str, float]:
    """Audit the first shards; seconds and peak resident bytes."""
    paths = ", ".join(f'"{folder}/{at:04d}.parquet"' for at in range(shards))
    metrics = "\n".join(f'[metrics."{name}"]' for name in METRICS)
    plan, out = folder / f"{shards}.toml", folder / f"out-{shards}"
    plan.write_text(f'[subject]\npath = [{paths}]\nmodality = "text"\n{metrics}\n')
    command = [sys.executable, "-m", "engine", "audit", str(plan), "--out", str(out), "--quiet", "--on", "local"]
    subprocess.run(command, check=True)
    run = json.loads((out / "provenance.json").read_text())
    report = json.loads((out / "report.json").read_text())
    assert report["sides"]["subject"]["records"]["kept"] == shards * ROWS_A_SHARD
    shutil.rmtree(out)
    return {"rows": shards * ROWS_A_SHARD, "seconds": run["seconds"], "peak_mb": round(run["peak_bytes"] / 1e6)}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for shard in range(200):
            write_shard(folder / f"{shard:04d}.parquet", shard)
        small, large = peak(folder, 40), peak(folder, 200)
    save("bounded_memory", {"small": small, "large": large, "ratio": round(large["peak_mb"] / small["peak_mb"], 3)})


if __name__ == "__main__":
    main()
