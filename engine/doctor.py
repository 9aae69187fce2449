"""What this machine has: versions, accelerators, filesystems. For bug reports and for first runs."""

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import engine
from engine.provenance import commit, package_versions
from engine.sandbox import facilities

CLOUDS = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "http": "aiohttp"}


def report() -> Iterator[tuple[str, str]]:
    """Findings as (what, how it stands).

    >>> dict(report())["auditor"].startswith(engine.__version__)
    True
    """
    yield "auditor", f"{engine.__version__} from {Path(engine.__file__).parent}" + (f", commit {c}" if (c := commit()) else "")
    yield "python", sys.version.split()[0]
    yield "machine", f"{len(os.sched_getaffinity(0))} CPUs usable, {shutil.disk_usage('.').free >> 30} GiB of disk free here"
    for name, version in package_versions().items():
        yield name, version or "not installed"
    yield "gpu", _gpu()
    for protocol, package in CLOUDS.items():
        extra = "" if protocol == "http" else f"; pip install 'llm-data-auditor[{protocol}]'"
        yield f"{protocol}://", "ready" if find_spec(package) else f"needs {package}{extra}"
    yield from _sandbox()
    yield "ray cluster", os.environ.get("RAY_ADDRESS", "none named in RAY_ADDRESS: audits run in process")


def _sandbox() -> Iterator[tuple[str, str]]:
    """Whether untrusted code can be run, and by which of the kernel's means it is held."""
    found = facilities()
    yield "sandbox", found.obstacle() or "ready: programs of a dataset can be run"
    yield "  namespaces", found.namespaces or f"active, by {found.bwrap}"
    yield "  landlock", found.landlock or f"active, version {found.landlock_abi}"
    yield "  seccomp", found.seccomp or "active"
    yield "  rlimits", "active"


def _gpu() -> str:
    return "visible to the driver" if Path("/proc/driver/nvidia/version").exists() else "none seen"
