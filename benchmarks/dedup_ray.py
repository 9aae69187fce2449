"""Near-duplicates on Ray on one node beside the in-process backend: what starting costs, and what a record costs.

The same audit (word 5-grams, 14 bands of 8) at two sizes on both backends, two CPUs each, and on Ray with one and four too.
Fixed seconds are the wall time that Ray takes longer at the smaller size. The slope is the CPU seconds of an added record on
Ray over those in process; CPU is summed over every process of the tree as long as it was seen alive, ten times a second, Ray's
own daemons included.

``python -m benchmarks.dedup_ray [--folder FOLDER]``
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import save
from benchmarks.near_corpus import NearCorpus
from benchmarks.process import tree

SIZES = (100_000, 500_000)
CPUS, OTHERS = 2, (1, 4)
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def run(corpus: Path, backend: str, cpus: int = CPUS) -> dict[str, float]:
    """Wall and CPU seconds of one audit."""
    with tempfile.TemporaryDirectory(prefix="dedup-ray-") as name:
        work = Path(name)
        plan = work / "audit.toml"
        bands = "[relations.near_groups]\nbands = 14\nrows = 8\n"
        plan.write_text(f'[subject]\npath = "{corpus}"\nmodality = "text"\n[metrics."corpus.near_duplicates"]\n{bands}')
        out = ["--out", str(work / "out"), "--on", backend, "--workers", str(cpus), "--quiet"]
        start, used = time.monotonic(), {}
        process = subprocess.Popen([sys.executable, "-m", "engine", "audit", str(plan), *out], stderr=subprocess.DEVNULL)
        while process.poll() is None:
            for pid in tree(process.pid):
                try:
                    used[pid] = cpu_seconds(pid)
                except OSError:
                    continue
            time.sleep(0.1)
        if process.returncode:
            raise RuntimeError(f"the audit on {backend} ended with {process.returncode}")
        return {"seconds": round(time.monotonic() - start, 1), "cpu_seconds": round(sum(used.values()), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "near", help="where corpora are kept")
    folder = parser.parse_args().folder
    found: dict[str, dict[str, dict[str, Any]]] = {"local": {}, "ray": {}}
    for size in SIZES:
        NearCorpus().write(folder / str(size), size)
        for backend, rows in found.items():
            rows[str(size)] = run(folder / str(size), backend)
            print(backend, size, rows[str(size)], file=sys.stderr)
    small, large = map(str, SIZES)
    slopes = {b: rows[large]["cpu_seconds"] - rows[small]["cpu_seconds"] for b, rows in found.items()}
    fixed = found["ray"][small]["seconds"] - found["local"][small]["seconds"]
    spent = {CPUS: slopes["ray"], **{cpus: _slope(folder, cpus) for cpus in OTHERS}}
    added = {str(cpus): round(1e6 * spent[cpus] / (SIZES[1] - SIZES[0]), 1) for cpus in sorted(spent)}
    ratio = round(slopes["ray"] / slopes["local"], 2)
    save("dedup_ray", {**found, "fixed_seconds": round(fixed, 1), "cpu_slope": ratio, "added_record_us": added})


def _slope(folder: Path, cpus: int) -> float:
    """CPU seconds of the added records on so many CPUs."""
    small, large = (run(folder / str(size), "ray", cpus)["cpu_seconds"] for size in SIZES)
    print(f"ray, {cpus} CPUs", small, large, file=sys.stderr)
    return large - small


if __name__ == "__main__":
    main()
