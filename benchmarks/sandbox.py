"""Programs a second: a sandbox's warm workers beside a fresh interpreter for each, as many at a time, the same programs.

``python -m benchmarks.sandbox [--programs HUMANEVAL.jsonl.gz]``: with the file, HumanEval's canonical solutions and tests
are run too. Fresh interpreters are neither contained nor bounded. There are three of them, from what a user would run to the
least that Python can be: this environment's ``python -c``, which reads its start-up files (.pth); that of an environment with
nothing in it; and ``python -I -S -c``, which looks for no packages. They take turns with the sandbox; each figure is the median
of its turns. Processor time is that of all processes, the kernel's making and unmaking of them included.
"""

import argparse
import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.machine import save
from engine.sandbox import Sandbox

WORKERS = (1, 2)
TURNS = 5
SMALL = ("def add(a, b):\n    return a + b\n", "assert add(1, 2) == 3\nassert add(-1, 1) == 0\n")
Program = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=Path)
    given = parser.parse_args()
    sets: dict[str, list[Program]] = {"a small function and its test": [SMALL] * 120}
    if given.programs:
        with gzip.open(given.programs, "rt", encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        sets["HumanEval's solutions and tests"] = [
            (r["prompt"] + r["canonical_solution"], f"{r['test']}\ncheck({r['entry_point']})\n") for r in records
        ]
    with tempfile.TemporaryDirectory(prefix="empty-") as folder:
        venv.create(folder, with_pip=False)
        commands = {
            "environment": [sys.executable, "-c"],
            "empty": [f"{folder}/bin/python", "-c"],
            "isolated": [sys.executable, "-I", "-S", "-c"],
        }
        rows = [
            {"programs": name, "workers": workers, **side_by_side(programs, workers, commands)}
            for name, programs in sets.items()
            for workers in WORKERS
        ]
    save("sandbox", {"rows": rows, "alone_ms": {name: alone(programs) for name, programs in sets.items()}})


def side_by_side(programs: Sequence[Program], workers: int, commands: dict[str, list[str]]) -> dict[str, float]:
    """Runs a second and processor milliseconds of each, medians of turns; the sandbox's runs over each fresh interpreter's."""
    sandboxes = [Sandbox() for _ in range(workers)]
    for sandbox in sandboxes:
        sandbox.run(["x = 1"])
    turns = []
    for _ in range(TURNS):
        before = spent(sandboxes)
        found = {"sandbox": rate(programs, workers, lambda at, pair: sandboxes[at].run(pair, judge=True).status == "passed")}
        found["sandbox_cpu_ms"] = (spent(sandboxes) - before) / len(programs) * 1000
        for name, command in commands.items():
            before = spent([])
            found[name] = rate(programs, workers, lambda _, pair, c=command: plain(c, pair))
            found[f"{name}_cpu_ms"] = (spent([]) - before) / len(programs) * 1000
        turns.append(found)
    for sandbox in sandboxes:
        sandbox.close()
    medians = {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}
    return {**medians, **{f"{name}_ratio": medians["sandbox"] / medians[name] for name in commands}}


def spent(sandboxes: Sequence[Sandbox]) -> float:
    """Processor seconds of this process, of the children it waited for, and of what is in the sandboxes."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(each.ru_utime + each.ru_stime for each in used)
    for sandbox in sandboxes:
        assert sandbox._inside
        started = sandbox._inside.process.pid
        for number in (started, *map(int, Path(f"/proc/{started}/task/{started}/children").read_text().split())):
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            seconds += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return seconds


def plain(command: Sequence[str], pair: Program) -> bool:
    """Whether a program passes in a fresh interpreter."""
    return subprocess.run([*command, "\n".join(pair)], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def rate(programs: Sequence[Program], workers: int, run: Callable[[int, Program], bool]) -> float:
    """Programs a second, over as many threads as workers, each of which takes the next that is left."""
    left = iter(programs)
    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        passed = list(pool.map(lambda at: [run(at, pair) for pair in left], range(workers)))
    seconds = time.perf_counter() - start
    assert all(map(all, passed)), "every program passes its test"
    return len(programs) / seconds


def alone(programs: Sequence[Program]) -> float:
    """Milliseconds that a program takes by itself: compiled and run in this interpreter, which no process is made for."""
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        for pair in programs:
            exec("\n".join(pair), {"__name__": "__main__"})
        rounds.append((time.perf_counter() - start) / len(programs) * 1000)
    return statistics.median(rounds)


if __name__ == "__main__":
    main()
