"""What it costs to hand out work on Ray: units of a streaming pass, and partitions of an exchange, that do nothing.

Two CPUs, the driver on the same machine. Seconds are wall time; CPU is that of the driver alone, which hands everything out,
and that of all processes, Ray's own daemons included. What a unit takes here, the planner adds for every unit.

``python -m benchmarks.scheduling [--items 100000]``
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.dedup_ray import cpu_seconds
from benchmarks.machine import save
from benchmarks.process import tree
from engine.cluster import Cluster
from engine.feature import Resources

ITEMS, CPUS = 100_000, 2


@dataclass(frozen=True)
class Nothing:
    """Work of no work."""

    name: str = "nothing"
    resources: Resources = Resources()

    def open(self) -> Callable[[int], None]:
        """What does nothing for an item."""
        return _nothing

    def give_up(self, item: int, cause: str) -> None:
        """Nothing fails."""
        raise AssertionError(f"{item}: {cause}")


def _nothing(_: int) -> None:
    """Done."""


class Meter(threading.Thread):
    """The CPU seconds of this process and all below it, seen ten times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.used: dict[int, float] = {}
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.1):
            for pid in tree(os.getpid()):
                try:
                    self.used[pid] = cpu_seconds(pid)
                except OSError:
                    continue

    def end(self) -> float:
        """Stop; the sum."""
        self._over.set()
        self.join()
        return sum(self.used.values())


def handed_out(verb: str, items: int) -> dict[str, float]:
    """The cost of so many items."""
    with tempfile.TemporaryDirectory(prefix="scheduling-") as out, Cluster(out, "local", CPUS) as backend:
        hand = getattr(backend, verb)
        hand(Nothing(), range(CPUS), [].append)
        done: list[int] = []
        meter = Meter()
        meter.start()
        start, own = time.monotonic(), time.process_time()
        time.sleep(0.2)
        before = sum(meter.used.values())
        hand(Nothing(), range(items), done.append)
        seconds, driver = time.monotonic() - start - 0.2, time.process_time() - own
        spent = meter.end() - before
    if len(done) != items:
        raise RuntimeError(f"{items} items were handed out, {len(done)} came back")
    return {"seconds": round(seconds, 1), "driver_cpu_seconds": round(driver, 1), "cpu_seconds": round(spent, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=ITEMS)
    items = parser.parse_args().items
    found: dict[str, Any] = {verb: handed_out(verb, items) for verb in ("stream", "exchange")}
    save("scheduling", {"items": items, **found})


if __name__ == "__main__":
    main()
