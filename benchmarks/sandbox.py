"""Programs a second: a sandbox's warm workers beside a fresh `python -c` for each, as many at a time, the same programs.

``python -m benchmarks.sandbox [--programs HUMANEVAL.jsonl.gz]``: with the file, HumanEval's canonical solutions and tests
are run too. Fresh interpreters are started from this environment, and neither contained nor bounded.
"""

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.machine import save
from engine.sandbox import Sandbox

WORKERS = (1, 2)
SMALL = ("def add(a, b):\n    return a + b\n", "assert add(1, 2) == 3\nassert add(-1, 1) == 0\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=Path)
    given = parser.parse_args()
    sets = {"a small function and its test": [SMALL] * 400}
    if given.programs:
        with gzip.open(given.programs, "rt", encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        sets["HumanEval's solutions and tests"] = [
            (r["prompt"] + r["canonical_solution"], f"{r['test']}\ncheck({r['entry_point']})\n") for r in records
        ]
    rows = [
        {"programs": name, "workers": workers, **side_by_side(programs, workers)}
        for name, programs in sets.items()
        for workers in WORKERS
    ]
    save("sandbox", {"rows": rows})


def side_by_side(programs: Sequence[tuple[str, str]], workers: int) -> dict[str, float]:
    """Runs a second of both, the best of three turns each."""
    sandboxes = [Sandbox() for _ in range(workers)]
    for sandbox in sandboxes:
        sandbox.run(["x = 1"])
    ours, fresh = [], []
    for _ in range(3):
        ours.append(rate(programs, workers, lambda at, pair: sandboxes[at].run(pair, judge=True).status == "passed"))
        fresh.append(rate(programs, workers, lambda _, pair: plain("\n".join(pair))))
    for sandbox in sandboxes:
        sandbox.close()
    return {"sandbox": max(ours), "fresh": max(fresh), "ratio": max(ours) / max(fresh)}


def plain(program: str) -> bool:
    return subprocess.run([sys.executable, "-c", program], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def rate(programs: Sequence[tuple[str, str]], workers: int, run: Callable[[int, tuple[str, str]], bool]) -> float:
    """Programs a second, over as many threads as workers."""
    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        passed = list(pool.map(lambda at: [run(at, pair) for pair in programs[at::workers]], range(workers)))
    seconds = time.perf_counter() - start
    assert all(map(all, passed)), "every program passes its test"
    return len(programs) / seconds


if __name__ == "__main__":
    main()
