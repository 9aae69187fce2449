"""What a command costs: wall time, CPU seconds and peak memory of its whole process tree."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """The cost of one run."""

    seconds: float
    cpu_seconds: float  #: user and system, of the process and of every child that it waited for
    peak_mb: int  #: the largest proportional set size of the tree that was seen


def measured(command: list[str], log: Path, every: float = 0.05, env: dict[str, str] | None = None) -> Cost:
    """Run a command to its end, its output into a log; raises where it fails."""
    start = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=env)
    peak, over = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(every):
            peak = max(peak, sum(map(pss, tree(process.pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    over.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}\n{log.read_text(errors='replace')[-3000:]}")
    return Cost(round(seconds, 2), round(used.ru_utime + used.ru_stime, 2), peak // 10**6)


def tree(root: int) -> list[int]:
    """A process and all below it."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError):
            continue
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue += [child for child, parent in parents.items() if parent == pid]
    return found


def pss(pid: int) -> int:
    """Bytes of a process's memory, those it shares divided by who shares them; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)
